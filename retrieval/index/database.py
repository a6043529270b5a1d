"""A SQLite database file: connections, transactions, and what SQLite's errors mean."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from retrieval.errors import IndexDamaged, IndexFault
from retrieval.index.mapped import survive_cutting

# A process loses its locks on a file when it closes any handle of it (howtocorrupt.html, 2.2, at
# sqlite.org). Another process then takes the write-ahead log away, and this one sees no change any
# more. So nothing but SQLite opens a file that has a connection.
_OPENING = threading.Lock()
# What SQLite says where it cannot make the files that go with a write-ahead log: the folder cannot
# be written, or the disk is full.
_UNWRITABLE = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
# Words of SQLite's messages that tell of damage, for its codes do not. No such table: another
# program's database, or one whose first pages are overwritten.
_DAMAGES = ("no such", "malformed", "decode", "unsupported file format")

Values = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Faults:
    """The exceptions and messages for the faults of a kind of database.

    Attributes:
        subject: What a message calls the database.
        damaged: Exception if the file is beyond repair.
        unusable: Exception if the disk, the folder or another process is in the way.
        remedy: What to do about damage; `{path}` and `{folder}` stand for the file and its folder.
    """

    subject: str
    damaged: type[Exception]
    unusable: type[Exception]
    remedy: str

    def damage(self, path: Path, found: str) -> Exception:
        """Return the exception that tells what is wrong with a file, and what to do."""
        remedy = self.remedy.format(path=path, folder=path.parent)
        # SQLite quotes whole statements.
        found = " ".join(found.split())
        return self.damaged(f"{self.subject} {path} is damaged ({found}); {remedy}")


INDEX = Faults(
    "the index",
    IndexDamaged,
    IndexFault,
    "run excerpta refresh --rebuild, which makes it again from the articles",
)


class Database:
    """A SQLite database with a connection for each thread that uses it.

    Args:
        path: The file; SQLite makes it if it is not there.
        faults: Exceptions that SQLite's errors become.
        pragmas: What each connection sets before its first use.
    """

    def __init__(self, path: Path, faults: Faults, pragmas: Sequence[str] = ()) -> None:
        self.path = path
        self._faults = faults
        # NORMAL loses at most the last commits at a power cut, never the database (WAL). Nothing is
        # mapped into memory but what has to be, see `mapped`.
        self._pragmas = ("synchronous = NORMAL", "mmap_size = 0", *pragmas)
        self._local = threading.local()

    def one(self, sql: str, values: Values = ()) -> tuple[Any, ...]:
        """Return the first row, which must be there."""
        rows = self.query(sql, values)
        if not rows:
            raise self._faults.damage(self.path, "a row is missing")
        return rows[0]

    def query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return list(self.rows(sql, values))

    def rows(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield row after row, all of one state of the database."""
        with self._explained():
            # `yield from` would close a stopped caller's cursor, perhaps after the database.
            for row in self._connection().execute(sql, values):  # noqa: UP028
                yield row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing."""
        with self._explained():
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

    def give_back(self) -> None:
        """Give free pages back to the disk, where `auto_vacuum` is incremental."""
        with self._explained():
            # As a script, for a statement ends at the first page.
            self._connection().executescript("PRAGMA incremental_vacuum")

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        self._local.__dict__.clear()

    def check_length(self) -> None:
        """Find a file that was cut off: its header (bytes 16 and 28) says how long it must be.

        While there is a write-ahead log nothing is checked: pages may still be on their way from it
        to the file.

        Raises:
            Exception: `Faults.damaged` if it is cut off, or no SQLite database; an empty file is
                one. `Faults.unusable` if it cannot be read.
        """
        with _OPENING:
            file = _identity(self.path)
            # SQLite looks at the length as well, in other words.
            if file is None or not any(file == other.file for other in _CONNECTIONS):
                self._check_length()

    def _check_length(self) -> None:
        path = self.path
        try:
            complete = not _has_content(_log(path))
            with path.open("rb") as file:
                header = file.read(100)
                length = path.stat().st_size
        except IsADirectoryError as exc:
            raise self._faults.damage(path, "it is a folder") from exc
        except OSError as exc:
            raise self._faults.unusable(
                f"{self._faults.subject} {path} cannot be read ({exc.strerror})"
            ) from exc
        if not length:
            return
        if not header.startswith(b"SQLite format 3\0") or len(header) < 100:
            raise self._faults.damage(path, "it is no SQLite database")
        page = int.from_bytes(header[16:18], "big")
        expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
        if complete and length < expected:
            raise self._faults.damage(path, f"{length} bytes are left of {expected}")

    def damage(self, found: str) -> Exception:
        """Return the exception that tells what is wrong with the file, and what to do."""
        return self._faults.damage(self.path, found)

    @contextmanager
    def reading_values(self) -> Iterator[None]:
        """Report damage where rows cannot be made into values.

        SQLite itself finds a page that makes no sense, but no changed letter or type.
        """
        try:
            yield
        except (ValueError, TypeError, AttributeError) as exc:
            raise self.damage(str(exc)) from exc

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into those of `Faults`."""
        try:
            yield
        except sqlite3.OperationalError as exc:
            if any(words in str(exc) for words in _DAMAGES):
                raise self._faults.damage(self.path, str(exc)) from exc
            raise self._faults.unusable(
                f"{self._faults.subject} {self.path} cannot be used ({exc}); check that the disk "
                "has room and that the folder can be written"
            ) from exc
        # The second: a damaged schema, quoted byte by byte.
        except (sqlite3.DatabaseError, UnicodeDecodeError) as exc:
            raise self._faults.damage(self.path, str(exc)) from exc

    def _connection(self) -> sqlite3.Connection:
        own: _Connection | None = getattr(self._local, "own", None)
        file = _identity(self.path)
        # A folder that was deleted and made again holds another file than the one that is open.
        if own is None or (file is not None and file != own.file) or own.is_out_of_date(self.path):
            own = self._local.own = self._open()
        return own.db

    def _open(self) -> _Connection:
        try:
            return self._open_as(str(self.path))
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF not in _UNWRITABLE or not self.path.is_file():
                raise
            if _has_content(_log(self.path)):
                raise self._faults.unusable(
                    f"{self._faults.subject} {self.path} cannot be used ({exc}); its last changes "
                    f"are in {_log(self.path).name}, which cannot be read unless the folder can be "
                    "written and the disk has room; see to both"
                ) from exc
        # All of it is in the file itself, which can be read though nothing can be written.
        return self._open_as(f"{self.path.absolute().as_uri()}?immutable=1", immutable=True)

    def _open_as(self, name: str, *, immutable: bool = False) -> _Connection:
        version = _version(self.path) if immutable else None
        # One thread uses it, but whichever forgets the database last closes it.
        with _OPENING:
            db = sqlite3.connect(
                name, timeout=30, isolation_level=None, check_same_thread=False, uri=immutable
            )
            own = _Connection(db, _identity(self.path), version)
            _CONNECTIONS.add(own)
        if not immutable:
            survive_cutting(_beside(self.path, "shm"))
        for pragma in self._pragmas:
            db.execute(f"PRAGMA {pragma}")
        # The first look at the file: a folder that cannot be written shows here.
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
        return own


class _Connection:
    """Closes a connection when its thread has ended, which the connection itself does not.

    Attributes:
        file: Device and number of its file; None if the file was made with the connection.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        file: tuple[int, int] | None,
        version: tuple[int, int] | None,
    ) -> None:
        self.db = db
        self.file = file
        self._version = version

    def is_out_of_date(self, path: Path) -> bool:
        """Whether somebody wrote to the file though SQLite was told that it is immutable."""
        if self._version is None:
            return False
        return self._version != _version(path) or _has_content(_log(path))

    def __del__(self) -> None:
        self.db.close()


_CONNECTIONS: WeakSet[_Connection] = WeakSet()
"""The connections of this process."""


def _identity(path: Path) -> tuple[int, int] | None:
    found = _status(path)
    return (found.st_dev, found.st_ino) if found else None


def _version(path: Path) -> tuple[int, int] | None:
    found = _status(path)
    return (found.st_size, found.st_mtime_ns) if found else None


def _log(path: Path) -> Path:
    return _beside(path, "wal")


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}-{end}")


def _has_content(path: Path) -> bool:
    found = _status(path)
    return found is not None and found.st_size > 0


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
