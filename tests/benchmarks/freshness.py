"""From the save of an article until it is found, and what a refresh takes that finds nothing new.

python -m tests.benchmarks.freshness [--articles N] [--edits N] [--folder FOLDER]

The articles are small and made up. This process serves them and watches their folder as the bot
does: `Searcher.reload` and a `Refresher`, which refreshes an edit in this process. A time is
measured from the return of the save until a question finds the new words, once with nobody else
asking, and once while a thread asks without pause. FOLDER keeps the articles and their index for
the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bot.build import open_library
from bot.library import Library
from bot.refresh_process import Refresher
from config import Settings
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import small
from tests.paths import ROOT

RUNS = 5
RENAMED = 1000
_BETWEEN_S = 1.0
_GIVEN_UP_S = 60.0
_PAUSE_S = 0.01


class Bench:
    """Articles with an index, and what is measured of them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.articles = folder / "articles"
        self._options = ["--articles", str(self.articles), "--index", str(folder / "index")]
        if not self.articles.exists():
            self.articles.mkdir(parents=True)
            small(self.articles, count)
        places = {"articles": {"folder": self.articles}, "index": {"folder": folder / "index"}}
        self._settings = Settings.load(overrides=places)
        self._chance = random.Random(time.time_ns())

    def open(self) -> Library:
        """Bring the index in line, and open it."""
        return open_library(self._settings, lambda _: None)

    @contextmanager
    def watching(self, library: Library) -> Iterator[None]:
        """Keep the index in line meanwhile."""
        refresher = Refresher(self._settings, self._options, library.searcher)
        with refresher.watching(lambda _: library.searcher.reload()):
            # The watching has begun, and nothing was heard of for a while.
            time.sleep(_BETWEEN_S)
            yield

    def edits(self, library: Library, count: int) -> list[float]:
        """Return the seconds until each of so many edits was found."""
        paths = sorted(self.articles.rglob("*.md"))
        times = []
        for _ in range(count):
            path = self._chance.choice(paths)
            word = "".join(self._chance.choices("bdfgklmnprstvz", k=10)).title()
            text = path.read_text(encoding="utf-8").rpartition("\n\n")[0]
            path.write_text(f"{text}\n\nThe {word} is kept here.", encoding="utf-8")
            saved = time.perf_counter()
            while not _finds(library, word):
                if time.perf_counter() - saved > _GIVEN_UP_S:
                    raise SystemExit(f"{path} was not found within {_GIVEN_UP_S:.0f} s")
                time.sleep(_PAUSE_S)
            times.append(time.perf_counter() - saved)
            time.sleep(_BETWEEN_S)
        return times

    def rename(self, count: int) -> None:
        """Give so many articles another name."""
        for path in sorted(self.articles.rglob("*.md"))[:count]:
            path.rename(path.with_name(f"{path.stem}r.md"))

    def refresh(self) -> tuple[float, dict[str, Any]]:
        """Return the seconds that `excerpta refresh` took as a process, and its report."""
        command = [sys.executable, "-P", "-m", "bot", "refresh", "--json", *self._options]
        started = time.perf_counter()
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return time.perf_counter() - started, json.loads(done.stdout)


def _finds(library: Library, word: str) -> bool:
    answer = library.answerer.trace(f"Where is the {word} kept?").answer
    return any(word in excerpt.text for excerpt in answer.excerpts)


@contextmanager
def _asking(library: Library) -> Iterator[None]:
    """Ask without pause in a thread meanwhile."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            library.answerer.trace("What destroyed the lighthouse?")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _print(name: str, times: list[float]) -> None:
    print(f"{name}: median {median(times):.2f} s, slowest {max(times):.2f} s of {len(times)}")


def measure(folder: Path, articles: int, edits: int) -> None:
    """Measure and print."""
    bench = Bench(folder, articles)
    started = time.perf_counter()
    library = bench.open()
    print(f"the index of {articles:,} articles opened in {time.perf_counter() - started:.1f} s")
    with bench.watching(library):
        _print("save until found", bench.edits(library, edits))
    with bench.watching(library), _asking(library):
        _print("save until found, while others ask", bench.edits(library, edits))
    bench.refresh()
    runs = [bench.refresh() for _ in range(RUNS)]
    _print("excerpta refresh, nothing changed, the process", [took for took, _ in runs])
    _print("of that, by its own report", [report["elapsed_s"] for _, report in runs])
    bench.rename(RENAMED)
    took, report = bench.refresh()
    print(f"excerpta refresh, {RENAMED:,} files renamed: {took:.2f} s, {report['encoded']} encoded")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=10_000, metavar="N")
    parser.add_argument("--edits", type=int, default=10, metavar="N")
    parser.add_argument("--folder", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    print(conditions())
    with tempfile.TemporaryDirectory() as temporary:
        measure(options.folder or Path(temporary), options.articles, options.edits)


if __name__ == "__main__":
    main()
