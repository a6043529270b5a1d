"""Progress bars, drawn while loading, indexing or asking takes long and erased at the end."""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from bot.display import ACCENT
from config import held_logs
from retrieval.refresh import RefreshProgress

_BAR_WIDTH = 16
# The time left is estimated from so many seconds: passages are encoded sorted by length, a batch at
# a time, so that the speed changes much within a batch.
_ESTIMATE = 120.0


class _Drawing:
    """A bar or a spinner on a console that writes to standard error, erased when the block ends.

    Nothing is drawn if that is no terminal. What is logged meanwhile appears when the block ends.

    Args:
        console: Where it is drawn.
        counts: The text of the bar, in rich's form.
    """

    def __init__(self, console: Console, counts: str) -> None:
        # With FORCE_COLOR, rich takes a file for a terminal, and a file wants no bar.
        self._draws = console.is_interactive and console.file.isatty()
        self._held = ExitStack()
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
        if self._draws:
            self._held.enter_context(held_logs())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Erase what was drawn, show the cursor again, and let out what was logged."""
        self._live.stop()
        self._held.close()

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
        self._first: tuple[float, int] | None = None
        self._steps = Bar(
            SpinnerColumn(style=ACCENT),
            # What is announced is no markup.
            TextColumn("{task.description} ·", markup=False),
            TimeElapsedColumn(),
            console=console,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the drawing; note on Ctrl-C what becomes of what was done."""
        super().__exit__(kind, exc, traceback)
        if isinstance(exc, KeyboardInterrupt) and self._first is not None:
            exc.add_note("what was encoded is kept, and the next start goes on from there")

    def announce(self, text: str) -> None:
        """Draw a few words about what takes long just now, and for how long it has."""
        for task in self._steps.task_ids:
            self._steps.remove_task(task)
        self._steps.add_task(text, total=None)
        self._draw(self._steps)

    def update(self, progress: RefreshProgress) -> None:
        """Draw the bar, if there is anything to read or to encode."""
        if progress.articles == progress.total and not progress.encoded:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (now, progress.encoded)
            self._bar.start_task(self._task)
        since, before = self._first
        chunks = f"{max(progress.chunks, progress.encoded):,} chunks"
        if progress.encoded > before and now > since:
            chunks += f", {(progress.encoded - before) / (now - since):,.0f}/s"
        self._bar.update(
            self._task, completed=progress.articles, total=progress.total, chunks=chunks
        )
        self._draw(self._bar)


class Asking(_Drawing):
    """Draws the number of questions asked so far."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console, "{task.completed:,}/{task.total:,} questions")
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._draw(self._bar)
        return super().__enter__()

    def update(self, done: int) -> None:
        """Draw the bar."""
        self._bar.update(self._task, completed=done)
