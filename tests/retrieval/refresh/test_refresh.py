from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from retrieval.errors import ArticlesError, IndexFault, IndexMismatch
from retrieval.index import Store
from retrieval.index.folder import write_lock
from retrieval.index.lexical_files import lexical_of, open_lexical, write_lexical
from retrieval.refresh.plan import RefreshProgress
from tests.fakes import HashEncoder
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import StoppedEncoder, assert_like_rebuilt, found, indexed, prose


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    library.write(
        river="The river rises in the hills.\n\nIt floods the town in spring.",
        mill="The mill burnt down.\n\nThe town rebuilt it.",
    )
    return library


def test_the_first_refresh_adds_everything(library: Library) -> None:
    report = library.refresh()

    assert (report.added, report.modified, report.deleted, report.unchanged) == (2, 0, 0, 0)
    assert (report.generation, report.chunks, report.encoded) == (1, 2, 2)
    assert report.skipped == ()
    assert report.changed
    assert report.elapsed_s > 0
    assert [source.path for source in indexed(library)] == ["mill.txt", "river.txt"]


def test_a_touched_file_is_unchanged_and_read_once(library: Library) -> None:
    library.refresh()
    reads: list[int] = []
    path = library.articles / "river.txt"
    os.utime(path, ns=(1, 1))

    first = library.refresh(on_progress=lambda progress: reads.append(progress.total))
    second = library.refresh(on_progress=lambda progress: reads.append(progress.total))

    assert (first.unchanged, first.changed) == (2, False)
    assert (second.unchanged, second.changed) == (2, False)
    assert reads == [1]
    assert library.store().files(1)["river.txt"].mtime_ns == 1


def test_a_deleted_article_is_gone_from_everywhere(library: Library) -> None:
    library.refresh()
    store = library.store()
    (dense_id,) = (i for i, _, text in store.passages(0, 1) if "rises" in text)
    (library.articles / "river.txt").unlink()

    report = library.refresh()

    assert (report.deleted, report.chunks) == (1, 1)
    assert store.article("river.txt") is None
    assert dense_id not in [i for some, _ in store.vectors(2) for i in some.tolist()]
    lexical = open_lexical(store, 2)
    assert lexical is not None
    assert lexical.search("river hills", ["en"], 9) == {}
    assert lexical.search("mill", ["en"], 9) != {}
    hits = library.searcher().search("Where does the river rise?").hits
    assert {hit.source.path for hit in hits} == {"mill.txt"}


def test_a_file_that_may_be_read_again_is_added(nobodys_library: Library) -> None:
    library = nobodys_library
    library.write(river="The river rises in the hills.", mill="The mill burnt down.")
    path = library.articles / "mill.txt"
    path.chmod(0)
    first = library.refresh()
    path.chmod(0o600)

    assert [one.reason for one in first.skipped] == ["permission denied"]
    assert library.refresh().added == 1


def test_a_file_that_is_too_large_is_skipped(library: Library) -> None:
    library.write(large="word " * 30_000)

    report = library.refresh()

    assert [one.article for one in report.skipped] == ["large.txt"]
    assert "max_megabytes" in report.skipped[0].reason
    assert report.added == 2


@pytest.mark.parametrize("text", [None, "\0"], ids=["no articles", "none readable"])
def test_without_articles_the_index_stays(library: Library, text: str | None) -> None:
    library.refresh()
    before = indexed(library)
    for path in library.articles.iterdir():
        path.unlink()
    if text is not None:
        library.write(bad=text)

    with pytest.raises(ArticlesError, match=r"(no articles in|can be read).*put articles .* there"):
        library.refresh()

    assert indexed(library) == before
    assert library.searcher().search("river").hits
    library.write(ferry="A ferry crosses.")
    assert library.refresh().deleted == 2


def test_a_missing_folder_is_named(library: Library) -> None:
    shutil.rmtree(library.articles)

    with pytest.raises(ArticlesError, match=r"articles.*--articles DIR"):
        library.refresh()
    assert not library.index.exists()


def test_progress_counts_up_to_all(library: Library) -> None:
    library.write(**{f"a{n}": prose(n, 20) for n in range(12)})
    steps: list[RefreshProgress] = []

    report = library.refresh(on_progress=steps.append)

    last = steps[-1]
    assert (last.articles, last.total) == (14, 14)
    assert (last.chunks, last.encoded) == (report.chunks, report.encoded)
    for name in ("articles", "chunks", "encoded"):
        counts = [getattr(step, name) for step in steps]
        assert counts == sorted(counts)
    # Some are done while others are being encoded, the first of them after a few passages.
    assert 0 < steps[0].articles < 14
    assert 0 < steps[0].encoded < report.chunks / 2


