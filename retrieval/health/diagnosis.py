"""Who is examined, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from config import ArticlesSettings, IndexSettings, SearchSettings
from retrieval.health.finding import Finding, Severity
from retrieval.store import Generation
from retrieval.types import Encoder


@dataclass(frozen=True, slots=True)
class Patient:
    """An index and its articles, as the settings name them.

    Attributes:
        tokens: Whether the index holds the codes of the passages' tokens.
        encoder: Loads the encoder.
    """

    articles: ArticlesSettings
    index: IndexSettings
    search: SearchSettings
    tokens: bool
    encoder: Callable[[], Encoder]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, the worst first.

    Attributes:
        generation: That was examined; None if there is no index that can be read.
        looked_for: Articles that were looked for by their titles, and of how many.
        compared: Articles that were compared with all others, and of how many.
    """

    findings: tuple[Finding, ...]
    generation: Generation | None
    looked_for: tuple[int, int]
    compared: tuple[int, int]
    elapsed_s: float

    def count(self, severity: Severity) -> int:
        """Count the findings that are as bad."""
        return sum(one.severity is severity for one in self.findings)
