"""Settings of the places where readers ask: the terminal, Telegram and the web page.

They are written as those in `config.settings` are.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE, S_ISREG

from pydantic import Field, SecretStr

from config.errors import SettingsError, exposed
from config.section import Section
from config.values import (
    HeaderName,
    HomePath,
    HostNames,
    Ids,
    LogFormat,
    Networks,
    Origins,
    PasswordHash,
    Proxy,
    Samples,
    Sentence,
    StatePlace,
    Text,
    Token,
    UpdateMode,
    Url,
    WebhookSecret,
)

# This is many times the length of a token: a larger file was named by mistake.
_TOKEN_FILE_BYTES = 1024
_HOW_TO_SET = (
    "get one from @BotFather with /newbot and set EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
)
_HOW_TO_MAKE = "make one with openssl rand -base64 24, and give the file mode 600"
_EDITOR_TOKEN_CHARS = 16


class ConsoleSettings(Section):
    """The chat in the terminal."""

    save_history: bool = True
    """Whether questions are saved, so that the arrow keys bring them back."""
    history: HomePath | None = Field(None, examples=["~/.local/state/excerpta/history"])
    """The file that holds these questions. If this is left out, it is in the user's state
    folder."""


class TelegramSettings(Section):
    """The bot in Telegram."""

    mode: UpdateMode = UpdateMode.POLLING
    """How updates come: "polling" (the bot asks Telegram, and nothing else is needed) or "webhook"
    (Telegram calls webhook_url)."""
    base_url: Url = "https://api.telegram.org/bot"
    """The address of the Bot API, with or without the /bot at its end; a local Bot API server has
    another one."""
    proxy: Proxy | None = Field(None, examples=["http://127.0.0.1:3128"])
    """The proxy of requests to Telegram: an address that starts with http://, https:// or
    socks5://."""
    token: Token | None = Field(None, examples=["123456789:..."])
    """The bot's token, which @BotFather gives."""
    token_file: HomePath | None = Field(None, examples=["~/.config/excerpta/token"])
    """A file that holds the token and nothing else, with mode 600. It is read if token is left
    out."""
    webhook_url: Url | None = Field(None, examples=["https://bot.example.org/excerpta"])
    """The public address of the webhook, whose requests a reverse proxy that speaks TLS passes
    on."""
    webhook_listen: Text = "127.0.0.1"
    """The address on which the webhook listens."""
    webhook_port: int = Field(8080, ge=1, le=65_535)
    """The port on which the webhook listens."""
    webhook_secret: WebhookSecret | None = Field(None, examples=["a-long-random-word"])
    """The secret that Telegram shows with each call: 16 to 256 characters of A-Z a-z 0-9 _ -. If
    this is left out, each start makes a new one."""
    users: Ids = frozenset()
    """The ids of users who are answered wherever they ask. If this list and chats are empty,
    everybody is answered; else only these users, administrators, and whoever asks in the chats."""
    chats: Ids = frozenset()
    """The ids of groups in which everybody is answered, be they in users or not."""
    administrators: Ids = frozenset()
    """The ids of users who may refresh the index and see statistics, and who are told of errors
    that repeat."""
    questions_per_minute: int = Field(20, ge=1, le=1000)
    """The greatest number of questions and presses of buttons by one user in a minute."""
    max_question_chars: int = Field(1000, ge=10, le=4096)
    """The length, in characters, above which a question is refused."""
    messages_per_second: int = Field(30, ge=1, le=10_000)
    """The greatest number of messages in a second, to all chats and of all replicas together;
    Telegram allows 30."""
    group_excerpts: int = Field(1, ge=1, le=3)
    """The greatest number of excerpts that an answer in a group opens with; "More" shows others."""
    about: Sentence | None = Field(
        None, examples=["The archive of the Ferry Gazette, 1998 to today."]
    )
    """What /start says of the articles: a sentence or two. If this is left out, it is made of
    their number, their dates and the names in them."""
    samples: Samples = ()
    """The questions, up to three of 64 characters, that /start offers as buttons; the environment
    parts them by "|". If there are none, questions are made that the articles answer."""
    channel_posts: bool = False
    """Whether posts of a channel that mention the bot are answered."""
    link_preview: bool = False
    """Whether an answer previews the page of the first cited article."""
    watch: bool = True
    """Whether the index is refreshed whenever articles change."""
    state: StatePlace | None = Field(None, examples=["~/.local/state/excerpta/telegram"])
    """Where the bot keeps what it remembers, and the web page questions and votes: a folder (or
    sqlite:///FOLDER), by default one in the user's state folder; or
    postgresql://USER:PASSWORD@HOST:PORT/DATABASE, which replicas of the bot share and which needs
    the extra postgres."""
    keep_days: int = Field(90, ge=1, le=3650)
    """The number of days after which answers, votes and unanswered questions are forgotten."""
    conversation_minutes: int = Field(30, ge=1, le=10_080)
    """The pause, in minutes, that ends a conversation, whose questions are then forgotten."""
    monitor_port: int | None = Field(None, ge=1, le=65_535, examples=[9464])
    """The port of this machine that serves /health, /ready and, for Prometheus, /metrics. If this
    is left out, none does."""
    monitor_listen: Text = "127.0.0.1"
    """The address on which monitor_port is served."""
    drain_seconds: int = Field(0, ge=0, le=300)
    """The number of seconds for which a bot that stops still takes what the webhook brings, while
    /ready says no, so that a load balancer sends it elsewhere."""
    log: LogFormat = LogFormat.TEXT
    """The form of the log: "text", or "json" (each line is a document)."""
    log_questions: bool = False
    """Whether the log holds the questions."""

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
        return _token_in(self.token_file, "telegram.token_file", _HOW_TO_SET)


