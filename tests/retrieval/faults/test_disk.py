"""A full disk: one clear line, the last good index answers, and with room again all goes on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import IndexFault
from tests.retrieval.faults.shelf import Shelf, is_one_line, prose, shown, state
from tests.retrieval.library import Library
from tests.retrieval.processes import run

MORE = {f"more{n}": prose(100 + n) for n in range(12)}


@pytest.fixture(scope="module")
def grown(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The shelf as it is once the articles that are added to it are indexed."""
    library = shelf.copy(tmp_path_factory.mktemp("grown") / "copy")
    library.write(**MORE)
    library.refresh()
    return replace(shelf, library=library, state=state(library))


# A limit on the size of files stands for the full disk; Python leaves the signal alone that would
# end the process. Languages are told by a model that is unpacked to a temporary file.
FULL = """
import resource, sys
from pathlib import Path
from retrieval.errors import IndexFault
from retrieval.languages.detection import language_of_article
from retrieval.refresh import RefreshOptions
from tests.retrieval.faults.shelf import shown
from tests.retrieval.library import Library

library, what = Library(Path(sys.argv[1])), sys.argv[2]

def limit(to=resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (to, resource.RLIM_INFINITY))

def notice(progress):
    if what == "lexical" and progress.articles == progress.total and progress.chunks:
        limit(5000)

def gate(trial):
    limit(50000)
    return []

def tell(outcome, fault=""):
    print(outcome, str(fault).replace("\\n", "<newline>"))

language_of_article("")
for size in map(int, sys.argv[3:]):
    limit(size)
    options = RefreshOptions(rebuild=what == "rebuild", gate=gate if what == "publish" else None)
    try:
        library.refresh(on_progress=notice, options=options)
        tell("refreshed")
    except IndexFault as fault:
        tell("fault", fault)
    try:
        if what != "build":
            tell("answered" if shown(library) else "nothing")
    except IndexFault as fault:
        tell("fault", fault)
limit()
library.encoder.encoded.clear()
library.refresh()
tell("encoded", len(library.encoder.encoded))
"""


def fill(library: Library, what: str, *sizes: int) -> list[str]:
    done = run(FULL, library.root, what, *sizes)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for line in lines:
        assert not line.startswith("fault") or "cannot be" in line
        assert not line.startswith("fault") or "the disk has room" in line
    return lines


SIZES = [0, 1, 1000, 5000, 20_000, 33_000, 60_000, 80_000, 100_000]


def test_a_first_build_on_a_full_disk_goes_on(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf.copy(tmp_path / "copy")
    shutil.rmtree(library.index)

    # From one size on, what is encoded has room; from another on, all has.
    *outcomes, encoded = fill(library, "build", *SIZES, *range(105_000, 150_000, 5000))

    assert {line.split()[0] for line in outcomes[: len(SIZES)]} == {"fault"}
    assert {line.split()[0] for line in outcomes} <= {"fault", "refreshed"}
    assert encoded == "encoded 0"
    assert state(library) == shelf.state


def test_an_update_on_a_full_disk_answers_and_goes_on(
    shelf: Shelf, grown: Shelf, tmp_path: Path
) -> None:
    library = shelf.copy(tmp_path / "copy")
    library.write(**MORE)

    *outcomes, encoded = fill(library, "update", *SIZES)

    assert {line.split()[0] for line in outcomes[::2]} == {"fault"}
    assert {line.split()[0] for line in outcomes[1::2]} == {"answered"}
    # Of 44 passages, the first batch of 16 had room at last.
    assert encoded == "encoded 28"
    assert state(library) == grown.state


def test_a_rebuild_on_a_full_disk_answers_and_goes_on(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf.copy(tmp_path / "copy")

    *outcomes, encoded = fill(library, "rebuild", *SIZES)

    assert [line.split()[0] for line in outcomes] == ["fault", "answered"] * len(SIZES)
    assert encoded == "encoded 0"
    assert state(library) == shelf.state
    assert library.store().place.name == "1"


@pytest.mark.parametrize("what", ["lexical", "publish"])
def test_a_disk_that_fills_up_late_costs_nothing_that_was_encoded(
    shelf: Shelf, grown: Shelf, tmp_path: Path, what: str
) -> None:
    library = shelf.copy(tmp_path / "copy")
    library.write(**MORE)

    refreshed, asked, encoded = fill(library, what, 10_000_000)

    assert refreshed.startswith("fault")
    assert ("the lexical index" in refreshed) == (what == "lexical")
    assert asked.startswith("answered") or "which cannot be read unless" in asked
    assert encoded == "encoded 0"
    assert state(library) == grown.state


TELL = """
import resource
from retrieval.errors import IndexFault
from retrieval.languages.detection import language_of_article

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    language_of_article("The river rises in the hills.")
except IndexFault as fault:
    print(fault)
"""


def test_a_full_folder_of_temporary_files_is_told() -> None:
    assert run(TELL).stdout.startswith(
        "the folder for temporary files cannot be used (File too large)"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, where that may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if mount("-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)):
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def mount(*arguments: str) -> int:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode
    except OSError:
        return -1


def test_a_disk_that_is_really_full(
    shelf: Shelf, grown: Shelf, tmp_path: Path, small_disk: Path
) -> None:
    library = shelf.copy(tmp_path / "copy")
    shutil.copytree(library.index, small_disk / "index")
    library.index = small_disk / "index"
    before = shown(library)
    library.write(**MORE)
    faults: list[IndexFault] = []
    for size in range(300, 3000, 20):
        assert mount("-o", f"remount,size={size}k", str(small_disk)) == 0
        try:
            library.refresh()
            break
        except IndexFault as fault:
            faults.append(fault)
        assert shown(library) == before, size

    assert all(is_one_line(fault) and "the disk has room" in str(fault) for fault in faults)
    # The lexical index is written where the database had room, which that has already taken.
    assert {str(fault).split(" ")[1] for fault in faults} <= {"index", "lexical"}
    assert state(library) == grown.state


def test_a_disk_that_is_read_only(shelf: Shelf, tmp_path: Path, small_disk: Path) -> None:
    library = shelf.copy(tmp_path / "copy")
    shutil.copytree(library.index, small_disk / "index")
    library.index = small_disk / "index"
    before = shown(library)
    assert mount("-o", "remount,ro", str(small_disk)) == 0

    assert shown(library) == before
    with pytest.raises(IndexFault, match=r"cannot be written .*--index"):
        library.refresh()
