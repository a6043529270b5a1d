"""A folder of articles and its index, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config import ArticlesSettings, IndexSettings, LateInteraction, SearchSettings
from retrieval.refresh import Progress, Report, refresh
from retrieval.search import Searcher
from retrieval.store import Store
from retrieval.types import Encoder
from tests.fakes import HashEncoder

SEARCH = SearchSettings(
    candidates=50,
    late_interaction=LateInteraction.STORED,
    excerpts=3,
    excerpt_chars=350,
    threshold=0.5,
    max_question_chars=2000,
)


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
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        return refresh(
            ArticlesSettings(folder=self.articles, language="en", max_megabytes=0.1),
            IndexSettings(folder=self.index, chunk_tokens=self.chunk_tokens, keep=self.keep),
            encoder or self.encoder,
            on_progress,
            tokens=self.search.late_interaction is LateInteraction.STORED,
        )

    def store(self) -> Store:
        store = Store.open(self.index)
        assert store is not None
        return store

    def searcher(self) -> Searcher:
        return Searcher(self.store(), self.index, self.encoder, self.search)
