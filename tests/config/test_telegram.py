"""The settings of the Telegram bot: lists of ids, secrets, and what is refused."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from config import Intake, LogFormat, Settings, SettingsError, TelegramSettings

PASSWORD = "hush-hush-hush-hush"


def telegram(**keys: object) -> TelegramSettings:
    return Settings.load(overrides={"telegram": keys}).telegram


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1", {1}),
        ("1,2", {1, 2}),
        (" 1 , -1001234567890 ,1", {1, -1001234567890}),
        ("8999999999", {8999999999}),
    ],
)
def test_ids_of_the_environment(text: str, ids: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("USERS", "CHATS", "ADMINISTRATORS"):
        monkeypatch.setenv(f"EXCERPTA_TELEGRAM__{key}", text)
    found = Settings.load().telegram
    assert found.users == found.chats == found.administrators == ids


def test_ids_of_a_file(folder: Path) -> None:
    (folder / "excerpta.toml").write_text("[telegram]\nusers = [7, 8]\nchats = [-5]\n")
    found = Settings.load().telegram
    assert found.users == {7, 8}
    assert found.chats == {-5}
    assert not found.administrators


@pytest.mark.parametrize("text", ["somebody", "1,x", "1;2", "1,,2", "@name", "1.5"])
def test_ids_that_are_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM__USERS", text)
    with pytest.raises(
        SettingsError, match=r"^telegram\.users.* in EXCERPTA_TELEGRAM__USERS, .*integer"
    ):
        Settings.load()


def test_text_of_the_environment_becomes_each_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MODE": "webhook",
        "WEBHOOK_URL": "https://bot.example.org/excerpta",
        "WEBHOOK_PORT": "8443",
        "LOG": "json",
        "LOG_QUESTIONS": "true",
        "STATE": "memory",
        "MONITOR_PORT": "9464",
    }.items():
        monkeypatch.setenv(f"EXCERPTA_TELEGRAM__{name}", value)
    found = Settings.load().telegram
    assert (found.mode, found.log) == (Intake.WEBHOOK, LogFormat.JSON)
    assert (found.webhook_port, found.monitor_port) == (8443, 9464)
    assert found.log_questions is True
    assert found.state == Path("memory")


def test_secrets_are_shown_nowhere() -> None:
    found = telegram(proxy=f"http://me:{PASSWORD}@proxy:3128", webhook_secret=PASSWORD)
    assert found.proxy is not None
    assert found.proxy.get_secret_value().endswith("@proxy:3128")
    for text in (repr(found), str(found), str(found.model_dump()), found.model_dump_json()):
        assert PASSWORD not in text


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("proxy", f"me:{PASSWORD}@proxy:3128", "wanted http://, https:// or socks5:// and a host"),
        ("proxy", f"ftp://me:{PASSWORD}@proxy", "wanted http://, https:// or socks5:// and a host"),
        ("webhook_secret", "hush-hush", "wanted 16 to 256 of A-Z a-z 0-9 _ -"),
        ("webhook_secret", f"{PASSWORD} hush", "wanted 16 to 256 of A-Z a-z 0-9 _ -"),
        ("webhook_secret", PASSWORD * 14, "wanted 16 to 256 of A-Z a-z 0-9 _ -"),
    ],
)
def test_secrets_that_do_not_fit_are_refused_and_not_shown(
    key: str, value: str, wanted: str
) -> None:
    with pytest.raises(SettingsError, match=wanted) as caught:
        telegram(**{key: value})
    error: BaseException | None = caught.value
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    while error is not None:
        assert "hush" not in f"{error} {error!r} {error.args}"
        error = error.__context__


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "carrier pigeon"),
        ("log", "xml"),
        ("webhook_url", "bot.example.org"),
        ("webhook_port", 0),
        ("webhook_port", 65_536),
        ("monitor_port", 0),
        ("questions_per_minute", 0),
        ("max_question_chars", 4097),
        ("messages_per_second", 0),
        ("keep_days", 0),
        ("conversation_minutes", 10_081),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=rf"^telegram\.{key}: found {value!r} in the arguments"):
        telegram(**{key: value})
