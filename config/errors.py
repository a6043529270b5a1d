"""Errors of settings, and the texts of frequent faults."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from config.logs import redact


class SettingsError(ValueError):
    """Settings are wrong; the message is one line and holds no secret.

    Args:
        faults: Clauses that say what was found, where, and what is wanted.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(redact(" ".join("; ".join(faults).split())))


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Describe a name that does not exist, with the one that was probably meant."""
    names = list(known)
    # What goes on where the name ends is meant, however long it is.
    longer = [one for one in names if one.startswith(name)]
    (closest,) = get_close_matches(name, longer or names, n=1, cutoff=0)
    return f"no such {kind}, the closest is {closest}"


def exposed(path: Path | str, mode: int) -> str | None:
    """Describe the fault of a file with a secret that others may read; None if only its owner may.

    Args:
        path: The file.
        mode: Its permission bits.
    """
    if mode & 0o077 == 0:
        return None
    return f"found mode {mode:03o}, wanted 600; run: chmod 600 {shlex.quote(str(path))}"


def file_in_the_way(folder: Path) -> str | None:
    """Describe a file that is where a folder, or one that it is in, is wanted; None if none is.

    Args:
        folder: A folder that is there, or that is to be made.
    """
    place = next(filter(os.path.lexists, (folder, *folder.parents)), None)
    # Not by Path.is_dir, which raises where a link leads to what may not be looked at.
    if place is None or os.path.isdir(place):  # noqa: PTH112
        return None
    return f"{place} is {'a file' if os.path.exists(place) else 'a link that leads nowhere'}"  # noqa: PTH110
