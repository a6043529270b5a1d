"""Values: the choices, texts, paths, addresses and secrets that settings have, and their bounds."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr


class Backend(StrEnum):
    """What runs the encoder."""

    AUTO = "auto"
    OPENVINO = "openvino"
    TORCH = "torch"


class UpdateMode(StrEnum):
    """How the bot's updates come from Telegram."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class LateInteraction(StrEnum):
    """Where the tokens of chunks come from that the question's tokens are compared with."""

    STORED = "stored"
    COMPUTED = "computed"
    OFF = "off"


class WatchMode(StrEnum):
    """How changes of the articles folder are noticed."""

    AUTO = "auto"
    EVENTS = "events"
    POLL = "poll"


class LogFormat(StrEnum):
    """How records of the log are written."""

    TEXT = "text"
    JSON = "json"


# No name and password before the host, which messages would show.
SERVER = r"^(https?://[^/@\s]+/?|[^:@]+\.db)$"
"""The address of an index on a Milvus server, or in a file of Milvus Lite."""


def _nameable(path: object) -> object:
    """Refuse what names no path, though Python takes "" for the current folder."""
    if isinstance(path, str) and (not path or "\0" in path):
        raise ValueError("wanted a path: not empty, and without the character NUL")
    return path


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as exc:
        raise ValueError("the home folder that ~ stands for is not known") from exc


def _expand_model(model: str) -> str:
    return str(_expand_home(Path(model))) if model.startswith("~") else model


def _split(values: object) -> object:
    """Split a list that an environment variable writes as 1,2,3."""
    return [one.strip() for one in values.split(",")] if isinstance(values, str) else values


def _split_lines(values: object) -> object:
    """Split a list of sentences that an environment variable writes as A | B."""
    return [one.strip() for one in values.split("|")] if isinstance(values, str) else values


def _secret(pattern: str, wanted: str) -> AfterValidator:
    """Check a secret by a pattern, which pydantic does only for plain text."""

    def check(secret: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, secret.get_secret_value(), re.DOTALL):
            raise ValueError(f"wanted {wanted}")
        return secret

    return AfterValidator(check)


def _place_of_state(place: object) -> object:
    """Tell a folder from an address of PostgreSQL, which may hold a password."""
    if isinstance(place, Path | SecretStr):
        return place
    folder = place.removeprefix("sqlite:///") if isinstance(place, str) else ""
    if _POSTGRES.fullmatch(folder):
        return SecretStr(folder)
    if not folder or "://" in folder:
        raise ValueError(
            "wanted a folder, sqlite:///FOLDER or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
            "with @ : / and % in the password written as %40 %3A %2F and %25"
        )
    return _expand_home(Path(folder))


# Strict, so that no part of a password is taken for a host, which messages name.
_POSTGRES = re.compile(
    r"postgres(ql)?://([^@:/?#\s]+(:[^@:/?#\s]*)?@)?[^@/?#\s]*(/[^@/?#\s]*)?(\?[^@#\s]*)?"
)
_LANGUAGE = r"^[a-z]{2}$"
_URL = r"^https?://[^/]"
# In patterns no \w and no \d: of all scripts, and so many times, they take 60 ms to compile.
_CHANNEL = r"^.{1,255}=[A-Za-z0-9_]{4,32}$"
_PARAMETER = r"^[A-Za-z][A-Za-z0-9_]{0,39}=(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$"
_HOST_NAME = r"^[A-Za-z0-9.-]{1,253}$"
_ORIGIN = r"^https?://[A-Za-z0-9.:\[\]-]+$"
WANTED = {
    SERVER: "an http:// or https:// address without name and password, or a file that ends in .db",
    _LANGUAGE: 'a language in two small letters, as "uk"',
    _URL: "an address that begins with http:// or https://",
    _CHANNEL: 'a number or a title and a name, as "1234567890=good_news"',
    _PARAMETER: 'a name and a number, as "M=16"',
    _HOST_NAME: 'the name of a host, as "example.org"',
    _ORIGIN: 'an address without a path, as "https://example.org"',
}
"""What the patterns of values want, in words."""
Text = Annotated[str, Field(min_length=1)]
Language = Annotated[str, Field(pattern=_LANGUAGE)]
ModelName = Annotated[Text, AfterValidator(_expand_model)]
Url = Annotated[str, Field(pattern=_URL)]
HomePath = Annotated[Path, BeforeValidator(_nameable), AfterValidator(_expand_home)]
StatePlace = Annotated[Path | SecretStr, BeforeValidator(_place_of_state)]
Server = Annotated[str, Field(pattern=SERVER)]
Ids = Annotated[frozenset[int], BeforeValidator(_split)]
Channel = Annotated[str, Field(pattern=_CHANNEL)]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(_split)]
Parameter = Annotated[str, Field(pattern=_PARAMETER)]
Parameters = Annotated[tuple[Parameter, ...], BeforeValidator(_split)]
HostName = Annotated[str, Field(pattern=_HOST_NAME)]
HostNames = Annotated[tuple[HostName, ...], BeforeValidator(_split)]
Origin = Annotated[str, Field(pattern=_ORIGIN)]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]
Sample = Annotated[str, Field(min_length=1, max_length=64)]
Samples = Annotated[tuple[Sample, ...], Field(max_length=3), BeforeValidator(_split_lines)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_split)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
PasswordHash = Annotated[
    SecretStr,
    _secret(
        r"\$scrypt\$ln=1[0-7],r=8,p=[1-8]\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}",
        "a hash, $scrypt$ln=..., as excerpta serve --hash-password makes it",
    ),
]
Token = Annotated[SecretStr, Field(min_length=1)]
Proxy = Annotated[
    SecretStr, _secret(r"(https?|socks5)://[^/].*", "http://, https:// or socks5:// and a host")
]
WebhookSecret = Annotated[
    SecretStr, _secret(r"[A-Za-z0-9_-]{16,256}", "16 to 256 of A-Z a-z 0-9 _ -")
]
# Other characters cannot stand in a header, and its error would show the key.
Key = Annotated[
    SecretStr, _secret(r"[!-~]{1,1024}", "up to 1024 printable ASCII characters without a space")
]
