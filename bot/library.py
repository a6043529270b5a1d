"""A library: a folder of articles with its index, ready to be asked; `bot.build` opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.answers import Answerer
from config import Settings
from retrieval.index import IndexReader
from retrieval.refresh import RefreshReport
from retrieval.search import Searcher
from retrieval.types import Encoder

if TYPE_CHECKING:
    from bot.writing import Writer


@dataclass(frozen=True, slots=True)
class Library:
    """A folder of articles with its index, ready to be asked.

    Attributes:
        report: The report of the refresh that opened it; None if nothing was refreshed.
        writer: Writes an answer from the excerpts; None if no server is set that does.
    """

    settings: Settings
    searcher: Searcher
    answerer: Answerer
    report: RefreshReport | None
    writer: Writer | None = None

    @property
    def encoder(self) -> Encoder:
        """The encoder of the snapshot that is searched."""
        return self.searcher.encoder

    @property
    def store(self) -> IndexReader:
        """The store of the snapshot that is searched."""
        return self.searcher.snapshot.store
