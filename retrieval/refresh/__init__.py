"""Bringing the index in line with the articles.

    folder -> plan.plan -> indexer.Indexer: read, chunk, encode, store -> the draft of a generation
           -> gate.KnownItemGate -> refresh.refresh publishes it

`watch.FolderChanges` tells when the folder changed; `plan.preview` says what a refresh would do.
"""

from retrieval.refresh.gate import KnownItemGate, KnownItemQuery, title_queries
from retrieval.refresh.plan import (
    Preview,
    ReaderVersion,
    RefreshProgress,
    RefreshReport,
    in_line,
    preview,
    unchanged,
)
from retrieval.refresh.refresh import WAIT_S, Candidate, Gate, RefreshOptions, refresh
from retrieval.refresh.watch import FolderChanges

__all__ = [
    "WAIT_S",
    "Candidate",
    "FolderChanges",
    "Gate",
    "KnownItemGate",
    "KnownItemQuery",
    "Preview",
    "ReaderVersion",
    "RefreshOptions",
    "RefreshProgress",
    "RefreshReport",
    "in_line",
    "preview",
    "refresh",
    "title_queries",
    "unchanged",
]
