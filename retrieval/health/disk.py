"""The disk that the index is on: room for a rebuild, and the write-ahead log."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from retrieval.health.finding import Finding, Kind, note, warning
from retrieval.homes import DATABASE, home

# A rebuild needs the index's size again; SQLite's log may need as much for a while.
_TIMES = 2
_LEAST_BYTES = 200_000_000
# SQLite writes its log back every 4 MB, unless a reader keeps it from it.
_LOG_BYTES = 100_000_000


def disk(folder: Path) -> Iterator[Finding]:
    """Look at the disk of an index folder."""
    yield from room(shutil.disk_usage(folder).free, _size(folder), folder)
    log = home(folder) / f"{DATABASE}-wal"
    size = 0
    # It goes with the last who has the index open.
    with suppress(FileNotFoundError):
        size = log.stat().st_size
    if size > _LOG_BYTES:
        yield note(
            Kind.LOG,
            f"SQLite's log has {size / 1e6:,.0f} MB: somebody has been reading one state of the "
            "index for long, or a large refresh is under way",
            "if it stays so, restart what has the index open (excerpta telegram, excerpta chat)",
            [log.relative_to(folder).as_posix()],
        )


def room(free: int, size: int, folder: Path) -> Iterator[Finding]:
    """Judge the free bytes beside an index of so many bytes."""
    wanted = max(_TIMES * size, _LEAST_BYTES)
    if free < wanted:
        yield warning(
            Kind.DISK,
            f"{free / 1e6:,.0f} MB are free where the index {folder} of {size / 1e6:,.0f} MB is; "
            f"a rebuild wants {wanted / 1e6:,.0f} MB",
            "make room on the disk, or give another folder with --index",
        )


def _size(folder: Path) -> int:
    total = 0
    # A refresh may delete folders and files meanwhile; unlike `Path.rglob`, this goes on then.
    for parent, _, names in os.walk(home(folder)):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total
