"""Reports: how far a refresh has come, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.articles import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a refresh has come; `total` counts the files that have to be read."""

    articles: int
    total: int
    chunks: int
    encoded: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a refresh did; `chunks` and `generation` are those of the index afterwards.

    Attributes:
        renamed: How many of those added are deleted ones under another name.
        rebuilt: Whether the index was made again from nothing.
    """

    generation: int
    added: int
    modified: int
    deleted: int
    unchanged: int
    renamed: int
    skipped: tuple[Skipped, ...]
    chunks: int
    encoded: int
    elapsed_s: float
    rebuilt: bool = False

    @property
    def changed(self) -> bool:
        """Whether the refresh published a new generation."""
        return bool(self.added or self.modified or self.deleted)
