"""The index's database file: connections, transactions, and what SQLite's errors mean."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrieval.errors import IndexDamaged, IndexFault

Values = Sequence[object] | Mapping[str, object]


class Database:
    """A SQLite database with a connection for each thread that uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def one(self, sql: str, values: Values = ()) -> tuple[Any, ...]:
        """Return the first row, which must be there."""
        rows = self.query(sql, values)
        if not rows:
            raise IndexDamaged(_damaged(self.path, "a row is missing"))
        return rows[0]

    def query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return list(self.rows(sql, values))

    def rows(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield row after row, all of one state of the database."""
        with _explained(self.path):
            yield from self._connection().execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing."""
        with _explained(self.path):
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                # On a full disk SQLite has rolled back by itself.
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        self._local.__dict__.clear()

    def _connection(self) -> sqlite3.Connection:
        own: _Connection | None = getattr(self._local, "own", None)
        file = _identity(self.path)
        # A folder that was deleted and made again holds another file than the one that is open.
        if own is None or (file is not None and file != own.file):
            # One thread uses it, but whichever forgets the database last closes it.
            db = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            own = self._local.own = _Connection(db, _identity(self.path))
            # NORMAL loses at most the last commits at a power cut, never the database (WAL).
            db.execute("PRAGMA synchronous = NORMAL")
        return own.db


class _Connection:
    """Closes a connection when its thread has ended, which the connection itself does not."""

    def __init__(self, db: sqlite3.Connection, file: tuple[int, int] | None) -> None:
        self.db = db
        self.file = file

    def __del__(self) -> None:
        self.db.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_length(path: Path) -> None:
    """Find a file that was cut off: its header (bytes 16 and 28) says how long it must be.

    Not while there is a write-ahead log: then pages may still be on their way from it to the file.

    Raises:
        IndexDamaged: It is cut off, or no SQLite database; an empty file is one.
        IndexFault: It cannot be read.
    """
    try:
        log = path.with_name(f"{path.name}-wal")
        complete = not log.exists() or not log.stat().st_size
        with path.open("rb") as file:
            header = file.read(100)
            length = path.stat().st_size
    except OSError as exc:
        raise IndexFault(f"the index {path} cannot be read ({exc.strerror})") from exc
    if not length:
        return
    if not header.startswith(b"SQLite format 3\0") or len(header) < 100:
        raise IndexDamaged(_damaged(path, "it is no SQLite database"))
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    if complete and length < expected:
        raise IndexDamaged(_damaged(path, f"{length} bytes are left of {expected}"))


def _damaged(path: Path, found: str) -> str:
    return (
        f"the index {path} is damaged ({found}); delete the folder {path.parent} and run excerpta "
        "refresh (the articles are not touched)"
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the index's."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        # No such table: another program's database, or one whose first pages are overwritten.
        if "no such" in str(exc) or "malformed" in str(exc):
            raise IndexDamaged(_damaged(path, str(exc))) from exc
        raise IndexFault(
            f"the index {path} cannot be used ({exc}); check that the disk has room and that the "
            "folder can be written"
        ) from exc
    except sqlite3.DatabaseError as exc:
        raise IndexDamaged(_damaged(path, str(exc))) from exc
