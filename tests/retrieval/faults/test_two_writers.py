"""Two processes that would write: one is named to the other, whatever has become of it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval.errors import IndexBusy
from retrieval.index.folder import is_locked, write_lock
from retrieval.refresh.refresh import RefreshOptions
from tests.retrieval.library import Library
from tests.retrieval.processes import next_line, started

_HOLD = (
    "import sys; from pathlib import Path; from retrieval.index.folder import write_lock\n"
    "with write_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)
_FOR_EVER = RefreshOptions(wait_s=-1)
_A_MOMENT_S = 0.3


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    library.write(river="The river rises in the hills.", mill="The mill burnt down.")
    return library


@contextmanager
def holding(index: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock until its standard input ends."""
    with started("-c", _HOLD, index) as process:
        assert next_line(process) == "held\n"
        yield process


def named(process: subprocess.Popen[str]) -> str:
    """Return a pattern of what is said of a process that writes."""
    return rf"^process {process.pid}, since \d\d:\d\d:\d\d on \d\d \w+ \d{{4}}, is writing to "


def test_who_waits_works_as_soon_as_the_holder_has_finished(library: Library) -> None:
    with ThreadPoolExecutor() as pool, holding(library.index) as holder:
        waiting = pool.submit(library.refresh, options=_FOR_EVER)
        assert not wait([waiting], _A_MOMENT_S).done
        holder.communicate("")

        assert waiting.result(60).added == 2
    assert not is_locked(library.index)


def test_who_waits_works_as_soon_as_the_holder_is_killed(library: Library) -> None:
    with ThreadPoolExecutor() as pool, holding(library.index) as holder:
        waiting = pool.submit(library.refresh, options=_FOR_EVER)
        assert not wait([waiting], _A_MOMENT_S).done
        holder.kill()

        assert waiting.result(60).added == 2


def test_a_holder_that_is_stopped_is_named_and_goes_on(library: Library) -> None:
    with holding(library.index) as holder:
        holder.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(IndexBusy, match=named(holder)):
                library.refresh()
        finally:
            holder.send_signal(signal.SIGCONT)
        holder.communicate("")

    assert library.refresh().added == 2


def test_the_note_of_a_killed_holder_is_not_taken_for_that_of_the_next(library: Library) -> None:
    with holding(library.index) as killed:
        killed.kill()
        killed.wait()
        note = library.index / "lock.holder"
        assert json.loads(note.read_text())["pid"] == killed.pid
        assert not is_locked(library.index)

        with holding(library.index) as second, pytest.raises(IndexBusy, match=named(second)):
            library.refresh()


def test_nobody_is_named_where_the_holder_could_leave_no_note(library: Library) -> None:
    # In its place stands what cannot be written to, as where the disk is full.
    (library.index / "lock.holder").mkdir(parents=True)
    said = f"another process is writing to the index {library.index}"
    with write_lock(library.index), pytest.raises(IndexBusy, match=re.escape(said)):
        library.refresh()
