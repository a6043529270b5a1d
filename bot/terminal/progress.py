"""Progress bars, drawn while loading, indexing or asking takes long and erased at the end."""

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

from bot.display import ACCENT
from retrieval.refresh import RefreshProgress

_BAR_WIDTH = 16
# The time left is estimated from so many seconds: passages are encoded sorted by length, a batch at
# a time, so that the speed changes much within a batch.
_ESTIMATE = 120.0


class _Drawing:
    """A bar or a spinner on a console that writes to standard error, erased when the block ends.

    Nothing is drawn if that is no terminal.

    Args:
        console: Where it is drawn.
        counts: The text of the bar, in rich's form.
    """

    def __init__(self, console: Console, counts: str) -> None:
        # With FORCE_COLOR, rich takes a file for a terminal, and a file wants no bar.
        self._draws = console.is_interactive and console.file.isatty()
        self._live = Live(
            console=console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._bar = Bar(
            BarColumn(_BAR_WIDTH, complete_style=ACCENT, finished_style=ACCENT),
            TextColumn(f"{counts} ·"),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            speed_estimate_period=_ESTIMATE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Erase what was drawn and show the cursor again."""
        self._live.stop()

    def _draw(self, renderable: RenderableType) -> None:
        if self._draws:
            self._live.update(renderable)
            self._live.start()


class Building(_Drawing):
    """Draws the progress of a refresh, if anything takes long."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console, "{task.completed:,}/{task.total:,} articles, {task.fields[chunks]}"
        )
        self._task = self._bar.add_task("", start=False, total=0, chunks="")
        self._stored = RefreshProgress(articles=0, total=0, chunks=0, encoded=0)
        self._first: tuple[float, int] | None = None

    def announce(self, text: str) -> None:
        """Draw a few words about what takes long just now."""
        self._draw(Spinner("dots", Text(text), style=ACCENT))

    def update(self, progress: RefreshProgress) -> None:
        """Draw the bar, if there is anything to read or to encode."""
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


class Asking(_Drawing):
    """Draws the number of questions asked so far."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, "{task.completed:,}/{task.total:,} questions")
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._draw(self._bar)
        return self

    def update(self, done: int) -> None:
        """Draw the bar."""
        self._bar.update(self._task, completed=done)
