"""Storage: what the bot's memory needs of a database, and the SQLite files in the bot's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from bot.errors import BotError
from config import file_in_the_way
from retrieval.index import Database, Faults

Values: TypeAlias = Sequence[object] | Mapping[str, object]


class Cursor(Protocol):
    """The rows that a statement found or changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a row is of any types
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the other rows."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the other rows."""


class Transaction(Protocol):
    """What is written all or not at all."""

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        """Run a statement with `?` or `:name` in place of values."""


class Storage(Protocol):
    """A database, SQLite or PostgreSQL; every method may be called from any thread."""

    def one(self, sql: str, values: Values = ()) -> tuple[Any, ...]:
        """Return the first row, which must be there."""

    def query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Write all or nothing."""

    def wipe(self) -> None:
        """Wipe what was deleted just now, as far as the database can."""

    def rewrite(self) -> None:
        """Leave no copy of what was ever deleted, as far as the database can."""

    def close(self) -> None:
        """Close this thread's connection at least."""


EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Moves the write-ahead log, which still holds what was erased, into the file."""
PRAGMAS = ("secure_delete = ON",)
"""What each connection to one of the files sets."""


class SqliteStorage(Database):
    """A file of the bot's."""

    def wipe(self) -> None:
        """Empty the write-ahead log."""
        self.query(EMPTY_LOG)

    def rewrite(self) -> None:
        """Write the file anew."""
        self.query("VACUUM")


def open_file(path: Path, faults: Faults, number: int, schema: Sequence[str]) -> SqliteStorage:
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
        fault = file_in_the_way(path.parent) or exc.strerror
        raise BotError(
            f"{faults.subject} {path} cannot be written ({fault}); give the bot a folder that it "
            "can write"
        ) from exc
    database = SqliteStorage(path, faults, PRAGMAS)
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
