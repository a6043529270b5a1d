"""Watching the articles folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import watchfiles

# Also when nothing was heard of: a change may fall before the watching began, another process may
# have held the index just then, and network folders tell nothing. Looking in vain costs little.
_UNHEARD_MS = 30_000
# A refresh waits until nothing has changed for this long, so that a copy of many files is one.
_QUIET_MS = 300
_LONGEST_WAIT_MS = 3000


def changes(folder: Path) -> Iterator[None]:
    """Yield whenever files in the folder have changed, and now and then; ends at Ctrl-C.

    What changed is not told: a refresh finds out, and by looking at the files it also finds what
    the watcher missed.
    """
    for _ in watchfiles.watch(
        folder,
        debounce=_LONGEST_WAIT_MS,
        step=_QUIET_MS,
        rust_timeout=_UNHEARD_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        yield
