"""An index in Milvus by its address: opened, created, made again beside the one that answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from config import IndexSettings
from retrieval.index import Origin, write_lock
from retrieval.milvus.connection import connection_of
from retrieval.milvus.state import (
    State,
    delete_state,
    delete_value,
    in_use,
    numbers,
    read_state,
    read_values,
    use,
    write_state,
    write_value,
)
from retrieval.milvus.store import MilvusStore
from retrieval.milvus.tables import META, TABLES, tables


class MilvusIndex:
    """An index on a Milvus server, or in a file of Milvus Lite.

    Args:
        settings: They name the server, and the folder of what is derived on this machine.
        beside: Whether this is the one that is made again while the one in use answers.
    """

    def __init__(self, settings: IndexSettings, beside: bool = False) -> None:
        self._settings = settings
        self._connection = connection_of(settings)
        self._beside = beside

    def open(self) -> MilvusStore | None:
        """Open the index; None if there is none.

        Raises:
            IndexDamaged: It is damaged.
            IndexFault: The server does not answer, or refuses.
            IndexMismatch: It was made by another version of Excerpta, or the server is too old.
        """
        meta = read_values(self._connection)
        number = in_use(meta) + self._beside
        state = read_state(meta, number, self._connection.name)
        if state is None:
            return None
        return MilvusStore(self._connection, number, state, self._settings.folder)

    def create(self, fingerprint: str, encoder: str, dim: int, chosen: str = "") -> MilvusStore:
        """Create an empty index for one encoder, beside the one in use if there is one."""
        meta = read_values(self._connection)
        number = in_use(meta) + 1
        self._drop(number)
        made = {self._connection.collection(name, number): one for name, one in tables(dim).items()}
        # At once: a server takes seconds for each.
        with ThreadPoolExecutor(len(made)) as pool:
            list(pool.map(self._connection.make, made, made.values()))
        state = State(Origin(fingerprint, encoder, dim, chosen))
        write_state(self._connection, number, state)
        if not self._beside:
            use(self._connection, number)
        return MilvusStore(self._connection, number, state, self._settings.folder)

    @contextmanager
    def write_lock(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lease of the index, and the lock of what is derived on this machine.

        Args:
            wait_s: Seconds to wait for another one to finish; below 0 for as long as it takes.

        Raises:
            IndexBusy: Another one still holds it.
            IndexFault: The server does not answer, or refuses.
        """
        connection = self._connection
        with write_lock(self._settings.folder, wait_s):
            connection.make(connection.collection("meta"), META)
            delete = partial(delete_value, connection)
            connection.lease.take(
                connection.name,
                partial(read_values, connection),
                partial(write_value, connection),
                delete,
                wait_s,
            )
            try:
                yield
            finally:
                connection.lease.give_back(delete)

    def is_tidy(self) -> bool:
        """Whether there is no index but the one in use."""
        meta = read_values(self._connection)
        return set(numbers(meta)) <= {in_use(meta)}

    def remove_leftovers(self) -> None:
        """Drop the indexes before the one in use."""
        meta = read_values(self._connection)
        for number in numbers(meta):
            if number < in_use(meta):
                self._drop(number)

    def beside(self) -> MilvusIndex:
        """Return the index that is made again while this one answers."""
        return MilvusIndex(self._settings, beside=True)

    def use_rebuilt(self) -> None:
        """Put the index that was made again into use."""
        use(self._connection, in_use(read_values(self._connection)) + 1)

    def discard_rebuilt(self) -> None:
        """Drop what is made again."""
        meta = read_values(self._connection)
        if in_use(meta) + 1 in numbers(meta):
            self._drop(in_use(meta) + 1)

    def _drop(self, number: int) -> None:
        """Drop an index; its state goes first, so that nobody opens a part of it."""
        delete_state(self._connection, number)
        # By their whole names: "a_1_" begins the names of index 1 of "a" and those of all of "a_1".
        there = self._connection.collections()
        for table in TABLES:
            if (name := self._connection.collection(table, number)) in there:
                self._connection.drop(name)
