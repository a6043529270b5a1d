"""The refresher's process: what it reports, how it fails, and how it ends."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.refresh_process import Document, Refresher, RefreshProcess
from config import Settings
from embeddings import Encoder
from retrieval.index import Store
from retrieval.refresh import RefreshOptions, refresh_index
from retrieval.search import Searcher
from tests.fakes import ReadsHere

pytestmark = pytest.mark.slow

SOON_S = 60.0
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are read in /proc")


class Works:
    """Articles with an index, and what a refresher of theirs does."""

    def __init__(self, folder: Path, encoder: object) -> None:
        self.articles = folder / "articles"
        self.articles.mkdir()
        self.write("bees.md", "# Bees\n\nHoney bees do not hibernate.")
        places = {"articles": {"folder": self.articles}, "index": {"folder": folder / "index"}}
        self.settings = Settings.load(overrides=places)
        refresh_index(
            self.settings.articles,
            self.settings.index,
            encoder,  # type: ignore[arg-type]
            options=RefreshOptions(parser=ReadsHere),
        )
        store = Store.open(self.settings.index.folder)
        assert store is not None
        self.store = store
        self.reports: list[Document | None] = []
        self.searcher: Searcher | None = None

    def write(self, name: str, text: str) -> None:
        (self.articles / name).write_text(text, encoding="utf-8")

    @property
    def places(self) -> tuple[str, ...]:
        """The options that name articles and index."""
        return "--articles", str(self.articles), "--index", str(self.settings.index.folder)

    def refresher(self, *options: str) -> Refresher:
        return Refresher(self.settings, (*self.places, *options), self.searcher, again_s=0.2)

    def text(self, path: str) -> str:
        """Return the text of an article as indexed, nothing if it is not."""
        article = self.store.article(path)
        return article.text if article is not None else ""

    @contextmanager
    def watching(self) -> Iterator[Refresher]:
        refresher = self.refresher()
        thread = threading.Thread(target=refresher.watch, args=[self.reports.append])
        thread.start()
        try:
            yield refresher
        finally:
            refresher.close()
            thread.join(SOON_S)
            assert not thread.is_alive()


@pytest.fixture
def works(tmp_path: Path, encoder: object) -> Works:
    return Works(tmp_path, encoder)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def processes() -> set[int]:
    """Return the ids of the processes that refresh, which are children of this one."""
    found = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in listed.read_text().split():
            with suppress(OSError):
                if b"--progress" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
    return found


def test_a_refresh_reports_in_the_end_and_how_far_it_is_meanwhile(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from a folder that has packages of the same names as ours."""
    trap = tmp_path / "elsewhere" / "bot"
    trap.mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (trap / name).write_text("raise SystemExit('the wrong package')")
    monkeypatch.chdir(trap.parent)
    works.write("ferry.md", "# The ferry\n\nIt leaves at seven.")
    # Much more than a pipe holds.
    for number in range(3000):
        works.write(f"{'empty' * 20}{number}.md", "")
    told: list[Document] = []
    report = works.refresher().refresh(told.append)
    assert (report["added"], report["unchanged"], report["generation"]) == (1, 1, 2)
    assert len(report["skipped"]) == 3000
    assert told[-1] == {"articles": 1, "total": 1, "chunks": 1, "encoded": 1}


def test_what_fails_is_told_in_the_words_of_the_process(works: Works) -> None:
    shutil.rmtree(works.articles)
    with pytest.raises(BotError, match=r"^articles folder .*: no such file or folder"):
        works.refresher().refresh()
    with pytest.raises(BotError, match=r"^the refresh ended with status 2; .*No such option"):
        works.refresher("--nonsense").refresh()


def test_close_ends_a_refresh_and_the_next_one_goes_on(works: Works) -> None:
    for number in range(200):
        works.write(f"{number}.md", f"# Number {number}\n\n" + f"The number {number}. " * 20)
    refresher = works.refresher()
    seen = threading.Event()

    def note(progress: Document) -> None:
        if progress["encoded"]:
            seen.set()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(refresher.refresh, note)
        assert seen.wait(SOON_S)
        refresher.close()
        with pytest.raises(BotError, match="the refresh ended with status -15"):
            running.result(SOON_S)
    with pytest.raises(BotError, match="the bot is stopping"):
        refresher.refresh()
    report = works.refresher().refresh()
    assert report["added"] == 200
    assert 0 < report["encoded"] < report["chunks"]


