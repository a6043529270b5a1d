"""The sections of the settings: their keys, types and bounds."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
)

from config.errors import SettingsError, exposed

# Many times the length of a token; a larger file is another one, named by mistake.
_TOKEN_FILE_BYTES = 1024
_HOW_TO_SET = (
    "get one from @BotFather with /newbot and set EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
)


def _expand_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as exc:
        raise ValueError("the home folder that ~ stands for is not known") from exc


def _expand_model(model: str) -> str:
    return str(_expand_home(Path(model))) if model.startswith("~") else model


Text = Annotated[str, Field(min_length=1)]
ModelName = Annotated[Text, AfterValidator(_expand_model)]
Url = Annotated[str, Field(pattern=r"^https?://[^/]")]
HomePath = Annotated[Path, AfterValidator(_expand_home)]


class Backend(StrEnum):
    """What runs the encoder."""

    AUTO = "auto"
    OPENVINO = "openvino"
    TORCH = "torch"


class Intake(StrEnum):
    """How the bot's updates come from Telegram."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class LateInteraction(StrEnum):
    """Where the tokens of chunks come from that the question's tokens are compared with."""

    STORED = "stored"
    COMPUTED = "computed"
    OFF = "off"


class Noticing(StrEnum):
    """How changes of the articles folder are noticed."""

    AUTO = "auto"
    EVENTS = "events"
    POLL = "poll"


class LogFormat(StrEnum):
    """How records of the log are written."""

    TEXT = "text"
    JSON = "json"


def _split(values: object) -> object:
    """Let an environment variable list values as 1,2,3."""
    return [one.strip() for one in values.split(",")] if isinstance(values, str) else values


Ids = Annotated[frozenset[int], BeforeValidator(_split)]
Channel = Annotated[str, Field(pattern=r"^\d{1,20}=\w{4,32}$")]
Channels = Annotated[tuple[Channel, ...], BeforeValidator(_split)]


class _Section(BaseModel):
    # A message of pydantic would repeat the value that it refuses, which may be a secret.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ArticlesSettings(_Section):
    """Where the articles are and how they are read."""

    folder: HomePath
    language: str = Field(pattern=r"^[a-z]{2}$")
    max_megabytes: float = Field(gt=0, le=1000)
    max_characters: int = Field(ge=1000, le=100_000_000)
    max_pages: int = Field(ge=1, le=100_000)
    max_unpacked_megabytes: float = Field(gt=0, le=1000)
    max_seconds: float = Field(gt=0, le=600)
    channels: Channels

    @property
    def max_bytes(self) -> int:
        """Size of a file, at most."""
        return int(self.max_megabytes * 1_000_000)


class IndexSettings(_Section):
    """Where the index is and how it is cut."""

    folder: HomePath
    chunk_tokens: int = Field(ge=16, le=4096)
    keep: int = Field(ge=1, le=100)


class RefreshSettings(_Section):
    """How the index is brought in line with the articles."""

    gate: bool
    sample: int = Field(ge=1, le=1000)
    questions: HomePath | None = None
    watch: Noticing


class EncoderSettings(_Section):
    """The model that turns text into vectors."""

    model: ModelName
    backend: Backend
    device: Text
    download: bool
    query_prompt: str | None = None
    passage_prompt: str | None = None
    cache: HomePath | None = None


class SearchSettings(_Section):
    """How a question is answered."""

    candidates: int = Field(ge=1, le=1000)
    late_interaction: LateInteraction
    excerpts: int = Field(ge=1, le=10)
    excerpt_chars: int = Field(ge=100, le=2000)
    threshold: float = Field(ge=0, le=1)
    max_question_chars: int = Field(ge=10, le=100_000)


class RerankerSettings(_Section):
    """The optional model that ranks the best chunks again."""

    model: ModelName | None = None
    weight: float = Field(ge=0, le=1)


