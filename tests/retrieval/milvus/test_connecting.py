"""Connecting to Milvus: token, rights, TLS, version, what is not Excerpta's, and index kinds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from pymilvus.grpc_gen import milvus_pb2, milvus_pb2_grpc

from retrieval.errors import IndexFault, IndexMismatch
from retrieval.milvus.connection import connection_of
from retrieval.milvus.state import read_values
from retrieval.milvus.tables import Table
from tests.retrieval.milvus.conftest import MilvusLibrary
from tests.retrieval.milvus.server import Server
from tests.retrieval.processes import next_line, started

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


@pytest.mark.slow
@pytest.mark.parametrize("token", ["", "root:wrong"])
def test_a_wrong_token_is_told(server: Server, tmp_path: Path, token: str) -> None:
    library = MilvusLibrary(tmp_path, server=server.address, token=token)
    library.write(river=RIVER)

    with pytest.raises(IndexFault, match=r"auth.*set index\.server_token"):
        library.refresh()


@pytest.mark.slow
def test_settings_reach_the_server(server: Server, tmp_path: Path) -> None:
    """Of one index, as a server takes long to make its collections."""
    certificate, key = authority(tmp_path)
    with started("-m", "tests.retrieval.milvus.tls", server.port, certificate, key) as relay:
        port = int(next_line(relay))
        library = MilvusLibrary(
            tmp_path,
            server=f"https://127.0.0.1:{port}",
            collections="tls",
        )
        with pytest.raises(IndexFault, match=r"set index\.server_certificates"):
            library.reader()

        library.more = {"server_certificates": certificate, **HNSW}
        assert_it_works(library)
        assert kind_of(library) == ("HNSW", "FLAT", "8", "60")
        connection = connection_of(library.settings)
        connection.make("foreign_meta", Table({"id": None, "said": 100}))
        with pytest.raises(IndexFault, match=r"set index\.collections"):
            read_values(connection_of(replace(library, collections="foreign").settings))
        client = connection._opened()
        client.create_user("nobody", "password")
        connection.close()

        vector = library.encoder.encode_query("river in winter").vector
        assert len(library.reader().dense(1).search(vector, 2)) == 2
        # No inner product of theirs is above 1.
        library.more = {"server_certificates": certificate, "search_parameters": ("radius=2",)}
        assert not library.reader().dense(1).search(vector, 2)
        connection_of(library.settings).close()

        library.token = "nobody:password"
        for refused in (library.reader, library.refresh):
            with pytest.raises(IndexFault, match=r"deny to nobody\); set index\.server_token"):
                refused()
        connection_of(library.settings).close()


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


def authority(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate of 127.0.0.1 and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        f"-subj /CN=tests -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(made.split(), check=True, capture_output=True)
    return certificate, key


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
