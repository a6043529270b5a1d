"""Where an index is: in a folder of this machine, or on a Milvus server."""

from __future__ import annotations

from config import IndexSettings
from retrieval.index import Index, IndexReader, LocalIndex


def index_of(settings: IndexSettings) -> Index:
    """Return the index that the settings name, whether it is there or not."""
    if settings.server is None:
        return LocalIndex(settings.folder, settings.faiss)
    # Here, so that whoever uses a folder needs nothing of it.
    from retrieval.milvus import MilvusIndex

    return MilvusIndex(settings)


def open_index(settings: IndexSettings) -> IndexReader | None:
    """Open the index that the settings name; None if it is not there.

    Raises:
        IndexFault: It cannot be used.
    """
    return index_of(settings).open()
