"""Settings: each key once, with its type, bounds, default and meaning.

The text below a key describes it to users: `python -m tests.config.reference` makes default.toml
and README.md of these texts, with the bounds of the key behind. A key that may be left out has an
example. (pydantic could keep the texts, too, and every start would take 20 ms longer for it.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from config.errors import SettingsError, exposed
from config.loading import load
from config.values import (
    SERVER,
    Backend,
    Channels,
    HeaderName,
    HomePath,
    HostNames,
    Ids,
    Key,
    Language,
    LateInteraction,
    LogFormat,
    ModelName,
    Networks,
    Origins,
    Parameters,
    PasswordHash,
    Proxy,
    Samples,
    Sentence,
    Server,
    StatePlace,
    Text,
    Token,
    UpdateMode,
    Url,
    WatchMode,
    WebhookSecret,
)

# This is many times the length of a token: a larger file was named by mistake.
_TOKEN_FILE_BYTES = 1024
_HOW_TO_SET = (
    "get one from @BotFather with /newbot and set EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
)
_HOW_TO_MAKE = "make one with openssl rand -base64 24, and give the file mode 600"
_EDITOR_TOKEN_CHARS = 16


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # Otherwise pydantic's messages repeat refused values, which may be secrets.
        hide_input_in_errors=True,
        validate_default=True,
    )


class ArticlesSettings(_Section):
    """Where the articles are and how they are read."""

    folder: HomePath = Path("seeds")
    """The folder that holds the articles."""
    language: Language = "en"
    """The language of an article that names none and whose text does not show it: two lower-case
    letters of ISO 639-1."""
    max_megabytes: float = Field(50, gt=0, le=1000)
    """The size, in megabytes, above which a file is skipped."""
    max_characters: int = Field(5_000_000, ge=1000, le=100_000_000)
    """The length of its text, in characters, above which an article is skipped."""
    max_pages: int = Field(2000, ge=1, le=100_000)
    """The number of pages above which a file is skipped."""
    max_unpacked_megabytes: float = Field(200, gt=0, le=1000)
    """The size of its unpacked content, in megabytes, above which an archive (.docx, .odt, .epub)
    is skipped."""
    max_seconds: float = Field(30, gt=0, le=600)
    """The time, in seconds, after which a file that is still being read is skipped."""
    channels: Channels = ()
    """The public names of Telegram channels whose exports are in the folder, so that citations
    link to the public posts. Each is written "channel=name", the channel being the "id" in
    result.json or its title, as an export in HTML tells no more."""

    @property
    def max_bytes(self) -> int:
        """The greatest size of a file, in bytes."""
        return int(self.max_megabytes * 1_000_000)


class IndexSettings(_Section):
    """Where the index is and how articles are cut for it."""

    folder: HomePath = Path(".excerpta")
    """The folder that holds the index. It can be deleted at any time: the next refresh makes it
    again. An address in its place, as `server` takes it, holds the index there, and the default
    folder what is made of it on this machine."""
    server: Server | None = Field(None, examples=["http://127.0.0.1:19530"])
    """The Milvus server that holds the index, or a file of Milvus Lite, whose name ends in ".db".
    If this is left out, the folder holds it."""
    server_token: Token | None = Field(None, examples=["user:password"])
    """The token of the Milvus server, if it wants one."""
    server_certificates: HomePath | None = Field(None, examples=["milvus-ca.pem"])
    """A file, in PEM, of the certificates that vouch for an https:// server. If this is left out,
    those of the public authorities do."""
    database: Text = "default"
    """The name of the database on the Milvus server."""
    collections: str = Field("excerpta", pattern=r"^[A-Za-z_]\w{0,99}$")
    """The beginning of the names of the collections on the Milvus server, so that several indexes
    can share a database."""
    vector_index: str = Field("FLAT", pattern=r"^[A-Z][A-Z0-9_]{0,39}$")
    """The kind of the index of vectors on the Milvus server: "FLAT" compares all and is exact,
    others, such as "HNSW", "IVF_FLAT" or "DISKANN", compare some. Another kind is taken by the next
    refresh --rebuild."""
    build_parameters: Parameters = ()
    """The parameters with which that index is built, each written "name=number": "M=16",
    "efConstruction=200"."""
    search_parameters: Parameters = ()
    """The parameters with which it is searched, written in the same way: "ef=128"."""
    chunk_tokens: int = Field(200, ge=16, le=4096)
    """The greatest length, in tokens of the encoder, of a chunk: the piece of an article that is
    searched, together with the article's title. The model must be able to read as many."""
    keep: int = Field(3, ge=1, le=100)
    """The number of generations of the index that are kept, the current one included."""

    @property
    def address(self) -> str:
        """Where the index is, for messages."""
        return self.server or str(self.folder)

    @model_validator(mode="before")
    @classmethod
    def _take_address(cls, values: object) -> object:
        """Take a folder that is the address of a server as that, and an empty address as none."""
        if not isinstance(values, dict):
            return values
        if re.match(SERVER, str(values.get("folder", ""))):
            folder = cls.model_fields["folder"].default
            return {**values, "folder": folder, "server": values["folder"]}
        return {**values, "server": values.get("server") or None}


