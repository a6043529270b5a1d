"""Refreshers that are killed, and servers that go: nothing is lost or doubled, the next goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest

from retrieval.backends import open_index
from retrieval.errors import IndexBusy, IndexFault
from retrieval.index import IndexReader
from retrieval.milvus.connection import connection_of
from retrieval.milvus.lease import LEASE_S
from retrieval.milvus.state import delete_value, read_values
from retrieval.refresh.refresh import RefreshOptions
from tests.fakes import HashEncoder
from tests.retrieval.faults.check import digests
from tests.retrieval.faults.victim import Order, Victims, encoded_by, is_writing, victims
from tests.retrieval.library import Library
from tests.retrieval.milvus.conftest import MilvusLibrary
from tests.retrieval.milvus.server import Server
from tests.retrieval.processes import next_line, started
from tests.retrieval.rebuilt import prose

Content = dict[str, list[str]]


@pytest.fixture(scope="module")
def killer() -> Iterator[Victims]:
    with victims() as process:
        yield process


def content(store: IndexReader) -> Content:
    """Return the chunks of each article that readers see."""
    number = store.current()
    chunks = {
        path: [one.chunk.text for one in store.chunks(ids, number).values()]
        for path, ids in store.chunks_of_articles(number).items()
    }
    return {one.path: chunks.get(one.path, []) for one in store.sources()}


def seen(library: MilvusLibrary) -> Content:
    """Return what readers see, nothing before anything is published."""
    store = open_index(library.settings)
    return content(store) if store else {}


def wanted(library: MilvusLibrary) -> Content:
    """Return what an index in a folder has of the same articles."""
    here = Library(library.root / "here", library.chunk_tokens)
    here.articles = library.articles
    here.refresh()
    return content(here.store())


def edit(library: MilvusLibrary, n: int) -> None:
    """Add, change, rename and delete an article."""
    library.write(**{f"new{n}": prose(n, 6), f"changed{n % 2}": prose(1000 + n, 6)})
    for number in (n - 2, n - 3):
        (library.articles / f"new{number}.txt").unlink(missing_ok=True)
    before = library.articles / f"new{n - 1}.txt"
    if before.exists():
        before.rename(library.articles / f"new{n - 2}.txt")


def go_on(library: MilvusLibrary, before: Content, encoded: Sequence[str] = ()) -> int:
    """Look at what was left, refresh, and look again.

    Args:
        before: What readers saw before the refresh that failed.
        encoded: What it has encoded.

    Returns:
        How many of its encodings it had stored.
    """
    aim = wanted(library)
    assert seen(library) in [before, aim]
    store, kept = open_index(library.settings), set()
    if store is not None:
        kept = store.writer().known_encodings(sorted(digests(encoded)), tokens=True)
    encoder = HashEncoder()
    library.refresh(encoder)
    assert not digests(encoder.encoded) & kept
    store = library.reader()
    assert content(store) == aim
    store.writer().check_counts()
    assert store.made_digest(store.current()) == store.digest(store.current())
    assert not library.refresh().changed
    return len(kept)


def walk(killer: Victims, library: MilvusLibrary, stride: int) -> int:
    """Kill refreshes before one write after the other; return how many were killed."""
    connection, kept = connection_of(library.settings), 0
    for killed, step in enumerate(range(0, 1000, stride)):
        before = seen(library)
        connection.close()
        edit(library, step)
        outcome = killer.carry_out(
            Order(
                str(library.root),
                library.chunk_tokens,
                library.keep,
                "refresh",
                step,
                server=library.server,
            )
        )
        assert not outcome.failed
        for key in read_values(connection):
            if key.startswith("lease/"):
                delete_value(connection, key)
        kept += go_on(library, before, encoded_by(library.root))
        if not outcome.killed:
            assert kept
            return killed
    raise AssertionError("no refresh has finished")


@pytest.mark.slow
def test_a_killed_refresh_is_completed_by_the_next(killer: Victims, library: MilvusLibrary) -> None:
    assert walk(killer, library, 4) > 3


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_server_keeps_what_a_killed_refresh_has_stored(
    killer: Victims, server: Server, tmp_path: Path
) -> None:
    library = MilvusLibrary(tmp_path, server=server.address)
    edit(library, 0)
    library.refresh()
    assert walk(killer, library, 2) > 5


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_server_that_goes_in_any_write_of_a_refresh(server: Server, tmp_path: Path) -> None:
    library = MilvusLibrary(tmp_path, server=server.address, collections="cut")
    edit(library, 0)
    library.refresh()
    for step in range(1, 1000, 2):
        before = seen(library)
        edit(library, step)
        cut = Cut(server, step)
        sys.setprofile(cut)
        try:
            with suppress(IndexFault):
                library.refresh()
        finally:
            sys.setprofile(None)
        if cut.left > 0:
            break
        server.join()
        go_on(library, before)
    assert step > 10


# A refresher that stores a batch, says so, and encodes the next one for ever.
STUCK = """
import sys, time
from pathlib import Path
from tests.fakes import HashEncoder
from tests.retrieval.milvus.conftest import MilvusLibrary

class Stuck(HashEncoder):
    def encode_passages(self, texts):
        if self.encoded:
            print(len(self.encoded), flush=True)
            time.sleep(3600)
        return super().encode_passages(texts)

root, server = sys.argv[1:]
MilvusLibrary(Path(root), server=server, collections="heir").refresh(Stuck())
"""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_lease_of_a_dead_refresher_is_void_after_its_time(
    server: Server, tmp_path: Path
) -> None:
    """With the time that it has for users, between two machines, of which each has its folder."""
    heir = MilvusLibrary(tmp_path / "heir", server=server.address, collections="heir")
    dead = tmp_path / "dead"
    for folder in (dead / "articles", heir.articles):
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(20):
            text = "\n\n".join(f"Sentence {number} {n}." for n in range(60))
            (folder / f"n{number}.txt").write_text(text)
    encoder = HashEncoder()
    with started("-c", STUCK, dead, server.address) as process:
        stored = int(next_line(process))
        # Longer than a claim that is not renewed is valid.
        end = time.monotonic() + LEASE_S + 5
        while time.monotonic() < end:
            with pytest.raises(IndexBusy, match=f"process {process.pid} on .* is writing"):
                heir.refresh(encoder, options=RefreshOptions(wait_s=0))
            time.sleep(1)
    died = time.monotonic()

    report = heir.refresh(encoder, options=RefreshOptions(wait_s=-1))

    # Its last renewal was six seconds before, at most.
    assert time.monotonic() - died > LEASE_S - 10
    assert (report.added, report.generation) == (20, 1)
    assert report.encoded == len(encoder.encoded) == report.chunks - stored


class Cut:
    """Cuts all connections to a server before a write."""

    def __init__(self, server: Server, writes: int) -> None:
        self.left = writes
        self._server = server

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if is_writing(frame, event):
            self.left -= 1
            if not self.left:
                self._server.cut()
