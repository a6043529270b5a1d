"""Visibility: the rows of files, articles and chunks that the next generation has, and which not.

The rows that an article has are written again to take it out, for Milvus changes whole rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from retrieval.milvus.connection import Connection, Row, listed
from retrieval.milvus.tables import ALWAYS, CHUNK, PARTED, PARTS

# Owners whose rows are read and written together, and rows of chunks, with all they have.
OWNERS, _PAGE = 100, 250
_FIELDS = {"files": PARTED, "articles": PARTED, "chunks": CHUNK}


class Visibility:
    """Which rows the next generation has.

    Args:
        connection: Connection to Milvus.
        collection: Returns the name of a collection of the index.
        number: Number of the next generation.
    """

    def __init__(
        self, connection: Connection, collection: Callable[[str], str], number: int
    ) -> None:
        self._connection = connection
        self._collection = collection
        self._number = number

    def take_out(self, table: str, owners: Sequence[int]) -> None:
        """Take out all rows of files or of articles; those that nobody has seen are deleted."""
        for at in range(0, len(owners), OWNERS):
            where = f"owner in {listed(owners[at : at + OWNERS])}"
            self._connection.delete(self._collection(table), f"{where} and added == {self._number}")
            self._mark(table, where, self._number)

    def bring_back(self, articles: Sequence[int]) -> None:
        """Let the generation have articles of the current one again that it had taken out."""
        for table in ("articles", "chunks"):
            for at in range(0, len(articles), OWNERS):
                self._mark(table, f"owner in {listed(articles[at : at + OWNERS])}", ALWAYS)

    def copy(self, articles: Sequence[int], copied: Callable[[int], int]) -> None:
        """Write articles of an older generation again.

        Args:
            articles: Their ids.
            copied: Returns the id of the copy of an article.
        """
        for table in ("articles", "chunks"):
            collection = self._collection(table)
            for at in range(0, len(articles), OWNERS):
                where = f"owner in {listed(articles[at : at + OWNERS])}"
                copies = []
                for row in self._connection.rows(collection, where, _FIELDS[table], _PAGE):
                    owner = copied(row["owner"])
                    place = row["id"] - (row["owner"] << PARTS)
                    copies.append(
                        {
                            **row,
                            "id": (owner << PARTS) + place,
                            "owner": owner,
                            "added": self._number,
                            "removed": ALWAYS,
                        }
                    )
                self._connection.put(collection, copies)

    def undo(self) -> None:
        """Undo what an unfinished refresh has written."""
        for table in _FIELDS:
            self._connection.delete(self._collection(table), f"added == {self._number}")
            self._mark(table, f"removed == {self._number}", ALWAYS)

    def _mark(self, table: str, where: str, removed: int) -> None:
        """Write rows again, visible until before another generation."""
        collection = self._collection(table)
        some: list[Row] = []
        for row in self._connection.rows(collection, where, _FIELDS[table], _PAGE):
            some.append({**row, "removed": removed})
            if len(some) == _PAGE:
                self._connection.put(collection, some)
                some = []
        self._connection.put(collection, some)