@pytest.mark.parametrize("error", [PermissionError, NotADirectoryError, FileExistsError])
def test_an_error_under_the_lock_is_not_the_locks(tmp_path: Path, error: type[OSError]) -> None:
    with pytest.raises(error, match="of somebody else"), write_lock(tmp_path):
        raise error("of somebody else")
    with write_lock(tmp_path):
        pass


def test_a_file_in_place_of_the_index_folder_is_named(library: Library) -> None:
    library.index.write_text("kept")

    for place in (library.index, library.index / "index"):
        with (
            pytest.raises(IndexFault, match=r"/index is a file; wanted a folder.* --index DIR"),
            write_lock(place),
        ):
            raise AssertionError
        with pytest.raises(IndexFault, match=r"/index is a file; wanted a folder.* --index DIR"):
            Store.open(place)
    with pytest.raises(IndexFault, match="is a file; wanted"):
        library.refresh()
    assert library.index.read_text() == "kept"


def test_a_link_that_leads_nowhere_in_place_of_the_index_folder_is_named(library: Library) -> None:
    library.index.symlink_to("nowhere")

    with pytest.raises(IndexFault, match=r"/index is a link that leads nowhere; wanted a folder"):
        library.refresh()


def test_another_encoder_is_refused(library: Library) -> None:
    library.refresh()
    before = indexed(library)

    with pytest.raises(IndexMismatch, match="made with the encoder hash"):
        library.refresh(HashEncoder(fingerprint="hash-2"))

    assert indexed(library) == before


def cut_in_half(lexical: Path) -> None:
    for path in lexical.iterdir():
        os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("left", ["half of it", "the one before", "a kill in a commit"])
def test_what_a_killed_refresh_left_of_a_lexical_index_is_made_anew(
    library: Library, left: str
) -> None:
    library.refresh()
    old = library.root / "old"
    shutil.copytree(library.lexical, old)
    library.write(mill="The mill is a ruin.", new="A new market.")
    library.refresh()
    wanted = found(library)
    lexical = library.lexical
    if left == "a kill in a commit":
        # tantivy names this file by the count of operations, so the same update names it again.
        for deletions in lexical.glob("*.del"):
            shutil.copy(deletions, old)
    shutil.rmtree(lexical)
    old.rename(lexical)
    if left == "half of it":
        cut_in_half(lexical)

    assert lexical_of(library.store(), 2, library.index).chunks == 3
    assert found(library) == wanted


def test_a_lexical_index_follows_from_the_last_that_is_there(library: Library) -> None:
    library.refresh()
    library.write(mill="The mill is a ruin.", new="A new market.")
    library.refresh()
    inodes = {path.stat().st_ino for path in library.lexical.iterdir()}

    library.write(new="A newer market.")
    library.refresh()

    kept = [library.store().digest(number) for number in (2, 3)]
    assert sorted(path.name for path in library.lexical.parent.iterdir()) == sorted(kept)
    assert inodes & {path.stat().st_ino for path in library.lexical.iterdir()}
    assert_like_rebuilt(library)


def test_the_lexical_index_of_a_generation_that_is_too_old_is_of_no_use(library: Library) -> None:
    library.keep = 1
    library.refresh()
    old = library.lexical
    shutil.copytree(old, library.root / "old")
    for n in range(3):
        library.write(mill=f"The mill has {n} wheels.")
        library.refresh()
    wanted = found(library)
    shutil.rmtree(library.lexical)
    (library.root / "old").rename(old)

    lexical = write_lexical(library.store(), 4)

    assert lexical.search("burnt", ["en"], 9) == {}
    assert found(library) == wanted


def test_nothing_stays_open(library: Library) -> None:
    def open_files() -> list[str]:
        links = (Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))  # noqa: PTH208
        targets = (str(link.readlink()) for link in links if link.is_symlink())
        return [target for target in targets if Path(target).is_relative_to(library.index)]

    library.refresh()
    assert open_files() == []
    library.write(new="Interrupted.")
    with pytest.raises(KeyboardInterrupt, match="enough") as caught:
        library.refresh(StoppedEncoder(0))
    assert open_files() == []
    assert caught.traceback


def test_a_refresh_waits_for_a_lock_that_is_held_for_a_moment(library: Library) -> None:
    held = Event()

    def hold() -> None:
        with write_lock(library.index):
            held.set()
            time.sleep(0.3)

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(10)
    assert library.refresh().added == 2
    holder.join()


def test_an_index_among_the_articles_is_no_article(library: Library) -> None:
    library.index = library.articles / "kept" / "index"
    first = library.refresh()
    # Its files of other kinds are named like articles.
    assert list(library.index.rglob("*.json"))
    assert library.is_in_line()
    second = library.refresh()
    assert (first.added, first.skipped) == (2, ())
    assert (second.unchanged, second.skipped, second.changed) == (2, (), False)