class RefreshSettings(_Section):
    """How the index is brought in line with the articles."""

    gate: bool = True
    """Whether a new generation of the index is tested, and published only if it passes."""
    sample: int = Field(20, ge=1, le=1000)
    """The greatest number of articles that this test searches for, each by its title and by a
    sentence of its text."""
    questions: HomePath | None = Field(None, examples=["~/questions.jsonl"])
    """A file of questions whose answers are known, in the form that excerpta evaluate reads. A new
    generation passes only if it answers all those rightly that the current one does. If this is
    left out, no questions are asked."""
    watch: WatchMode = WatchMode.AUTO
    """How changes of the articles folder are noticed: "events" (the operating system reports
    them), "poll" (the folder is looked through every few seconds), or "auto" ("poll" for a network
    folder, else "events")."""


class EncoderSettings(_Section):
    """The model that turns text into vectors."""

    model: ModelName = "auto"
    """The model: "english", "multilingual", or another one of sentence-transformers by its name on
    the hub or its folder. "auto" goes on with the model of the index; where there is none, or most
    articles are new to it, it takes "english" if at least 95 % of a sample of the articles are
    English, else "multilingual"."""
    backend: Backend = Backend.AUTO
    """What runs the model: "openvino" (fast on CPUs), "torch" (any model, and GPUs), or "auto"
    (OpenVINO if it can, else torch)."""
    device: Text = "cpu"
    """The device that torch uses, such as "cpu", "cuda", "cuda:1" or "mps"."""
    download: bool = False
    """Whether models that are not on this machine are fetched from the hub: this one, the reranker
    and the reader."""
    query_prompt: str | None = Field(None, examples=["query: "])
    """The text that is put before each question, "" being none. If this is left out, it is the
    model's own."""
    passage_prompt: str | None = Field(None, examples=["passage: "])
    """The text that is put before each passage, "" being none. If this is left out, it is the
    model's own."""
    cache: HomePath | None = Field(None, examples=["~/.cache/excerpta"])
    """The folder that holds compiled models. If this is left out, it is in the user's cache
    folder."""


class SearchSettings(_Section):
    """How a question is answered."""

    candidates: int = Field(50, ge=1, le=1000)
    """The number of chunks that the search by meaning and the search by words each hand on to be
    ranked."""
    late_interaction: LateInteraction = LateInteraction.STORED
    """The source of the chunks' token vectors, which are compared with those of the question:
    "stored" (the index holds them, 9 KB for a chunk of 200 tokens), "computed" (they are made for
    each question, in up to half a second), or "off" (there are none, and only equal words meet)."""
    excerpts: int = Field(3, ge=1, le=10)
    """The greatest number of excerpts in an answer, which opens with those that come near its best
    one."""
    excerpt_chars: int = Field(440, ge=100, le=2000)
    """The approximate length of an excerpt, in characters; one of Chinese, Japanese or Korean
    counts as two."""
    threshold: float = Field(0.5, ge=0, le=1)
    """The confidence from which on the excerpts count as an answer; with 0 they always do."""
    max_question_chars: int = Field(2000, ge=10, le=100_000)
    """The length, in characters, above which a question is refused."""

    @property
    def stores_tokens(self) -> bool:
        """Whether the index holds the codes of the passages' tokens."""
        return self.late_interaction is LateInteraction.STORED