def _token_in(path: Path, key: str, how: str) -> SecretStr:
    """Read the token in a file that a key names; `how` says how to get one."""
    name = f"{key} {path}"
    try:
        mode = path.stat().st_mode
        # Checked before it is opened, as a pipe would wait for a writer.
        if not S_ISREG(mode):
            raise SettingsError(f"{name}: wanted a regular file; {how}")
        with path.open("rb") as file:
            content = file.read(_TOKEN_FILE_BYTES + 1)
    except OSError as exc:
        # It is not chained, as it repeats the path, and some set the token itself there.
        raise SettingsError(f"{name}: cannot be read: {exc.strerror}; {how}") from None
    if fault := exposed(path, S_IMODE(mode)):
        raise SettingsError(f"{name}: {fault}")
    words = content.split()
    if len(words) != 1 or not content.isascii() or len(content) > _TOKEN_FILE_BYTES:
        raise SettingsError(f"{name}: wanted the token and nothing else; {how}")
    return SecretStr(words[0].decode("ascii"))


class WebSettings(Section):
    """The web page and its API."""

    host: Text = "127.0.0.1"
    """The address on which the server listens; 0.0.0.0 takes every one of this machine."""
    port: int = Field(8000, ge=1, le=65_535)
    """The port on which the server listens."""
    names: HostNames = ()
    """The host names at which readers reach the page, such as "ask.example.org". Other names are
    refused, but for localhost and addresses in numbers."""
    origins: Origins = ()
    """The other sites, such as "https://example.org", whose pages may call the API and show the
    page in a frame."""
    proxy: Networks = ()
    """The addresses of reverse proxies that are trusted to say who sent a request, such as
    "127.0.0.1" or "10.0.0.0/8"."""
    watch: bool = True
    """Whether the index is refreshed whenever articles change. Without it, what another process
    publishes is found all the same."""
    questions_per_minute: int = Field(20, ge=1, le=1000)
    """The greatest number of questions in one conversation in a minute. Of one address, which
    several people may share, it is five times as many."""
    max_question_chars: int = Field(1000, ge=10, le=4096)
    """The length, in characters, above which a question is refused."""
    conversation_minutes: int = Field(30, ge=1, le=1440)
    """The pause, in minutes, that ends a conversation, whose questions are then forgotten."""
    keep_days: int = Field(90, ge=0, le=3650)
    """The number of days after which questions and votes are forgotten. With 0 none are kept, and
    nobody can vote."""
    editor_password: PasswordHash | None = Field(
        None, examples=[f"$scrypt$ln=15,r=8,p=3${22 * 'A'}${43 * 'A'}"]
    )
    """The hash of the password of the editor's page at /editor, as excerpta serve --hash-password
    makes it. If this and the next two keys are left out, there is no such page."""
    editor_token_file: HomePath | None = Field(None, examples=["~/.config/excerpta/editor"])
    """A file that holds a token of at least 16 characters and nothing else, with mode 600. The
    token opens the editor's page, in place of a password or as a bearer token."""
    editor_header: HeaderName | None = Field(None, examples=["Remote-User"])
    """The header in which the reverse proxies of proxy name the user whom they let in to the
    editor's page. From others it is not believed."""
    log: LogFormat = LogFormat.TEXT
    """The form of the log: "text", or "json" (each line is a document)."""
    log_questions: bool = False
    """Whether the log holds the questions."""

    @property
    def has_editor(self) -> bool:
        """Whether there is an editor's page.

        Raises:
            SettingsError: A header is named, and no proxy that may send it.
        """
        if self.editor_header and not self.proxy:
            raise SettingsError(
                "web.editor_header: set, while web.proxy names nobody who may send this header; "
                "set both, or none"
            )
        return any((self.editor_password, self.editor_token_file, self.editor_header))

    def read_editor_token(self) -> SecretStr | None:
        """Return the token in `editor_token_file`; None if no file is named.

        Raises:
            SettingsError: The file cannot be read, is no regular file, is open to others, or holds
                anything but one word that is long enough.
        """
        if self.editor_token_file is None:
            return None
        key = "web.editor_token_file"
        token = _token_in(self.editor_token_file, key, _HOW_TO_MAKE)
        if len(token) < _EDITOR_TOKEN_CHARS:
            raise SettingsError(
                f"{key} {self.editor_token_file}: found {len(token)} characters, wanted at least "
                f"{_EDITOR_TOKEN_CHARS}; {_HOW_TO_MAKE}"
            )
        return token
