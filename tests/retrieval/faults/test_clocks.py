"""A clock that goes backwards, and files that come from another time: only numbers are compared."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from pathlib import Path

import pytest

from retrieval.errors import IndexBusy
from retrieval.index.folder import write_lock
from retrieval.index.writer import rollback
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import assert_like_rebuilt

# 1902, 1970, 2100 and 2240, in nanoseconds.
_TIMES = (-(2**31) * 10**9, 0, 4_102_444_800 * 10**9, 2**33 * 10**9)
_FUTURE = "2240-01-01T00:00:00+00:00"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    for n in range(4):
        library.write(**{f"a{n}": f"Ferry number {n} crosses."})
    return library


def set_time(library: Library, name: str, time: int) -> None:
    os.utime(library.articles / f"{name}.txt", ns=(time, time))


@pytest.mark.parametrize("earlier", [True, False])
def test_a_file_from_another_time_is_read_once_and_again_when_it_changes(
    library: Library, earlier: bool
) -> None:
    for n, time in enumerate(_TIMES):
        set_time(library, f"a{n}", time)
    assert library.refresh().added == 4
    assert not library.refresh().changed
    assert library.is_in_line()

    library.write(a1="Barge number 1 crosses.")
    set_time(library, "a1", _TIMES[0] if earlier else _TIMES[3])
    # As large as before, and from just the same time.
    library.write(a2="Canoe number 2 crosses.")
    set_time(library, "a2", _TIMES[2])

    report = library.refresh()

    assert (report.modified, report.unchanged) == (2, 2)
    assert_like_rebuilt(library)


def test_a_generation_that_is_published_earlier_than_the_one_before_is_the_newer(
    library: Library,
) -> None:
    library.refresh()
    library.write(a0="Barge number 0 crosses.")
    library.refresh()
    store = library.store()
    with store.db.transaction() as db:
        db.execute("UPDATE generations SET published = ?", (_FUTURE,))
    searcher = library.searcher()
    library.write(a0="Canoe number 0 crosses.")

    assert library.refresh().generation == 3

    first, second = store.generation(3).published, store.generation(2).published
    assert first is not None
    assert second is not None
    assert first < second
    assert [one.number for one in store.generations()] == [3, 2, 1]
    assert searcher.search("canoe").generation == 3
    library.write(a0="Raft number 0 crosses.")
    library.refresh()
    # What is dropped is the oldest by its number.
    assert [one.number for one in store.generations()] == [4, 3, 2]
    assert rollback(store, 2).content == 2
    assert "Barge" in searcher.search("barge").hits[0].chunk.text
    library.refresh()
    assert "Raft" in searcher.search("raft").hits[0].chunk.text
    assert_like_rebuilt(library)


def test_a_writer_since_tomorrow_is_named_and_holds_nobody_up_afterwards(library: Library) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    with write_lock(library.index):
        note = library.index / "lock.holder"
        note.write_text(json.dumps({**json.loads(note.read_text()), "since": str(tomorrow)}))
        said = f"process {os.getpid()}, since {tomorrow:%H:%M:%S on %d %B %Y}, is writing"
        with pytest.raises(IndexBusy, match=re.escape(said)):
            library.refresh()

    assert library.refresh().added == 4
