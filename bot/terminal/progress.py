"""What is drawn while something takes long: loading, indexing, asking; nothing of it stays."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.spinner import Spinner
from rich.text import Text

from bot.terminal.text import ACCENT
from retrieval.refresh import RefreshProgress

_BAR_WIDTH = 16
# Seconds over which the time left is estimated: passages are encoded sorted by length, a batch at
# a time, so that the speed changes much within a batch.
_ESTIMATE = 120.0


class Building:
    """Shows how far an index is built, on a console that writes to standard error.

    Nothing is written where that is no terminal, or where nothing takes long.
    """

    def __init__(self, console: Console) -> None:
        self._draws = _draws(console)
        self._live = Live(
            console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._bar = Bar(
            BarColumn(_BAR_WIDTH, complete_style=ACCENT, finished_style=ACCENT),
            TextColumn("{task.completed:,}/{task.total:,} articles, {task.fields[chunks]} ·"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            speed_estimate_period=_ESTIMATE,
        )
        self._task = self._bar.add_task("", start=False, total=0, chunks="")
        self._stored = RefreshProgress(articles=0, total=0, chunks=0, encoded=0)
        self._first: tuple[float, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take away what was drawn and give the cursor back."""
        self._live.stop()

    def announce(self, text: str) -> None:
        """Say what takes long just now."""
        self._draw(Spinner("dots", Text(text), style=ACCENT))

    def update(self, progress: RefreshProgress) -> None:
        """Draw the bar anew, if there is anything to read or to encode."""
        if progress.articles == progress.total and not progress.encoded:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (now, progress.encoded)
            self._bar.start_task(self._task)
        # Articles are read a batch ahead of what is encoded and stored; only the stored are done.
        if progress.chunks > self._stored.chunks:
            self._stored = progress
        since, before = self._first
        chunks = f"{max(progress.chunks, progress.encoded):,} chunks"
        if progress.encoded > before and now > since:
            chunks += f", {(progress.encoded - before) / (now - since):,.0f}/s"
        self._bar.update(
            self._task, completed=self._stored.articles, total=progress.total, chunks=chunks
        )
        self._draw(self._bar)

    def _draw(self, renderable: RenderableType) -> None:
        if self._draws:
            self._live.update(renderable)
            self._live.start()


class Asking:
    """Shows how many questions are asked, where `Building` would show something."""

    def __init__(self, console: Console, total: int) -> None:
        self._bar = Bar(
            BarColumn(_BAR_WIDTH, complete_style=ACCENT, finished_style=ACCENT),
            TextColumn("{task.completed:,}/{task.total:,} questions ·"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not _draws(console),
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take away what was drawn and give the cursor back."""
        self._bar.stop()

    def update(self, done: int) -> None:
        """Draw the bar anew."""
        self._bar.update(self._task, completed=done)


def _draws(console: Console) -> bool:
    # FORCE_COLOR makes a file a terminal for rich; a file wants no bar.
    return console.is_interactive and console.file.isatty()
