"""The refresher's process: what it reports, how it fails, and how it ends."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.refresher import Document, Refresher
from config import Settings
from retrieval.refresh import refresh
from retrieval.store import Store

SOON_S = 60.0


class Works:
    """Articles with an index, and what a refresher of theirs does."""

    def __init__(self, folder: Path, encoder: object) -> None:
        self.articles = folder / "articles"
        self.articles.mkdir()
        self.write("bees.md", "# Bees\n\nHoney bees do not hibernate.")
        places = {"articles": {"folder": self.articles}, "index": {"folder": folder / "index"}}
        self.settings = Settings.load(overrides=places)
        refresh(self.settings.articles, self.settings.index, encoder)  # type: ignore[arg-type]
        store = Store.open(self.settings.index.folder)
        assert store is not None
        self.store = store
        self.reports: list[Document] = []

    def write(self, name: str, text: str) -> None:
        (self.articles / name).write_text(text, encoding="utf-8")

    def refresher(self, *options: str) -> Refresher:
        index = str(self.settings.index.folder)
        places = ("--articles", str(self.articles), "--index", index)
        return Refresher(self.settings, (*places, *options), again_s=0.2)

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
    if not hasattr(os, "getpriority"):
        pytest.skip("there are no such priorities here")
    for number in range(200):
        works.write(f"{number}.md", f"# Number {number}\n\n" + f"The number {number}. " * 40)
    refresher = works.refresher()
    seen = threading.Event()
    priorities: set[int] = set()

    def note(progress: Document) -> None:
        with suppress(OSError, AttributeError):
            assert refresher._process is not None
            priorities.add(os.getpriority(os.PRIO_PROCESS, refresher._process.pid))
        if progress["encoded"]:
            seen.set()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(refresher.refresh, note)
        assert seen.wait(SOON_S)
        refresher.close()
        with pytest.raises(BotError, match="the refresh ended with status -15"):
            running.result(SOON_S)
    assert priorities == {19}
    with pytest.raises(BotError, match="the bot is stopping"):
        refresher.refresh()
    report = works.refresher().refresh()
    assert report["added"] == 200
    assert 0 < report["encoded"] < report["chunks"]


def test_watching_notices_changes_and_folders_that_go_and_come(
    works: Works, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def changed() -> list[tuple[int, int, int]]:
        return [(one["added"], one["modified"], one["deleted"]) for one in works.reports]

    works.write("ferry.md", "# The ferry\n\nIt leaves at seven.")
    with works.watching():
        until(lambda: changed() == [(1, 0, 0)])
        works.write("ferry.md", "# The ferry\n\nIt leaves at nine o'clock.")
        until(lambda: len(works.reports) == 2)
        works.articles.rename(tmp_path / "away")
        until(lambda: "no such file or folder" in caplog.text)
        # It is tried again and again, and said once.
        time.sleep(0.5)
        shutil.copytree(tmp_path / "away", works.articles)
        works.write("owls.md", "# Owls\n\nOwls hunt at night.")
        until(lambda: len(works.reports) >= 3)
        works.write("owls.md", "# Owls\n\nOwls hunt at night, and sleep by day.")
        until(lambda: changed()[-1] == (0, 1, 0) and len(works.reports) >= 4)
    assert changed()[1:3] == [(0, 1, 0), (1, 0, 0)]
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == 1
