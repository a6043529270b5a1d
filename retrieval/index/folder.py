"""The index folder: numbered folders, the last of which holds the index in use, and the lock.

An index that is made again is made beside the one that answers, in a folder of its own, and then
gets the next number here: a database's files must not be exchanged while somebody reads them. One
process writes, any number reads; the system lets go of the lock when its holder ends, however that
ends.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from config import file_in_the_way
from retrieval.errors import IndexBusy, IndexFault

DATABASE = "index.sqlite"
_REBUILDING = "rebuilding"
# What versions before 0.2 left in the index folder itself.
_FORMER = ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm", "lexical")
_HOLDER = "lock.holder"
# How often a folder is deleted: tantivy, which watches an index that it has opened, may make its
# lock there meanwhile.
_ATTEMPTS = 3


def check_place(folder: Path) -> None:
    """Refuse an index folder that is a file, or in one.

    Raises:
        IndexFault: It is.
    """
    if fault := file_in_the_way(folder):
        raise IndexFault(
            f"index folder {str(folder)!r}: {fault}; wanted a folder, which is made if it is not "
            "there: name one with --index DIR"
        )


def database_folder(folder: Path) -> Path:
    """Return the last numbered folder with a database, or the one where it is to be made."""
    places = [folder / str(number) for number in sorted(_numbers(folder), reverse=True)]
    for place in places:
        # Whatever it is: what is damaged is made again, not passed over for an older one.
        if os.path.lexists(place / DATABASE):
            return place
    return next(filter(Path.is_dir, places), _next(folder))


def new_database_folder(folder: Path) -> Path:
    """Return the folder in which a database is to be made, where nobody has one open.

    An empty file is left by a kill, or by somebody who has cut off what a process may still read.
    """
    place = database_folder(folder)
    return _next(folder) if os.path.lexists(place / DATABASE) else place


def rebuild_folder(folder: Path) -> Path:
    """Return the index folder in which an index is made again."""
    return folder / _REBUILDING


def use_rebuilt(folder: Path) -> None:
    """Put the rebuilt index into use; nobody has it open, and the caller holds the lock.

    Raises:
        IndexFault: The folder cannot be written.
    """
    new = _next(folder)
    try:
        database_folder(rebuild_folder(folder)).rename(new)
    except OSError as exc:
        raise IndexFault(
            f"the index folder {folder} cannot be written ({exc.strerror}); check its permissions"
        ) from exc
    remove_path(rebuild_folder(folder))


def remove_leftovers(folder: Path) -> None:
    """Delete the numbered folders before the one in use; whoever has one open reads on."""
    for path in leftovers(folder):
        remove_path(path)


def leftovers(folder: Path) -> list[Path]:
    """Return what `remove_leftovers` would delete."""
    used = database_folder(folder)
    if not used.is_dir():
        return []
    return [
        *(folder / str(number) for number in sorted(_numbers(folder)) if number < int(used.name)),
        *(folder / name for name in _FORMER if (folder / name).exists()),
    ]


def folder_size(place: Path) -> int:
    """Return the size of all files in a folder, in bytes."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            # A refresh may delete folders and files meanwhile; unlike `Path.rglob`, this goes on.
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size
    return total


def remove_path(path: Path) -> None:
    """Delete a file or a folder, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        for _ in range(_ATTEMPTS):
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                break
    else:
        with suppress(OSError):
            path.unlink()


def _next(folder: Path) -> Path:
    return folder / str(max(_numbers(folder), default=0) + 1)


def _numbers(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if name.isascii() and name.isdecimal()]


@contextmanager
def write_lock(folder: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock: only the process that holds it writes to the index.

    Args:
        folder: The index folder.
        wait_s: Seconds to wait for another process to finish; below 0 for as long as it takes.

    Raises:
        IndexBusy: Another process still holds it.
        IndexFault: The folder is a file, or cannot be written.
    """
    check_place(folder)
    path = folder / "lock"
    lock = filelock.FileLock(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=wait_s)
    except filelock.Timeout as exc:
        raise IndexBusy(
            f"{lock_holder(folder)} is writing to the index {folder}; wait until it has finished, "
            "or run excerpta refresh --wait"
        ) from exc
    except OSError as exc:
        # By the rights that the process has taken, not by those of who started it.
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


def lock_holder(folder: Path) -> str:
    """Return a phrase for who holds the lock, as far as that is noted."""
    try:
        noted = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        since = dt.datetime.fromisoformat(noted["since"])
        return f"process {int(noted['pid'])}, since {since:%H:%M:%S on %d %B %Y},"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def is_locked(folder: Path) -> bool:
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