class RerankerSettings(_Section):
    """The optional model that ranks the best chunks again."""

    model: ModelName | None = Field(None, examples=["cross-encoder/ms-marco-MiniLM-L6-v2"])
    """The cross-encoder that ranks the best twenty chunks again: its name on the hub, or its
    folder. If this is left out, none does."""
    weight: float = Field(0.5, ge=0, le=1)
    """The weight of its ranking against all others together: with 0 it does not count, with 1 the
    others do not."""


class ReaderSettings(_Section):
    """The optional model that marks the words that answer."""

    model: ModelName | None = Field(None, examples=["deepset/roberta-base-squad2"])
    """The question-answering model that marks the words that answer: its name on the hub, or its
    folder. If this is left out, none does."""


class WriterSettings(_Section):
    """The optional server whose model writes an answer from the excerpts."""

    base_url: Url | None = Field(None, examples=["http://127.0.0.1:11434/v1"])
    """The address of an OpenAI-compatible server, with the /v1 at its end. If this and model are
    left out, nothing is written and nothing is sent anywhere."""
    model: Text | None = Field(None, examples=["qwen3:8b"])
    """The name that the model has at this server."""
    key: Key | None = Field(None, examples=["sk-..."])
    """The key that the server asks for, if it does."""
    timeout_s: float = Field(60, gt=0, le=600)
    """The time, in seconds, after which the excerpts are left without a written answer."""
    max_tokens: int = Field(400, ge=16, le=4096)
    """The greatest length of a written answer, in tokens of the model."""

    @property
    def is_set(self) -> bool:
        """Whether a server is set that writes answers.

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

    save_history: bool = True
    """Whether questions are saved, so that the arrow keys bring them back."""
    history: HomePath | None = Field(None, examples=["~/.local/state/excerpta/history"])
    """The file that holds these questions. If this is left out, it is in the user's state
    folder."""


class TelegramSettings(_Section):
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
    """The greatest number of messages to all chats together in a second; Telegram allows 30."""
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


class WebSettings(_Section):
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


class Settings(BaseModel):
    """All settings, frozen; `Settings()` has the defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    articles: ArticlesSettings = ArticlesSettings()
    index: IndexSettings = IndexSettings()
    refresh: RefreshSettings = RefreshSettings()
    encoder: EncoderSettings = EncoderSettings()
    search: SearchSettings = SearchSettings()
    reranker: RerankerSettings = RerankerSettings()
    reader: ReaderSettings = ReaderSettings()
    writer: WriterSettings = WriterSettings()
    console: ConsoleSettings = ConsoleSettings()
    telegram: TelegramSettings = TelegramSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def load(
        cls,
        config_file: Path | None = None,
        overrides: Mapping[str, Mapping[str, object]] | None = None,
    ) -> Self:
        """Merge, key by key: overrides over environment over files over the defaults.

        Args:
            config_file: A TOML file; None takes `excerpta.toml` in the current folder, if there is
                one. Below either is the user's file, if there is one.
            overrides: The keys by section, from the command line; None as a value means not given.

        Raises:
            SettingsError: A file cannot be read, a name does not exist, or a value does not fit.
        """
        return cls.load_traced(config_file, overrides)[0]

    @classmethod
    def load_traced(
        cls,
        config_file: Path | None = None,
        overrides: Mapping[str, Mapping[str, object]] | None = None,
    ) -> tuple[Self, dict[str, str]]:
        """Load as `load` does; return where each key that is set is from, by "section.key", too."""
        return load(cls, config_file, overrides or {})
