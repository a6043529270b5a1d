"""What can go wrong in retrieval, by who is at fault.

    RetrievalError
    ├── ArticlesError      the articles folder: missing, unreadable, empty
    └── IndexFault         the index: gone, unreadable, not to be written
        ├── IndexMismatch  made by another encoder or another format version
        ├── IndexDamaged   what is stored is not what was written
        ├── IndexBusy      another process is writing
        └── IndexRefused   the gate keeps a new generation back

A bad argument is a `ValueError`. Every message says what was found, what was wanted and what to do.
"""

from __future__ import annotations


class RetrievalError(Exception):
    """The world does not let retrieval do its work."""


class ArticlesError(RetrievalError):
    """The articles folder is missing, unreadable or holds no article."""


class IndexFault(RetrievalError):
    """The index cannot be used, in its folder or on its server."""


class IndexMismatch(IndexFault):
    """The index was made by another encoder or has another format version."""


class IndexDamaged(IndexFault):
    """What is stored is cut off or is not what was written; a rebuild mends it."""


class IndexBusy(IndexFault):
    """Another process is writing to the index."""


class IndexRefused(IndexFault):
    """A new generation was not published, as it finds less than it should."""