class ReaderSettings(_Section):
    """The optional model that marks the words that answer."""

    model: ModelName | None = None


class WriterSettings(_Section):
    """The optional server whose model writes an answer from the excerpts."""

    base_url: Url | None = None
    model: Text | None = None
    key: SecretStr | None = None
    timeout_s: float = Field(gt=0, le=600)
    max_tokens: int = Field(ge=16, le=4096)

    @field_validator("key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        # Anything else cannot stand in a header, and the error would show it.
        if not re.fullmatch(r"[!-~]{1,1024}", key.get_secret_value()):
            raise ValueError("wanted up to 1024 printable ASCII characters without a space")
        return key

    @property
    def is_set(self) -> bool:
        """Whether answers are to be written.

        Raises:
            SettingsError: Only one of address and model is set.
        """
        if bool(self.base_url) is not bool(self.model):
            given, missing = ("base_url", "model") if self.base_url else ("model", "base_url")
            raise SettingsError(
                f"writer.{missing}: not set, while writer.{given} is; set both, or none"
            )
        return self.base_url is not None


class ConsoleSettings(_Section):
    """The chat in the terminal."""

    save_history: bool
    history: HomePath | None = None


class TelegramSettings(_Section):
    """The bot in Telegram."""

    mode: Intake
    base_url: Url
    proxy: SecretStr | None = None
    token: SecretStr | None = Field(default=None, min_length=1)
    token_file: HomePath | None = None
    webhook_url: Url | None = None
    webhook_listen: Text
    webhook_port: int = Field(ge=1, le=65_535)
    webhook_secret: SecretStr | None = None
    users: Ids
    chats: Ids
    administrators: Ids
    questions_per_minute: int = Field(ge=1, le=1000)
    max_question_chars: int = Field(ge=10, le=4096)
    messages_per_second: int = Field(ge=1, le=10_000)
    channel_posts: bool
    link_preview: bool
    watch: bool
    state: HomePath | None = None
    keep_days: int = Field(ge=1, le=3650)
    conversation_minutes: int = Field(ge=1, le=10_080)
    monitor_port: int | None = Field(default=None, ge=1, le=65_535)
    log: LogFormat
    log_questions: bool

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, url: SecretStr) -> SecretStr:
        if not re.match(r"(https?|socks5)://[^/]", url.get_secret_value()):
            raise ValueError("wanted http://, https:// or socks5:// and a host")
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _is_webhook_secret(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret.get_secret_value()):
            raise ValueError("wanted 16 to 256 of A-Z a-z 0-9 _ -")
        return secret

    def read_token(self) -> SecretStr:
        """Return the token, or read it from `token_file` if only that is set.

        Raises:
            SettingsError: No token is set; its file cannot be read, is no regular file, is open to
                others, or holds anything but one word.
        """
        if self.token is not None:
            return self.token
        if self.token_file is None:
            raise SettingsError(f"telegram.token: not set; {_HOW_TO_SET}")
        name = f"telegram.token_file {self.token_file}"
        try:
            mode = self.token_file.stat().st_mode
            # Before it is opened: a pipe would wait for a writer.
            if not S_ISREG(mode):
                raise SettingsError(f"{name}: wanted a regular file; {_HOW_TO_SET}")
            with self.token_file.open("rb") as file:
                content = file.read(_TOKEN_FILE_BYTES + 1)
        except OSError as exc:
            # Not chained: the error repeats the path, and some put the token itself there.
            raise SettingsError(f"{name}: cannot be read: {exc.strerror}; {_HOW_TO_SET}") from None
        if fault := exposed(self.token_file, S_IMODE(mode)):
            raise SettingsError(f"{name}: {fault}")
        words = content.split()
        if len(words) != 1 or not content.isascii() or len(content) > _TOKEN_FILE_BYTES:
            raise SettingsError(f"{name}: wanted the token and nothing else; {_HOW_TO_SET}")
        return SecretStr(words[0].decode("ascii"))
