"""Mapped files that are cut off, which must not end whoever reads them.

Processes share the index of SQLite's write-ahead log, a file with the ending "-shm", by mapping it
into memory. If somebody cuts it off, as by copying a backup over it, the system sends SIGBUS to the
next who reads it, and SQLite never hears of that. Here the file is lengthened again, and the read
repeated: it yields zeros, of which SQLite knows that it has to make that index again from the log.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from functools import cache
from pathlib import Path

# Enough for a log of 8 GB; what is not written takes no room on the disk.
_LENGTH = 16 << 20
# Several threads may read the same file at once; to mend it once is enough.
_AT_ONCE_S = 1.0
_FILES: set[Path] = set()
_HANDLERS: list[object] = []


def survive_cutting(path: Path) -> None:
    """Lengthen a mapped file again whenever somebody cuts it off, from now on."""
    _FILES.add(path)
    _handle()


@cache
def _handle() -> None:
    """Handle SIGBUS; what no file explains is left to who handled it before.

    By C's own function, for Python runs its handlers after the instruction that never ends. This
    handler interrupts SQLite, which lets go of the interpreter while it works.
    """
    if not hasattr(signal, "SIGBUS"):
        return
    handle = ctypes.CDLL(None).signal
    handle.restype = ctypes.c_void_p
    handle.argtypes = [ctypes.c_int, ctypes.c_void_p]
    mended = -_AT_ONCE_S

    def mend(number: int) -> None:
        nonlocal mended
        if sum(map(_lengthen, list(_FILES))):
            mended = time.monotonic()
        elif time.monotonic() - mended > _AT_ONCE_S:
            handle(number, before)

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(mend)
    # Python must not free what C calls.
    _HANDLERS.append(handler)
    before = handle(signal.SIGBUS, ctypes.cast(handler, ctypes.c_void_p))


def _lengthen(path: Path) -> bool:
    try:
        # By its path: closing a file would let go of SQLite's locks on it.
        if path.stat().st_size < _LENGTH:
            os.truncate(path, _LENGTH)
            return True
    except OSError:
        pass
    return False
