"""An index in a folder of this machine, by its address: whether it is there or not."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from retrieval.index.folder import (
    leftovers,
    rebuild_folder,
    remove_leftovers,
    use_rebuilt,
    write_lock,
)
from retrieval.index.store import AUTO, Store


class LocalIndex:
    """An index in a folder: SQLite, FAISS and tantivy.

    Args:
        folder: The index folder.
        faiss: Kind of the search by vectors, see `Store`.
    """

    def __init__(self, folder: Path, faiss: str = AUTO) -> None:
        self._folder = folder
        self._faiss = faiss

    def open(self) -> Store | None:
        """Open the index in use; see `Store.open`."""
        return Store.open(self._folder, self._faiss)

    def create(self, fingerprint: str, encoder: str, dim: int, chosen: str = "") -> Store:
        """Create an empty index; see `Store.create`."""
        return Store.create(self._folder, fingerprint, encoder, dim, chosen, self._faiss)

    def write_lock(self, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """Hold the lock of the folder; see `folder.write_lock`."""
        return write_lock(self._folder, wait_s)

    def is_tidy(self) -> bool:
        """Whether nothing is left over of earlier indexes."""
        return not leftovers(self._folder) and not rebuild_folder(self._folder).exists()

    def remove_leftovers(self) -> None:
        """Delete the folders before the one in use."""
        remove_leftovers(self._folder)

    def beside(self) -> LocalIndex:
        """Return the folder in which the index is made again."""
        return LocalIndex(rebuild_folder(self._folder), self._faiss)

    def use_rebuilt(self) -> None:
        """Put the index that was made again into use; see `folder.use_rebuilt`."""
        use_rebuilt(self._folder)

    def discard_rebuilt(self) -> None:
        """Delete what is made again."""
        shutil.rmtree(rebuild_folder(self._folder), ignore_errors=True)
