"""Watching the articles folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import watchfiles

# Also when nothing was heard of: a change may fall before the watching began, another process may
# have held the index just then, and network folders tell nothing. Looking in vain costs little.
_UNHEARD_S = 30
_ROUND_MS = 1000
# A refresh waits until nothing has changed for this long, so that a copy of many files is one.
_QUIET_MS = 300
_LONGEST_WAIT_MS = 3000


def changes(folder: Path, over: threading.Event | None = None) -> Iterator[None]:
    """Yield whenever files in the folder have changed, and now and then.

    Ends at Ctrl-C, or soon after `over` is set.

    What changed is not told: a refresh finds out, and by looking at the files it also finds what
    the watcher missed.
    """
    # After the first round as well: files may have changed before the watching began.
    unheard_s = _UNHEARD_S - 1
    for heard in watchfiles.watch(
        folder,
        stop_event=over,
        debounce=_LONGEST_WAIT_MS,
        step=_QUIET_MS,
        rust_timeout=_ROUND_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        unheard_s += 1
        if heard or unheard_s >= _UNHEARD_S:
            yield
            unheard_s = 0
