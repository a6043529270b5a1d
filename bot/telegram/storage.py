"""Storage: the SQLite files in the bot's folder, made for their owner alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bot.errors import BotError
from retrieval.index import Database, Faults

EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Moves the write-ahead log, which still holds what was erased, into the file."""
PRAGMAS = ("secure_delete = ON",)
"""What each connection to one of the files sets."""


def open_file(path: Path, faults: Faults, number: int, schema: Sequence[str]) -> Database:
    """Open a file, or make it and its folder.

    Args:
        path: The file.
        faults: What the file is called, and what to do about damage.
        number: The format's number.
        schema: Statements that make the tables of this format.

    Raises:
        BotError: The file cannot be used, is damaged, or has another format.
    """
    try:
        _make(path.parent)
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as exc:
        raise BotError(
            f"{faults.subject} {path} cannot be written ({exc.strerror}); give the bot a "
            "folder that it can write"
        ) from exc
    database = Database(path, faults, PRAGMAS)
    database.check_length()
    with database.transaction() as db:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if not found and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in schema:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number}")
            found = number
    if found != number:
        database.close()
        raise BotError(
            f"{faults.subject} {path} has format {found}, this version of Excerpta reads "
            f"format {number}; {faults.remedy}"
        )
    database.query("PRAGMA journal_mode = WAL")
    return database


def _make(folder: Path) -> None:
    """Make a folder that a power cut leaves there; SQLite sees to the files in it."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        parent = os.open(folder.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
