"""What cannot be written answers all the same; what cannot be read is told in one line."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from retrieval.errors import ArticlesError, IndexBusy, IndexFault
from retrieval.index.folder import is_locked, lock_holder, write_lock
from retrieval.refresh.refresh import RefreshOptions
from tests.retrieval.faults.shelf import Shelf, is_one_line, shown, state
from tests.retrieval.library import Library
from tests.rights import without_roots_rights


@pytest.fixture
def library(shelf: Shelf) -> Iterator[Library]:
    # Not in tmp_path, whose parents are closed to others.
    with TemporaryDirectory() as root:
        copy = shelf.copy(Path(root))
        with without_roots_rights(Path(root)):
            yield copy


@contextmanager
def modes(folder: Path, of_folders: int, of_files: int) -> Iterator[None]:
    """Set the permissions of all that is in a folder, and its own, for a while."""
    paths = [*sorted(folder.rglob("*"), reverse=True), folder]
    for path in paths:
        path.chmod(of_folders if path.is_dir() else of_files)
    try:
        yield
    finally:
        for path in reversed(paths):
            path.chmod(0o700 if path.is_dir() else 0o600)


def test_an_index_that_cannot_be_written_answers(shelf: Shelf, library: Library) -> None:
    before = shown(library)
    library.write(new="This is new.")
    with modes(library.index, 0o500, 0o400):
        assert shown(library) == before
        with pytest.raises(IndexFault, match=r"cannot be written .*--index") as caught:
            library.refresh()
        assert is_one_line(caught.value)
        with pytest.raises(IndexFault, match=r"cannot be written .*--index"):
            library.refresh(options=RefreshOptions(rebuild=True))
        assert shown(library) == before

    assert library.refresh().added == 1


def test_an_index_that_can_be_written_again_is_followed(library: Library) -> None:
    with modes(library.index, 0o500, 0o400):
        searcher = library.searcher()
        assert not searcher.reload()
    library.write(new="This is new.")
    library.refresh()

    assert searcher.reload()
    assert "new.txt" in [hit.source.path for hit in searcher.search("This is new").hits]
    searcher.snapshot.store.close()


@pytest.mark.parametrize("folders", [0o500, 0o700])
def test_files_that_cannot_be_written_answer(library: Library, folders: int) -> None:
    before = shown(library)
    with modes(library.index, folders, 0o400):
        assert shown(library) == before


def test_a_lexical_index_that_cannot_be_made_again_is_made_in_memory(library: Library) -> None:
    before = shown(library)
    (library.lexical / "meta.json").write_text("{}", encoding="utf-8")
    with modes(library.index, 0o500, 0o400):
        assert shown(library) == before
        assert (library.lexical / "meta.json").read_text() == "{}"


def test_changes_that_cannot_be_read_are_told_and_not_passed_over(
    shelf: Shelf, library: Library
) -> None:
    """What is in the log belongs to the index, so an index without it would be another one."""
    database = library.index / "1" / "index.sqlite"
    reader = sqlite3.connect(database)
    reader.execute("SELECT * FROM meta").fetchall()
    library.write(new="This is new.")
    library.refresh()
    log = Path(f"{database}-wal").read_bytes()
    reader.close()
    Path(f"{database}-wal").write_bytes(log)
    with modes(library.index, 0o500, 0o400):
        with pytest.raises(IndexFault, match=r"last changes are in index.sqlite-wal") as caught:
            shown(library)
        assert is_one_line(caught.value)

    assert "new.txt" in {source.path for source, _ in shown(library)}


@pytest.mark.parametrize("name", [".", "1", "1/index.sqlite"])
def test_an_index_that_cannot_be_read_is_told(shelf: Shelf, library: Library, name: str) -> None:
    path = library.index / name
    path.chmod(0)
    for attempt in (lambda: shown(library), lambda: library.refresh()):
        with pytest.raises(IndexFault, match="cannot be") as caught:
            attempt()
        assert is_one_line(caught.value)
    path.chmod(0o700)

    assert state(library) == shelf.state


def test_an_index_that_cannot_be_made_is_told(library: Library) -> None:
    library.root.chmod(0o500)
    other = Library(library.root)
    other.index = library.root / "other"
    with pytest.raises(IndexFault, match=r"cannot be written .*--index") as caught:
        other.refresh()
    library.root.chmod(0o700)

    assert is_one_line(caught.value)
    assert other.refresh().added


def test_what_cannot_be_read_of_the_articles_stays_indexed(library: Library) -> None:
    folder = library.articles / "below"
    folder.mkdir()
    (folder / "deep.txt").write_text("The deep end.", encoding="utf-8")
    assert library.refresh().added == 1
    folder.chmod(0)
    report = library.refresh()
    folder.chmod(0o700)

    assert not report.changed
    assert [(one.article, one.reason) for one in report.skipped] == [("below", "permission denied")]
    assert "below/deep.txt" in [one.path for one in library.store().sources()]


def test_an_articles_folder_that_cannot_be_read_changes_nothing(
    shelf: Shelf, library: Library
) -> None:
    library.articles.chmod(0)
    with pytest.raises(ArticlesError, match="permission denied") as caught:
        library.refresh()
    library.articles.chmod(0o700)

    assert is_one_line(caught.value)
    assert state(library) == shelf.state


@pytest.mark.parametrize("there", ["a folder", "another user's file"])
def test_a_lock_that_cannot_be_written_is_told(library: Library, there: str) -> None:
    lock = library.index / "lock"
    if there == "a folder":
        lock.unlink(missing_ok=True)
        lock.mkdir()
    else:
        lock.chmod(0o400)
    before = shown(library)

    with pytest.raises(IndexFault, match=r"the lock .*lock cannot be written .*; delete") as caught:
        library.refresh()

    assert is_one_line(caught.value)
    assert shown(library) == before
    lock.rmdir() if there == "a folder" else lock.unlink()
    assert not library.refresh().changed


@pytest.mark.parametrize("there", ["a folder", "a file", "garbage"])
def test_a_note_that_cannot_be_written_keeps_nobody_from_writing(
    library: Library, there: str
) -> None:
    note = library.index / "lock.holder"
    if there == "a folder":
        (note / "below").mkdir(parents=True)
    else:
        note.write_bytes(b"" if there == "a file" else b"\xff[1, 2")
        note.chmod(0o400)

    assert lock_holder(library.index) == "another process"
    with write_lock(library.index), pytest.raises(IndexBusy, match="is writing to the index"):
        # Another file handle, as of another process.
        library.refresh(options=RefreshOptions(wait_s=0))
    assert not is_locked(library.index)
    assert not library.refresh().changed
