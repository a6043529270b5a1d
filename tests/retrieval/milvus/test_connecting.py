"""Connecting to Milvus: token, rights, TLS, version, what is not Excerpta's, and index kinds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

from retrieval.errors import IndexFault, IndexMismatch
from retrieval.milvus.connection import connection_of
from tests.retrieval.milvus.conftest import MilvusLibrary

RIVER = "The river\n\nIt rises in the hills, and in winter it is cold."


HNSW = {"vector_index": "HNSW", "build_parameters": ("M=8", "efConstruction=60")}


def assert_it_works(library: MilvusLibrary) -> None:
    library.write(river=RIVER, mill="The mill\n\nIt burnt down in the year of the flood.")
    library.refresh()
    assert library.searcher().search("river in winter").hits[0].source.path == "river.txt"


def kind_of(library: MilvusLibrary) -> tuple[str, ...]:
    """Return what the server says of the index of vectors, and of that of what is not searched."""
    client = connection_of(library.settings)._opened()
    made, other = (
        client.describe_index(f"{library.collections}_1_{table}", index_name="vector")
        for table in ("chunks", "encodings")
    )
    return made["index_type"], other["index_type"], made.get("M"), made.get("efConstruction")


def test_certificates_that_are_not_there_are_told(tmp_path: Path) -> None:
    library = MilvusLibrary(
        tmp_path, server="https://127.0.0.1:1", more={"server_certificates": tmp_path / "none.pem"}
    )
    with pytest.raises(IndexFault, match=r"none\.pem cannot be read"):
        library.reader()


def test_an_old_server_is_refused(tmp_path: Path) -> None:
    with old_server() as address:
        library = MilvusLibrary(tmp_path, server=address)
        with pytest.raises(IndexMismatch, match=r"version v2\.2\.9, .* wants 2\.3 or a newer"):
            library.reader()
        connection_of(library.settings).close()


@pytest.mark.slow
def test_the_kind_of_index_is_the_one_that_is_set(library: MilvusLibrary) -> None:
    library.more = HNSW
    assert_it_works(library)
    assert kind_of(library)[:2] == ("HNSW", "FLAT")


class _Old(milvus_pb2_grpc.MilvusServiceServicer):  # type: ignore[misc]
    """Tells of another version, and does nothing else."""

    def Connect(self, request: object, context: object) -> object:
        return milvus_pb2.ConnectResponse()

    def GetVersion(self, request: object, context: object) -> object:
        return milvus_pb2.GetVersionResponse(version="v2.2.9")


@contextmanager
def old_server() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(1))
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(_Old(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None)
