"""Settings: each key once, with its type, bounds, default and meaning.

The text below a key describes it to users: `python -m tests.config.reference` makes default.toml
and README.md of these texts, with the bounds of the key behind. A key that may be left out has an
example. (pydantic could keep the texts, too, and every start would take 20 ms longer for it.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from config.errors import SettingsError
from config.interfaces import ConsoleSettings, TelegramSettings, WebSettings
from config.loading import load
from config.section import Section
from config.values import (
    SERVER,
    Backend,
    Channels,
    HomePath,
    Key,
    Language,
    LateInteraction,
    ModelName,
    Parameters,
    Server,
    Text,
    Token,
    Url,
    WatchMode,
)


class ArticlesSettings(Section):
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
    link to the public posts. Each is written "channel=name", as in "1234567890=good_news", the
    channel being the "id" in result.json or its title, as an export in HTML tells no more."""

    @property
    def max_bytes(self) -> int:
        """The greatest size of a file, in bytes."""
        return int(self.max_megabytes * 1_000_000)


class IndexSettings(Section):
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
    collections: str = Field("excerpta", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
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
    faiss: str = Field("auto", pattern=r"^[A-Za-z0-9_,()]{1,100}$")
    """The kind of the search by vectors in a folder: a factory string of FAISS, or "auto".
    "SQfp16" compares all vectors, in 16 bits, and "Flat" in 32. An inverted file, such as
    "IVF4096,SQ8", compares those in some of so many lists, which is much faster among very many and
    misses a little; excerpta status tells how much. "auto" takes "SQfp16" for less than 300,000
    chunks, else an inverted file."""
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


class RefreshSettings(Section):
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


class EncoderSettings(Section):
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

    @property
    def needs_torch(self) -> bool:
        """Whether only torch runs the model: it is named, or another device than the CPU is."""
        return self.backend is Backend.TORCH or self.device != "cpu"


class SearchSettings(Section):
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


class RerankerSettings(Section):
    """The optional model that ranks the best chunks again."""

    model: ModelName | None = Field(None, examples=["cross-encoder/ms-marco-MiniLM-L6-v2"])
    """The cross-encoder that ranks the best twenty chunks again: its name on the hub, or its
    folder. If this is left out, none does."""
    weight: float = Field(0.5, ge=0, le=1)
    """The weight of its ranking against all others together: with 0 it does not count, with 1 the
    others do not."""


class ReaderSettings(Section):
    """The optional model that marks the words that answer."""

    model: ModelName | None = Field(None, examples=["deepset/roberta-base-squad2"])
    """The question-answering model that marks the words that answer: its name on the hub, or its
    folder. If this is left out, none does."""


class WriterSettings(Section):
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
