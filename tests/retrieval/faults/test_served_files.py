"""Files of an index are cut off, overwritten, replaced and deleted while a process answers from it.

It must not die of it: it answers what it answered before, or says in one line what is wrong, and
after the next refresh all is right again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.retrieval.faults.shelf import Shelf, state
from tests.retrieval.processes import next_line, run, started

Way = Callable[[Path], object]


class Server:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def told(self) -> list[object]:
        line = next_line(self._process)
        assert line, f"the process that served has ended with status {self._process.wait()}"
        found: list[object] = json.loads(line)
        return found

    def answers(self, line: str = "ask") -> list[object]:
        self.tell(line)
        return self.told()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with started("-m", "tests.retrieval.faults.server") as process:
        yield Server(process)


def cut_to(share: float) -> Way:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def restore(path: Path) -> None:
    """Put the same bytes back as `cp` does: the file is empty for a moment."""
    path.write_bytes(path.read_bytes())


def overwrite(by: Callable[[int], bytes]) -> Way:
    def write(path: Path) -> None:
        with path.open("r+b") as file:
            file.write(by(path.stat().st_size))

    return write


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(random.randbytes(path.stat().st_size))
    other.replace(path)


WAYS: dict[str, Way] = {
    "emptied": cut_to(0),
    "cut off": cut_to(0.5),
    "restored": restore,
    "zeros": overwrite(bytes),
    "noise": overwrite(random.Random(1).randbytes),
    "replaced": replace,
    "deleted": Path.unlink,
}


@pytest.mark.parametrize(
    "way",
    [way if way == "emptied" else pytest.param(way, marks=pytest.mark.slow) for way in WAYS],
)
def test_a_process_goes_on_whatever_becomes_of_its_files(
    shelf: Shelf, server: Server, tmp_path: Path, way: str
) -> None:
    library = shelf.copy(tmp_path / "copy")
    before = server.answers(f"open {library.root}")
    files = [*library.index.glob("1/*.sqlite*"), *library.lexical.iterdir(), library.index / "lock"]
    # The database, its log and that log's index; and what tantivy writes.
    assert len(files) > 10
    for path in sorted(path.relative_to(library.root) for path in files):
        library = shelf.copy(tmp_path / "copy")
        assert server.answers(f"open {library.root}") == before

        WAYS[way](library.root / path)

        found = server.answers()
        lexical = "lexical" in path.parts
        assert found == before or (not lexical and all(map(is_an_error_or, found, before))), path
        library.refresh()
        assert server.answers() == before, path
    assert state(library) == shelf.state


def is_an_error_or(found: object, wanted: object) -> bool:
    return found == wanted or (
        isinstance(found, str) and "\n" not in found and "excerpta refresh" in found
    )


def test_files_may_be_cut_off_in_the_midst_of_questions(
    shelf: Shelf, server: Server, tmp_path: Path
) -> None:
    library = shelf.copy(tmp_path / "copy")
    before = server.answers(f"open {library.root}")
    files = [*library.lexical.iterdir(), library.index / "1" / "index.sqlite-shm"]
    server.tell("hurry")
    chance = random.Random(2)
    for _ in range(150):
        path = chance.choice([files[-1], *files])
        os.truncate(path, chance.choice([0, 100, 20_000]))
        time.sleep(chance.choice([0, 0.001, 0.02]))

    assert server.answers("enough") == [before]


def test_a_restored_backup_is_answered_from_or_told(
    shelf: Shelf, server: Server, tmp_path: Path
) -> None:
    backup = shelf.copy(tmp_path / "backup")
    library = shelf.copy(tmp_path / "copy")
    library.write(newer="What the backup does not have.")
    library.refresh()
    before = server.answers(f"open {library.root}")

    # As `cp` does it, which writes into the files that are there.
    shutil.copytree(backup.index, library.index, dirs_exist_ok=True)

    assert all(map(is_an_error_or, server.answers(), before)) or server.answers()
    library.refresh()
    assert server.answers() == before


def test_a_file_of_somebody_else_that_is_cut_off_ends_the_process_as_ever(tmp_path: Path) -> None:
    code = """
import mmap, os, sys
from pathlib import Path
from retrieval.index.mapped import survive_cutting

for path in map(Path, sys.argv[1:]):
    path.write_bytes(b"x" * 8192)
    with path.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0)
    if "ours" in path.name:
        survive_cutting(path)
    os.truncate(path, 0)
    print(mapped[5000], flush=True)
"""

    done = run(code, tmp_path / "ours", tmp_path / "others")

    assert done.stdout == "0\n"
    assert done.returncode == -signal.SIGBUS
