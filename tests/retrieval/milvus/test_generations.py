"""The generations of an index in a file of Milvus Lite, by the model of those of any index."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from config import IndexSettings
from retrieval.backends import index_of
from retrieval.index import IndexReader
from retrieval.milvus.connection import connection_of
from retrieval.milvus.tables import PARTS
from tests.retrieval.index.generations import Files, Generations, named
from tests.retrieval.index.test_store import DIM

pytestmark = pytest.mark.slow


class LiteGenerations(Generations):
    """What is taken out and put back is found in the current generation and the next only."""

    finds_in_all = False

    def made(self, folder: Path) -> IndexReader:
        self._held = ExitStack()
        at = IndexSettings(folder=folder / "here", server=str(folder / "index.db"))
        self._connection = connection_of(at)
        index = index_of(at)
        self._held.enter_context(index.write_lock())
        return index.create("fingerprint", "hash", DIM)

    def teardown(self) -> None:
        self._held.close()
        self._connection.close()
        super().teardown()

    def check_purged(self, files: Iterable[Files]) -> None:
        connection, kept = self._connection, list(files)
        rows = list(connection.rows("excerpta_1_articles", "id >= 0", ["head"]))
        contents = {number for some in kept for number in named(some).values()}
        assert len({row["head"] for row in rows}) == len(contents)
        owners = {row["id"] >> PARTS for row in rows}
        chunks = connection.rows("excerpta_1_chunks", "id >= 0", ["owner"])
        assert {row["owner"] for row in chunks} == owners
        assert connection.count("excerpta_1_encodings", 'key != ""') == 0


TestLiteGenerations = LiteGenerations.TestCase
TestLiteGenerations.settings = settings(
    max_examples=4, stateful_step_count=20, derandomize=True, deadline=None
)
