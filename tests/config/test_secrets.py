"""The bot's token and the other secrets: where they may stand, and that nothing shows them."""

from __future__ import annotations

import logging
import os
import re
import traceback
from pathlib import Path

import pytest

from config import Settings, SettingsError, TelegramSettings
from config.logs import redact
from tests.config.loads import local, refused

SECRET = "AAFakeFakeFakeFakeFakeFakeFakeFake_-x"[:35]
TOKEN = f"123456789:{SECRET}"
PASSWORD = "hush-hush-hush-hush"
SECRETS = {
    "telegram.token": TOKEN,
    "telegram.proxy": f"http://me:{PASSWORD}@proxy:3128",
    "telegram.webhook_secret": PASSWORD,
    "telegram.state": f"postgresql://me:{PASSWORD}@db.example:5432/state",
    "writer.key": f"sk-{PASSWORD}",
}


@pytest.mark.parametrize(("key", "secret"), SECRETS.items())
def test_a_secret_of_the_environment(
    key: str, secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    section, name = key.split(".")
    monkeypatch.setenv(f"EXCERPTA_{section}__{name}".upper(), secret)
    caplog.set_level(logging.DEBUG)
    settings = Settings.load()
    found = getattr(settings, section)
    assert getattr(found, name).get_secret_value() == secret
    for text in (
        repr(settings),
        str(settings),
        repr(found),
        str(settings.model_dump()),
        settings.model_dump_json(),
        caplog.text,
    ):
        assert secret not in text


@pytest.mark.parametrize(("key", "secret"), SECRETS.items())
def test_a_file_with_a_secret_is_to_be_private(key: str, secret: str) -> None:
    section, name = key.split(".")
    file = local(f"[{section}]\n{name} = '{secret}'\n", 0o644)
    assert refused(hidden=secret) == (
        f"{key} in excerpta.toml: found mode 644, wanted 600; run: chmod 600 excerpta.toml"
    )
    file.chmod(0o600)
    assert getattr(getattr(Settings.load(), section), name).get_secret_value() == secret


@pytest.mark.parametrize("place", ["/var/excerpta", "sqlite:////var/excerpta"])
def test_a_folder_for_the_state_is_no_secret(place: str) -> None:
    local(f"[telegram]\nstate = '{place}'\n", 0o644)
    assert str(Settings.load().telegram.state) == "/var/excerpta"


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://me:{PASSWORD}@x@db/state",
        f"postgresql://me:{PASSWORD}/x@db/state",
        f"mysql://me:{PASSWORD}@db/state",
    ],
)
def test_an_address_of_which_a_part_of_the_password_could_be_taken_for_a_host(place: str) -> None:
    local(f"[telegram]\nstate = '{place}'\n", 0o600)
    assert refused(hidden=PASSWORD).startswith(
        "telegram.state: found a value that is not shown in excerpta.toml, wanted a folder, "
        "sqlite:///FOLDER or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with @ : / and %"
    )


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
def test_a_wrong_file_with_a_secret(text: str) -> None:
    local("").write_bytes(text.encode("latin-1"))
    assert re.search(r"telegram|excerpta\.toml", refused(hidden=SECRET))


def test_a_number_as_a_token() -> None:
    local("[telegram]\ntoken = 987654321\n")
    assert refused(hidden="987654321") == (
        "telegram.token: found a value that is not shown in excerpta.toml, "
        "input should be a valid string"
    )


def test_a_secret_in_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM_TOKEN", TOKEN)
    assert "EXCERPTA_TELEGRAM__TOKEN" in refused(hidden=SECRET)


PROXY = "wanted http://, https:// or socks5:// and a host"
WORD = "wanted 16 to 256 of A-Z a-z 0-9 _ -"
KEY = "wanted up to 1024 printable ASCII characters without a space"


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("telegram.proxy", f"me:{PASSWORD}@proxy:3128", PROXY),
        ("telegram.proxy", f"ftp://me:{PASSWORD}@proxy", PROXY),
        ("telegram.webhook_secret", "hush-hush", WORD),
        ("telegram.webhook_secret", f"{PASSWORD} hush", WORD),
        ("telegram.webhook_secret", f"{PASSWORD}\n", WORD),
        ("telegram.webhook_secret", PASSWORD * 14, WORD),
        ("writer.key", "", KEY),
        ("writer.key", f"{PASSWORD} {PASSWORD}", KEY),
        ("writer.key", f"{PASSWORD}\r\nX-Evil: 1", KEY),
        ("writer.key", f"{PASSWORD}\n", KEY),
        ("writer.key", f"{PASSWORD}é", KEY),
        ("writer.key", PASSWORD * 100, KEY),
    ],
)
def test_a_secret_that_does_not_fit(key: str, value: str, wanted: str) -> None:
    section, name = key.split(".")
    assert refused(None, {section: {name: value}}, hidden="hush") == (
        f"{key}: found a value that is not shown in the arguments, {wanted}"
    )


def telegram(token_file: Path | None = None, token: str | None = None) -> TelegramSettings:
    return Settings.load(
        overrides={"telegram": {"token_file": token_file, "token": token}}
    ).telegram


def token_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(content)
    path.chmod(mode)
    return path


def unread(settings: TelegramSettings) -> str:
    """Read the token and return the message of the refusal, which does not show it."""
    with pytest.raises(SettingsError, match=r"^telegram\.token") as caught:
        settings.read_token()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_no_token_says_how_to_get_one() -> None:
    assert unread(telegram()) == (
        "telegram.token: not set; get one from @BotFather with /newbot and set "
        "EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_token_file(mode: int, folder: Path) -> None:
    file = token_file(folder, f"  {TOKEN}\n", mode)
    assert telegram(file).read_token().get_secret_value() == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o644, 0o620, 0o601, 0o666, 0o777])
def test_a_token_file_that_others_may_read(mode: int, folder: Path) -> None:
    message = unread(telegram(token_file(folder, TOKEN, mode)))
    assert f"found mode {mode:o}, wanted 600; run: chmod" in message


def test_a_token_wins_over_its_file(folder: Path) -> None:
    file = token_file(folder, TOKEN)
    assert telegram(file, "1:other").read_token().get_secret_value() == "1:other"


@pytest.mark.parametrize(
    "content", ["", " \n", f"{TOKEN} {TOKEN}", f"{TOKEN}é", TOKEN * 30, TOKEN + "\n" * 2000]
)
def test_a_token_file_with_other_content(content: str, folder: Path) -> None:
    message = unread(telegram(token_file(folder, content)))
    assert "wanted the token and nothing else; get one" in message


@pytest.mark.timeout(10)
def test_a_token_file_that_is_none(folder: Path) -> None:
    os.mkfifo(folder / "pipe", 0o600)
    for name, fault in {
        "missing": "cannot be read: No such file or directory",
        "pipe": "wanted a regular file",
        TOKEN: "cannot be read: No such file or directory",
    }.items():
        message = unread(telegram(Path(name)))
        assert f"token_file {redact(name)}: {fault}; get one from" in message


def test_redact() -> None:
    url = f"https://api.telegram.org/bot{TOKEN}/getMe and bot123456789%3A{SECRET}."
    assert redact(url) == "https://api.telegram.org/bot<bot token>/getMe and bot<bot token>."
    digest = "sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert redact(digest) == digest
    assert redact("12:30:05 done") == "12:30:05 done"
