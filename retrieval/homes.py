"""Homes: the numbered folders within an index folder, the last of which holds the index in use.

An index that is made again is made beside the one that answers, in an index folder of its own, and
then gets the next number here: a database's files must not be exchanged while somebody reads them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from retrieval.errors import IndexFault

_REBUILDING = "rebuilding"
# What versions before 0.2 left in the index folder itself.
_FORMER = ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm", "lexical")


def home(folder: Path) -> Path:
    """Return the home in use, or the first one, which may not be there yet."""
    return folder / str(max(_numbers(folder), default=1))


def rebuilding(folder: Path) -> Path:
    """Return the index folder in which an index is made again."""
    return folder / _REBUILDING


def move_in(folder: Path) -> None:
    """Use what was rebuilt from now on; nobody has it open. The caller holds the lock.

    Raises:
        IndexFault: The folder cannot be written.
    """
    new = folder / str(max(_numbers(folder), default=0) + 1)
    try:
        home(rebuilding(folder)).rename(new)
    except OSError as exc:
        raise IndexFault(
            f"the index folder {folder} cannot be written ({exc.strerror}); check its permissions"
        ) from exc
    shutil.rmtree(rebuilding(folder), ignore_errors=True)


def clear(folder: Path) -> None:
    """Delete the homes before the one in use; whoever still has one open reads on."""
    for path in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def leftovers(folder: Path) -> list[Path]:
    """Return what `clear` would delete."""
    numbers = sorted(_numbers(folder))
    former = [folder / name for name in _FORMER] if numbers else []
    return [
        *(folder / str(number) for number in numbers[:-1]),
        *(path for path in former if path.exists()),
    ]


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    except OSError:
        return []
