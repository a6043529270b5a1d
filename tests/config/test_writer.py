"""The settings of the server that writes answers."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from config import Settings, SettingsError, WriterSettings

KEY = "sk-hush-hush"


def writer(**keys: object) -> WriterSettings:
    return Settings.load(overrides={"writer": keys}).writer


def test_nothing_is_written_by_default() -> None:
    assert not writer().is_set
    assert writer(base_url="http://127.0.0.1:1/v1", model="m").is_set


@pytest.mark.parametrize(
    ("key", "value", "missing"),
    [("base_url", "http://127.0.0.1:1/v1", "model"), ("model", "m", "base_url")],
)
def test_half_of_the_settings_is_refused(key: str, value: str, missing: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"^writer\.{missing}: not set, while writer\.{key} is"
    ):
        _ = writer(**{key: value}).is_set


def test_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_WRITER__KEY", KEY)
    key = Settings.load().writer.key
    assert key is not None
    assert key.get_secret_value() == KEY


def test_a_file_with_the_key_is_to_be_private(folder: Path) -> None:
    file = folder / "excerpta.toml"
    file.write_text(f"[writer]\nkey = '{KEY}'\n")
    file.chmod(0o644)
    with pytest.raises(
        SettingsError, match=r"^writer\.key in excerpta\.toml: found mode 644, wanted 600"
    ):
        Settings.load()
    file.chmod(0o600)
    assert Settings.load().writer.key is not None


@pytest.mark.parametrize("key", ["", f"{KEY} {KEY}", f"{KEY}\r\nX-Evil: 1", f"{KEY}é", KEY * 100])
def test_a_key_that_fits_no_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="wanted up to 1024 printable ASCII") as caught:
        writer(key=key)
    error: BaseException | None = caught.value
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    while error is not None:
        assert "hush" not in f"{error} {error!r} {error.args}"
        error = error.__context__


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "127.0.0.1:1"),
        ("base_url", "ftp://x"),
        ("model", ""),
        ("timeout_s", 0),
        ("timeout_s", 601),
        ("max_tokens", 15),
        ("max_tokens", 4097),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"^writer\.{key}: found {value!r} in the arguments"):
        writer(**{key: value})
