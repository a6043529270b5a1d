"""A folder of articles and its index, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from config import ArticlesSettings, IndexSettings, LateInteraction, SearchSettings, Settings
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.reading import parse
from retrieval.index.store import Store
from retrieval.refresh.plan import RefreshProgress, RefreshReport, compare
from retrieval.refresh.refresh import DEFAULT_OPTIONS, RefreshOptions, refresh_index
from retrieval.search.searcher import Searcher
from retrieval.types import Article, Chunk, Encoder, Hit, Sentence, Source, Stage
from tests.fakes import HashEncoder, ReadsHere

SEARCH = SearchSettings(
    candidates=50,
    late_interaction=LateInteraction.STORED,
    excerpts=3,
    excerpt_chars=350,
    threshold=0.5,
    max_question_chars=2000,
)


def only(path: str, data: bytes, language: str = "en") -> Article:
    """Read a file of one article."""
    (article,) = parse(path, data, ReadingLimits(language=language, characters=20_000_000))
    return article


def hit_of(
    text: str,
    rank: int = 1,
    title: str = "Title",
    language: str = "en",
    score: float = 1.0,
    dense: float = 0.5,
) -> Hit:
    """Return a hit of a chunk of one sentence, with one token that nothing matches."""
    return Hit(
        chunk_id=rank,
        source=Source(f"{rank}.txt", title, language=language),
        chunk=Chunk(text, (Sentence(0, len(text), 1),)),
        rank=rank,
        score=score,
        dense=Stage(rank, dense),
        lexical=Stage(rank, 1.0),
        late=Stage(rank, 0.4),
        similarity=np.zeros((1, 1), np.float32),
        starts=np.zeros(1, np.int32),
        weights=np.ones(1, np.float32),
    )


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader says of a passage."""

    start: int
    end: int
    score: float
    no_answer: float = 0.0


def articles_in(folder: Path, **own: object) -> ArticlesSettings:
    """Return the default settings of articles in a folder, files being small."""
    values = {"folder": folder, "max_megabytes": 0.1, **own}
    return Settings.load(overrides={"articles": values}).articles


@dataclass
class Library:
    """Articles in `root/articles`, their index in `root/index`."""

    root: Path
    chunk_tokens: int = 40
    keep: int = 3
    search: SearchSettings = SEARCH
    encoder: Encoder = field(default_factory=HashEncoder)

    def __post_init__(self) -> None:
        self.articles = self.root / "articles"
        self.index = self.root / "index"
        self.articles.mkdir(parents=True, exist_ok=True)

    def write(self, **texts: str) -> None:
        for name, text in texts.items():
            (self.articles / f"{name}.txt").write_text(text, encoding="utf-8")

    def refresh(
        self,
        encoder: Encoder | None = None,
        on_progress: Callable[[RefreshProgress], None] = lambda _: None,
        options: RefreshOptions = DEFAULT_OPTIONS,
    ) -> RefreshReport:
        tokens = self.search.late_interaction is LateInteraction.STORED
        return refresh_index(
            articles_in(self.articles),
            self.settings,
            encoder or self.encoder,
            on_progress,
            replace(options, tokens=tokens, parser=ReadsHere),
        )

    @property
    def settings(self) -> IndexSettings:
        return IndexSettings(folder=self.index, chunk_tokens=self.chunk_tokens, keep=self.keep)

    @property
    def lexical(self) -> Path:
        """Where the lexical index of the current generation is."""
        store = self.store()
        return store.place / "lexical" / store.digest(store.current())

    def is_in_line(self) -> bool:
        """Whether a refresh that nobody asked for has nothing to do."""
        found = compare(articles_in(self.articles), self.settings, tokens=True)
        return found is not None and found.in_line

    def store(self) -> Store:
        store = Store.open(self.index)
        assert store is not None
        return store

    def searcher(self) -> Searcher:
        return Searcher.open(self.store(), self.index, self.encoder, self.search)
