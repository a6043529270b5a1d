"""Homes: the numbered folders within an index folder, the last of which holds the index in use.

An index that is made again is made beside the one that answers, in an index folder of its own, and
then gets the next number here: a database's files must not be exchanged while somebody reads them.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from retrieval.errors import IndexFault

DATABASE = "index.sqlite"
_REBUILDING = "rebuilding"
# What versions before 0.2 left in the index folder itself.
_FORMER = ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm", "lexical")


def home(folder: Path) -> Path:
    """Return the home in use: the last with a database; without one, where it is to be made."""
    places = [folder / str(number) for number in sorted(_numbers(folder), reverse=True)]
    for place in places:
        # Whatever it is: what is damaged is made again, not passed over for an older one.
        if os.path.lexists(place / DATABASE):
            return place
    return next(filter(Path.is_dir, places), folder / str(max(_numbers(folder), default=0) + 1))


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
    remove(rebuilding(folder))


def clear(folder: Path) -> None:
    """Delete the homes before the one in use; whoever still has one open reads on."""
    for path in leftovers(folder):
        remove(path)


def leftovers(folder: Path) -> list[Path]:
    """Return what `clear` would delete."""
    used = home(folder)
    if not used.is_dir():
        return []
    return [
        *(folder / str(number) for number in sorted(_numbers(folder)) if number < int(used.name)),
        *(folder / name for name in _FORMER if (folder / name).exists()),
    ]


def size(place: Path) -> int:
    """Return the size of a home and all that is in it, in bytes."""
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            # A refresh may delete it meanwhile.
            with suppress(FileNotFoundError):
                total += Path(folder, name).stat().st_size
    return total


def remove(path: Path) -> None:
    """Delete a file or a folder, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _numbers(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if name.isascii() and name.isdecimal()]
