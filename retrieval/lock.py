"""The lock of an index folder: one process writes, any number read.

The system lets go of it when its holder ends, however that ends.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from retrieval.errors import IndexBusy, IndexFault

_HOLDER = "lock.holder"


@contextmanager
def writing(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only process that writes to the index.

    Args:
        folder: Of the index.
        wait_s: Seconds to wait for another one to finish; below 0 for as long as it takes.

    Raises:
        IndexBusy: Another one still is.
        IndexFault: The folder cannot be written.
    """
    path = folder / "lock"
    lock = filelock.FileLock(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s)
    except filelock.Timeout as exc:
        raise IndexBusy(
            f"{holder(folder)} is writing to the index {folder}; wait until it has finished, or "
            "run excerpta refresh --wait"
        ) from exc
    except OSError as exc:
        # Not by the rights of who started the process, if it has taken others.
        by_right = os.access in os.supports_effective_ids
        if folder.is_dir() and os.access(folder, os.W_OK, effective_ids=by_right):
            raise IndexFault(
                f"the lock {path} cannot be written ({exc.strerror}); delete it, or let its owner "
                "refresh the index"
            ) from exc
        raise IndexFault(
            f"the index folder {folder} cannot be written ({exc.strerror}); give one that can "
            "with --index"
        ) from exc
    note = folder / _HOLDER
    try:
        # For messages only, so a full disk must not keep anybody from writing less.
        with suppress(OSError):
            since = dt.datetime.now().astimezone().isoformat(timespec="seconds")
            note.write_text(json.dumps({"pid": os.getpid(), "since": since}), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            note.unlink()
        lock.release()


def holder(folder: Path) -> str:
    """Say who holds the lock, as far as that is noted."""
    try:
        noted = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        since = dt.datetime.fromisoformat(noted["since"])
        return f"process {int(noted['pid'])}, since {since:%H:%M:%S on %d %B %Y},"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def is_held(folder: Path) -> bool:
    """Whether somebody is writing to the index just now; writes nothing to find it out."""
    # Here, for Windows has none, and all else in this module works there.
    import fcntl

    try:
        # A shared look at it, which keeps a refresh waiting for a moment at most.
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False
