from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path

import pytest

from config import Settings, SettingsError, TelegramSettings
from config.tokens import is_private, redact

SECRET = "AAFakeFakeFakeFakeFakeFakeFakeFake_-x"[:35]
TOKEN = f"123456789:{SECRET}"


def telegram(token_file: Path | None = None, token: str | None = None) -> TelegramSettings:
    return Settings.load(
        overrides={"telegram": {"token_file": token_file, "token": token}}
    ).telegram


def token_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM__TOKEN", TOKEN)
    settings = Settings.load()
    assert settings.telegram.read_token().get_secret_value() == TOKEN
    for text in (
        repr(settings),
        str(settings),
        repr(settings.telegram),
        str(settings.model_dump()),
        settings.model_dump_json(),
    ):
        assert SECRET not in text


@pytest.mark.parametrize(
    "text",
    [
        f"[telegram]\ntoken = ['{TOKEN}']",
        f"[telegram]\ntoken = {{ value = '{TOKEN}' }}",
        f"[telegram]\ntokn = '{TOKEN}'",
        f"[telegramm]\ntoken = '{TOKEN}'",
        f"telegram = '{TOKEN}'",
        f"[telegram]\n'{TOKEN}' = 1",
        f"[telegram]\ntoken = {TOKEN}",
        f"[telegram]\nbase_url = '{TOKEN}'",
        f"[telegram]\ntoken_file = ['{TOKEN}']",
        f"[telegram]\ntoken = '{TOKEN}'\n[search]\nexcerpts = 99",
        f"[telegram]\ntoken = '{TOKEN}\xff'",
    ],
)
def test_secret_in_a_wrong_file(text: str, folder: Path) -> None:
    file = folder / "excerpta.toml"
    file.write_bytes(text.encode("latin-1"))
    file.chmod(0o600)
    assert_hidden(SECRET)


def assert_hidden(secret: str) -> None:
    """Load, and look for the secret in all that a traceback would show."""
    with pytest.raises(SettingsError, match=r"telegram|excerpta\.toml") as caught:
        Settings.load()
    error: BaseException | None = caught.value
    assert secret not in "".join(traceback.format_exception(caught.value))
    while error is not None:
        assert secret not in f"{error} {error!r} {error.args}"
        error = error.__context__


def test_number_as_a_token(folder: Path) -> None:
    file = folder / "excerpta.toml"
    file.write_text("[telegram]\ntoken = 987654321\n")
    file.chmod(0o600)
    assert_hidden("987654321")
    with pytest.raises(
        SettingsError,
        match=r"^telegram\.token: found a value that is not shown in excerpta\.toml, "
        r"input should be a valid string$",
    ):
        Settings.load()


def test_secret_in_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM_TOKEN", TOKEN)
    with pytest.raises(SettingsError, match="EXCERPTA_TELEGRAM__TOKEN") as caught:
        Settings.load()
    assert SECRET not in str(caught.value)


def test_token_in_a_file_that_others_may_read(folder: Path) -> None:
    file = folder / "excerpta.toml"
    file.write_text(f"[telegram]\ntoken = '{TOKEN}'\n")
    file.chmod(0o644)
    with pytest.raises(
        SettingsError,
        match=r"^telegram\.token in excerpta\.toml: found mode 644, wanted 600; "
        r"run: chmod 600 excerpta\.toml$",
    ):
        Settings.load()
    file.chmod(0o600)
    assert Settings.load().telegram.read_token().get_secret_value() == TOKEN


def test_no_token_says_how_to_get_one() -> None:
    with pytest.raises(
        SettingsError,
        match=r"^telegram\.token: not set; get one from @BotFather .*"
        r"EXCERPTA_TELEGRAM__TOKEN, or telegram\.token_file$",
    ):
        telegram().read_token()


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_token_file(mode: int, folder: Path) -> None:
    file = token_file(folder, f"  {TOKEN}\n", mode)
    assert telegram(file).read_token().get_secret_value() == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601, 0o666, 0o777])
def test_token_file_that_others_may_read(mode: int, folder: Path) -> None:
    settings = telegram(token_file(folder, TOKEN, mode))
    with pytest.raises(
        SettingsError, match=f"found mode {mode:o}, wanted 600; run: chmod"
    ) as caught:
        settings.read_token()
    assert SECRET not in str(caught.value)


def test_token_wins_over_its_file(folder: Path) -> None:
    file = token_file(folder, TOKEN)
    assert telegram(file, "1:other").read_token().get_secret_value() == "1:other"


@pytest.mark.parametrize(
    "content", ["", " \n", f"{TOKEN} {TOKEN}", f"{TOKEN}é", TOKEN * 30, TOKEN + "\n" * 2000]
)
def test_token_file_with_other_content(content: str, folder: Path) -> None:
    settings = telegram(token_file(folder, content))
    with pytest.raises(SettingsError, match="wanted the token and nothing else; get one") as caught:
        settings.read_token()
    assert SECRET not in str(caught.value)


def test_token_file_that_is_missing(folder: Path) -> None:
    settings = telegram(folder / "missing")
    with pytest.raises(
        SettingsError, match=r"missing: cannot be read: No such file or directory; get one"
    ):
        settings.read_token()


@pytest.mark.timeout(10)
def test_token_file_that_is_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe", 0o600)
    settings = telegram(folder / "pipe")
    with pytest.raises(SettingsError, match=r"pipe: wanted a regular file; get one"):
        settings.read_token()


def test_token_in_the_place_of_its_file() -> None:
    settings = telegram(Path(TOKEN))
    with pytest.raises(SettingsError, match="<bot token>: cannot be read") as caught:
        settings.read_token()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_loading_logs_no_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM__TOKEN", TOKEN)
    caplog.set_level(logging.DEBUG)
    Settings.load()
    assert SECRET not in caplog.text


def test_redact() -> None:
    url = f"https://api.telegram.org/bot{TOKEN}/getMe and bot123456789%3A{SECRET}."
    assert redact(url) == "https://api.telegram.org/bot<bot token>/getMe and bot<bot token>."
    digest = "sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert redact(digest) == digest
    assert redact("12:30:05 done") == "12:30:05 done"


def test_is_private() -> None:
    assert is_private(0o600)
    assert not is_private(0o610)
