"""Ending: a long command ends in order, and soon, when it is told to by SIGTERM.

So does `excerpta refresh --watch`: a refresh in hand publishes if it can, or keeps what it has
encoded, and the next one goes on from there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Self, TypeVar

_T = TypeVar("_T")

_GRACE_S = 3.0
"""Seconds in which what is in hand comes to its end, or to where it can be gone on with."""


class Ending:
    """Ends a block at SIGTERM: at once while it waits, else where its work can be gone on with.

    Used in a `with` block, which ends then as if all were done. A second SIGTERM interrupts it
    wherever it is, as Ctrl-C does, and so does a few seconds' work after the first.
    """

    def __init__(self) -> None:
        self._told = False
        self._works = True
        # To the process, as a signal to this thread alone would not end a wait of the main one.
        self._grace = threading.Timer(_GRACE_S, os.kill, (os.getpid(), signal.SIGTERM))
        self._grace.daemon = True

    def __enter__(self) -> Self:
        """Take SIGTERM from now on."""
        self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        """Leave SIGTERM to others; take the interrupt that it caused for the end."""
        self._grace.cancel()
        signal.signal(signal.SIGTERM, self._before)
        return self._told and isinstance(error, KeyboardInterrupt)

    def checking(self, told: Callable[[_T], object]) -> Callable[[_T], None]:
        """Return a listener to progress that stops the work where it can be gone on with."""

        def listen(progress: _T) -> None:
            told(progress)
            self._check()

        return listen

    def waiting_for(self, events: Iterable[_T]) -> Iterator[_T]:
        """Yield events; SIGTERM ends the wait for one at once."""
        coming = iter(events)
        while True:
            self._check()
            self._works = False
            try:
                event = next(coming)
            except StopIteration:
                return
            finally:
                self._works = True
            yield event

    def _check(self) -> None:
        if self._told:
            raise KeyboardInterrupt

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self._told or not self._works:
            self._told = True
            raise KeyboardInterrupt
        self._told = True
        self._grace.start()
