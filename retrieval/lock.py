"""The lock of an index folder: one process writes, any number read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from retrieval.errors import IndexBusy, IndexFault


@contextmanager
def writing(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only process that writes to the index.

    Args:
        folder: Of the index.
        wait_s: Seconds to wait for another one to finish.

    Raises:
        IndexBusy: Another one still is.
        IndexFault: The folder cannot be written.
    """
    lock = filelock.FileLock(folder / "lock")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s)
    except filelock.Timeout as exc:
        raise IndexBusy(
            f"another process is writing to the index {folder}; wait until it has finished"
        ) from exc
    except OSError as exc:
        raise IndexFault(
            f"the index folder {folder} cannot be written ({exc.strerror}); give one that can "
            "with --index"
        ) from exc
    try:
        yield
    finally:
        lock.release()
