"""Bringing the index in line with the articles.

    plan.compare_files -> indexer.Indexer: read, chunk, encode, store -> the next generation
        -> gate.KnownItemGate -> refresh.refresh_index publishes it

`copying.copy_index` moves an index to another address.
`watch.FolderChanges` yields when the folder changed, `plan.compare` says whether there is anything
to do, `plan.preview` what a refresh would do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config import imported_later
from retrieval.refresh.plan import (
    Comparison,
    Preview,
    ReaderVersion,
    RefreshProgress,
    RefreshReport,
    compare,
    preview,
)

if TYPE_CHECKING:
    from retrieval.refresh.copying import copy_index
    from retrieval.refresh.gate import KnownItemGate, KnownItemQuery, title_queries
    from retrieval.refresh.refresh import (
        DEFAULT_OPTIONS,
        WAIT_S,
        Candidate,
        Gate,
        RefreshOptions,
        refresh_index,
    )
    from retrieval.refresh.watch import FolderChanges

__all__ = [
    "DEFAULT_OPTIONS",
    "WAIT_S",
    "Candidate",
    "Comparison",
    "FolderChanges",
    "Gate",
    "KnownItemGate",
    "KnownItemQuery",
    "Preview",
    "ReaderVersion",
    "RefreshOptions",
    "RefreshProgress",
    "RefreshReport",
    "compare",
    "copy_index",
    "preview",
    "refresh_index",
    "title_queries",
]

__getattr__ = imported_later(
    __name__,
    {
        "copying": "copy_index",
        "gate": "KnownItemGate KnownItemQuery title_queries",
        "refresh": "DEFAULT_OPTIONS WAIT_S Candidate Gate RefreshOptions refresh_index",
        "watch": "FolderChanges",
    },
)
