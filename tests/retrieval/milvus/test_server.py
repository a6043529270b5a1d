"""A Milvus server, started once: it does what a file does, wants a token, and comes and goes."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.backends import index_of
from retrieval.errors import IndexFault
from retrieval.index import write_lexical
from retrieval.milvus.connection import connection_of
from retrieval.milvus.state import read_values
from retrieval.milvus.tables import Table
from tests.retrieval.milvus.conftest import MilvusLibrary
from tests.retrieval.milvus.server import Server
from tests.retrieval.milvus.test_connecting import HNSW, RIVER, assert_it_works, kind_of
from tests.retrieval.milvus.test_milvus import MILL, found
from tests.retrieval.milvus.test_milvus import (
    test_a_refresh_is_found_and_what_was_deleted_is_not as refresh_and_find,
)
from tests.retrieval.processes import next_line, started

# A busy machine starts a server slowly.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("token", ["", "root:wrong"])
def test_a_wrong_token_is_told(server: Server, tmp_path: Path, token: str) -> None:
    library = MilvusLibrary(tmp_path, server=server.address, token=token)
    library.write(river=RIVER)

    with pytest.raises(IndexFault, match=r"auth.*set index\.server_token"):
        library.refresh()


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


def authority(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate of 127.0.0.1 and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        f"-subj /CN=tests -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(made.split(), check=True, capture_output=True)
    return certificate, key


def test_a_server_does_what_a_file_does(server: Server, tmp_path: Path) -> None:
    library = MilvusLibrary(tmp_path / "walk", server=server.address, collections="walk")
    refresh_and_find(library)
    store = library.reader()
    with index_of(library.settings).write_lock():
        restored = store.writer().rollback()
        write_lexical(store, restored.number)

    assert (restored.number, restored.content) == (3, 1)
    assert found(library, "river in winter")[0] == "river.txt"
    report = library.refresh()
    assert (report.generation, report.added, report.modified, report.deleted) == (4, 1, 1, 1)
    assert report.encoded == 0


def test_a_server_that_hangs_or_stops_and_comes_back(server: Server, tmp_path: Path) -> None:
    """Of one index, as above."""
    library = MilvusLibrary(tmp_path, server=server.address, collections="gone")
    library.write(river=RIVER)
    library.refresh()
    searcher = library.searcher()

    begun = time.monotonic()
    with server.held(), pytest.raises(IndexFault, match="start it"):
        searcher.search("river in winter")
    assert time.monotonic() - begun < 60
    assert searcher.search("river in winter").hits[0].source.path == "river.txt"

    library.write(mill=MILL)
    server.stop()
    begun = time.monotonic()
    with pytest.raises(IndexFault, match="start it"):
        searcher.search("river in winter")
    assert time.monotonic() - begun < 60
    with pytest.raises(IndexFault, match="start it"):
        library.refresh()
    server.start()

    # It loads what it has on its disk before it answers, which takes half a minute.
    def answers() -> bool:
        with suppress(IndexFault):
            return searcher.search("river in winter").hits[0].source.path == "river.txt"
        time.sleep(1)
        return False

    assert any(answers() for _ in range(60))
    report = library.refresh()
    assert (report.generation, report.added, report.unchanged) == (2, 1, 1)
    assert "mill.txt" in found(library, "mill flood")
