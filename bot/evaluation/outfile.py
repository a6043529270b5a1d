"""A file of results: whole, or as it was before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bot.errors import BotError
from config import SettingsError


def check(path: Path, sources: Iterable[Path]) -> None:
    """Find out early what would keep a file from being written.

    Args:
        path: The file.
        sources: Files that it must not replace.

    Raises:
        BotError: It cannot be written.
        SettingsError: It is one of the sources.
    """
    if path.resolve() in [one.resolve() for one in sources]:
        raise SettingsError(f"{path} holds the questions, and would be lost; name another file")
    if path.exists() and not path.is_file():
        raise BotError(f"cannot write {path}: it is no file; name another one")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise BotError(f"cannot write {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise BotError(f"cannot write {path}: {folder} is not yours to write; name another one")


def write(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, which is replaced once all of them are written.

    Raises:
        BotError: It cannot be written.
    """
    target = path.resolve()
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", dir=target.parent, delete=False
        ) as file:
            part = Path(file.name)
            file.writelines(f"{line}\n" for line in lines)
        part.replace(target)
    except OSError as exc:
        raise BotError(f"cannot write {path}: {exc.strerror}; name another file") from exc
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
