"""Findings: what is wrong, how bad it is, which articles it is about, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from config import ArticlesSettings, IndexSettings, SearchSettings
from retrieval.errors import IndexDamaged
from retrieval.index import Generation
from retrieval.types import Encoder

REFRESH = "excerpta refresh"
REBUILD = "excerpta refresh --rebuild"


class Severity(StrEnum):
    """How bad a finding is, the worst first.

    An error: answers may be wrong, or a refresh will fail. A warning: an article is not served as
    well as it could be. A note: nothing is wrong, but it is good to know.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingKind(StrEnum):
    """What is found; scripts rely on the words."""

    # The articles folder.
    ARTICLES_FOLDER = "articles-folder"
    UNLISTED = "unlisted-folder"
    SKIPPED = "skipped"
    UNREAD = "unread-kind"
    # Articles.
    UNTITLED = "untitled"
    UNDATED = "undated"
    COPIES = "copies"
    NEAR_DUPLICATES = "near-duplicates"
    NOT_FOUND = "not-found"
    CUT = "cut"
    # The index.
    NO_INDEX = "no-index"
    DAMAGED = "damaged"
    INCONSISTENT = "inconsistent"
    UNUSED = "unused"
    LEXICAL = "lexical"
    LEFTOVER = "leftover"
    ENCODER = "encoder"
    LANGUAGES = "languages"
    UNCALIBRATED = "uncalibrated"
    # The index beside the folder.
    CHANGED = "changed"
    SETTINGS = "settings"
    UNFINISHED = "unfinished"
    HELD = "held"
    REFUSED = "refused"
    LOCKED = "locked"
    # The disk.
    DISK = "disk"
    LOG = "log"
    # The examination itself.
    UNCHECKED = "unchecked"


_SEVERITIES, _KINDS = list(Severity), list(FindingKind)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or good to know, and what mends it.

    Attributes:
        found: A sentence without its full stop.
        mend: A command, or what to do.
        about: Paths of the articles, files or folders that it is about, all of them.
    """

    kind: FindingKind
    severity: Severity
    found: str
    mend: str
    about: tuple[str, ...] = ()


def error(kind: FindingKind, found: str, mend: str, about: Sequence[str] = ()) -> Finding:
    """Make a finding of the worst severity."""
    return Finding(kind, Severity.ERROR, found, mend, tuple(about))


def warning(kind: FindingKind, found: str, mend: str, about: Sequence[str] = ()) -> Finding:
    """Make a finding of middle severity."""
    return Finding(kind, Severity.WARNING, found, mend, tuple(about))


def note(kind: FindingKind, found: str, mend: str, about: Sequence[str] = ()) -> Finding:
    """Make a finding of the least severity."""
    return Finding(kind, Severity.NOTE, found, mend, tuple(about))


def unchecked_finding(name: str, exc: BaseException) -> Finding:
    """Make a finding of a check that failed."""
    mend = REBUILD if isinstance(exc, IndexDamaged) else "see what it says; excerpta doctor again"
    return error(FindingKind.UNCHECKED, f"{name} could not be checked: {exc}", mend)


def by_severity(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Put the worst first, and those of a kind together."""
    return tuple(
        sorted(findings, key=lambda one: (_SEVERITIES.index(one.severity), _KINDS.index(one.kind)))
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def have(number: int) -> str:
    """Return "has" or "have", whichever goes with the number."""
    return "has" if number == 1 else "have"


def are(number: int) -> str:
    """Return "is" or "are", whichever goes with the number."""
    return "is" if number == 1 else "are"


@dataclass(frozen=True, slots=True)
class Examined:
    """An index and its articles, as the settings name them.

    Attributes:
        tokens: Whether the index holds the codes of the passages' tokens.
        encoder: Loads the encoder.
        switch: What makes the index again with an encoder of more languages.
    """

    articles: ArticlesSettings
    index: IndexSettings
    search: SearchSettings
    tokens: bool
    encoder: Callable[[], Encoder]
    switch: str


@dataclass(frozen=True, slots=True)
class Examination:
    """The findings of an examination, the worst first.

    Attributes:
        generation: Generation that was examined; None if there is no index that can be read.
        looked_for: Number of articles that were looked for by their titles, and of all.
        compared: Number of articles that were compared with all others, and of all.
        encoder: Name of the encoder that made the index.
        chosen: Why that one was taken; empty if it is not known.
    """

    findings: tuple[Finding, ...]
    generation: Generation | None
    looked_for: tuple[int, int]
    compared: tuple[int, int]
    elapsed_s: float
    encoder: str = ""
    chosen: str = ""

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity."""
        return sum(one.severity is severity for one in self.findings)
