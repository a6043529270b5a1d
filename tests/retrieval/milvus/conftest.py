from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config import IndexSettings
from retrieval.backends import open_index
from retrieval.index import IndexReader
from retrieval.milvus.connection import connection_of
from retrieval.search.searcher import Searcher
from tests.retrieval.library import Library
from tests.retrieval.milvus.server import TOKEN, Server


@dataclass
class MilvusLibrary(Library):
    """Articles in `root/articles`, their index in Milvus."""

    server: str = field(kw_only=True)
    collections: str = field(kw_only=True, default="excerpta")
    token: str = field(kw_only=True, default=TOKEN)
    more: dict[str, Any] = field(kw_only=True, default_factory=dict)

    @property
    def settings(self) -> IndexSettings:
        return IndexSettings(
            **self.more,
            folder=self.index,
            server=self.server,
            server_token=SecretStr(self.token) if self.token else None,
            collections=self.collections,
            chunk_tokens=self.chunk_tokens,
            keep=self.keep,
        )

    def reader(self) -> IndexReader:
        found = open_index(self.settings)
        assert found is not None
        return found

    def searcher(self) -> Searcher:
        return Searcher.open(self.reader(), self.index, self.encoder, self.search)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Milvus server that wants a token, for all tests; a machine has room for one."""
    server = Server(tmp_path_factory.mktemp("milvus"), authorized=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[MilvusLibrary]:
    """An empty library in a file of Milvus Lite."""
    library = MilvusLibrary(tmp_path, server=str(tmp_path / "index.db"))
    yield library
    connection_of(library.settings).close()