@LINUX
def test_what_takes_long_gets_the_lowest_priority_in_all_its_threads(works: Works) -> None:
    for number in range(2000):
        works.write(f"{number}.md", f"# Number {number}\n\n" + f"The number {number}. " * 40)
    refresher = works.refresher()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(refresher.refresh)
        until(processes)
        (pid,) = processes()
        assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)

        def priorities() -> set[int]:
            threads = Path(f"/proc/{pid}/task").iterdir()
            return {os.getpriority(os.PRIO_PROCESS, int(one.name)) for one in threads}

        until(lambda: priorities() == {19})
        refresher.close()
        with pytest.raises(BotError, match="the refresh ended with status -15"):
            running.result(SOON_S)


def test_watching_notices_changes_and_folders_that_go_and_come(
    works: Works, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def changed() -> list[tuple[int, int, int]]:
        return [(r["added"], r["modified"], r["deleted"]) for r in works.reports if r]

    works.write("ferry.md", "# The ferry\n\nIt leaves at seven.")
    with works.watching():
        until(lambda: changed() == [(1, 0, 0)])
        works.write("ferry.md", "# The ferry\n\nIt leaves at nine o'clock.")
        until(lambda: len(changed()) == 2)
        works.articles.rename(tmp_path / "away")
        until(lambda: "no such file or folder" in caplog.text)
        time.sleep(0.5)
        shutil.copytree(tmp_path / "away", works.articles)
        works.write("owls.md", "# Owls\n\nOwls hunt at night.")
        until(lambda: len(changed()) == 3)
        works.write("owls.md", "# Owls\n\nOwls hunt at night, and sleep by day.")
        until(lambda: len(changed()) == 4)
    assert changed() == [(1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0)]
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == 1


@LINUX
def test_nothing_is_started_where_the_index_is_in_line(works: Works) -> None:
    with works.watching():
        until(lambda: works.reports)
        assert works.reports == [None]
        assert processes() == set()


def test_an_edit_is_refreshed_where_it_is_answered(works: Works, encoder: Encoder) -> None:
    folder = works.settings.index.folder
    works.searcher = Searcher.open(works.store, folder, encoder, works.settings.search)
    with works.watching():
        until(lambda: works.reports)
        works.write("bees.md", "# Bees\n\nHoney bees keep each other warm.")
        until(lambda: len(works.reports) > 1)
        assert works.searcher.reload()
        (hit,) = works.searcher.search("bees").hits
        assert hit.chunk.text == "Honey bees keep each other warm."
        # Of a folder so small all is changed, so that a process calibrates the confidence.
        until(lambda: len(works.reports) > 2)
    first, edit, calibrated = works.reports
    assert (first, edit and edit["modified"]) == (None, 1)
    assert calibrated is not None
    assert not calibrated["modified"]


def test_a_slow_writer_ends_in_its_last_state(works: Works) -> None:
    with works.watching():
        with (works.articles / "log.md").open("w", encoding="utf-8") as stream:
            stream.write("# The log\n\n")
            for number in range(60):
                stream.write(f"Entry {number} says nothing new.\n\n")
                stream.flush()
                time.sleep(0.03)
            stream.write("The last entry.")
        until(lambda: works.text("log.md").endswith("The last entry."))
        until(lambda: works.reports)
    assert "Entry 59" in works.text("log.md")
    # The copy of it that was indexed meanwhile, if any, and the last.
    assert works.store.current() <= 5


@LINUX
def test_a_refresh_sees_no_secret_and_is_the_first_to_be_ended_without_memory(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TELEGRAM__TOKEN", "TELEGRAM__PROXY", "WRITER__KEY"):
        monkeypatch.setenv(f"EXCERPTA_{name}", "hush-hush")
    process = RefreshProcess(works.places)
    child = Path(f"/proc/{process.pid}")
    own = int(Path("/proc/self/oom_score_adj").read_text())
    assert int((child / "oom_score_adj").read_text()) > own
    environment = (child / "environ").read_bytes()
    assert process.run(lambda _: None)["unchanged"] == 1
    assert environment
    assert b"hush-hush" not in environment
