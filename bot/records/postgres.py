"""PostgreSQL: the database that replicas of the bot share, with a connection for each thread.

Every call ends within seconds, also where the server hangs, and a connection that broke is made
anew at the next call. The address may hold a password, so it is in no message and no traceback.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.errors import BotError
from bot.records.storage import Transaction, Values

if TYPE_CHECKING:
    import psycopg

_STATEMENT_S = 10
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 1000 * _STATEMENT_S,
    "application_name": "excerpta",
}
"""Options of a connection that the address may override."""
_ANSWER_S = 15.0
"""The client's own limit, for a server that does not keep to that of a statement."""
_SESSION = (
    f"SET statement_timeout = '{_STATEMENT_S}s'",
    f"SET lock_timeout = '{_STATEMENT_S}s'",
    f"SET idle_in_transaction_session_timeout = '{_STATEMENT_S}s'",
)
_TYPES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("BLOB", "BYTEA"),
    ("REAL", "DOUBLE PRECISION"),
    (" WITHOUT ROWID", ""),
)
"""What SQLite's words for types are in PostgreSQL."""
_FORMAT = 1
SCHEMAS = "excerpta_"
"""How the names of the bots' schemas begin."""


class StateUnreachable(BotError):
    """PostgreSQL does not answer; it may do so again in a moment."""


class PostgresStorage:
    """The database of one bot; every method may be called from any thread.

    Args:
        address: A URL of PostgreSQL.
        name: The bot's: in Telegram its id. Each has a schema of its own there.

    Raises:
        BotError: The driver is not installed, or the address makes no sense.
    """

    def __init__(self, address: SecretStr, name: int | str) -> None:
        try:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict, make_conninfo
        except ImportError as exc:
            raise BotError(
                f"telegram.state names PostgreSQL, and its driver cannot be loaded ({exc}): "
                "pip install 'excerpta[postgres]'"
            ) from None
        try:
            options = conninfo_to_dict(address.get_secret_value())
            self._conninfo = make_conninfo("", **_DEFAULTS | options)
        except psycopg.ProgrammingError:
            # Not chained, as its message quotes the address.
            raise BotError(
                "telegram.state is no address that PostgreSQL's driver reads; wanted "
                "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            ) from None
        self._password = str(options.get("password") or "")
        named = {key: options.get(key) for key in ("host", "dbname")}
        self._name = " ".join(f"{key} {value}" for key, value in named.items() if value)
        self._schema = f"{SCHEMAS}{name}"
        self._psycopg = psycopg
        self._local = threading.local()
        self._connections: list[psycopg.Connection[Any]] = []

    @classmethod
    def open(cls, address: SecretStr, name: int | str, schema: Sequence[str]) -> PostgresStorage:
        """Connect, and make the tables unless they are there.

        Args:
            address: A URL of PostgreSQL.
            name: The bot's.
            schema: Statements that make the tables, in SQLite's words.

        Raises:
            BotError: The driver is not installed, the server is out of reach, or the tables have
                another format or cannot be used by this user.
        """
        database = cls(address, name)
        name = database._schema
        try:
            with database.transaction() as db:
                # Replicas that start together wait for one another.
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))
                found = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
                if not db.execute(found, (name,)).fetchone():
                    db.execute(f"CREATE SCHEMA {name}")
                tables = "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'format'"
                if not db.execute(tables, (name,)).fetchone():
                    for statement in schema:
                        db.execute(_in_postgres(statement))
                    db.execute("CREATE TABLE format AS SELECT CAST(? AS integer) AS n", (_FORMAT,))
                number = db.execute(f"SELECT n FROM {name}.format").fetchone()[0]
        except BaseException:
            database.close()
            raise
        if number != _FORMAT:
            database.close()
            raise BotError(
                f"the schema {name} in PostgreSQL has format {number}, this version of Excerpta "
                f"reads format {_FORMAT}: name another database in telegram.state"
            )
        return database

    def one(self, sql: str, values: Values = ()) -> tuple[Any, ...]:
        """Return the first row, which must be there."""
        rows = self.query(sql, values)
        if not rows:
            raise BotError(f"the bot's state in PostgreSQL ({self._name}) lacks a row")
        return rows[0]

    def query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return all rows."""
        with self._explained(), self._cursor(sql, values) as cursor:
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write all or nothing."""
        with self._explained():
            self._cursor("BEGIN").close()
            connection = self._connection()
            try:
                yield _Open(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(self._psycopg.Error):
                    connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """Do nothing: PostgreSQL's autovacuum sees to it."""

    def rewrite(self) -> None:
        """Let the room of deleted rows be written over."""
        for table in ("answers", "conversations", "votes", "languages", "unknown_languages"):
            self.query(f"VACUUM {table}")

    def close(self) -> None:
        """Close all connections; the next use opens others."""
        while self._connections:
            self._connections.pop().close()
        self._local.__dict__.clear()

    def _cursor(self, sql: str, values: Values = ()) -> psycopg.Cursor[Any]:
        """Run the first statement of a kind, again where the connection broke while it was idle."""
        connection = self._connection()
        try:
            return connection.execute(_translated(sql), values)
        except (self._psycopg.OperationalError, self._psycopg.InterfaceError):
            if not connection.closed:
                raise
            return self._connection().execute(_translated(sql), values)

    def _connection(self) -> psycopg.Connection[Any]:
        found: psycopg.Connection[Any] | None = getattr(self._local, "own", None)
        if found is None or found.closed:
            if found in self._connections:
                self._connections.remove(found)
            found = self._local.own = self._connect()
            self._connections.append(found)
        return found

    def _connect(self) -> psycopg.Connection[Any]:
        connection = _bounded().connect(self._conninfo, autocommit=True)
        for setting in (*_SESSION, f"SET search_path = {self._schema}"):
            connection.execute(setting)
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the driver's errors into the bot's; no message of its own is chained or whole."""
        known = self._psycopg
        try:
            yield
        except (known.OperationalError, known.InterfaceError, known.InternalError) as exc:
            fault: BotError = StateUnreachable(
                f"the bot's state in PostgreSQL ({self._name}) is out of reach "
                f"({self._said(exc)}); see that the server runs and that telegram.state is right"
            )
        except known.errors.InsufficientPrivilege as exc:
            fault = BotError(
                f"the bot's state in PostgreSQL ({self._name}) cannot be used ({self._said(exc)}); "
                f"let the user of telegram.state make the schema {self._schema} (GRANT CREATE ON "
                "DATABASE) or own it"
            )
        except known.Error as exc:
            fault = BotError(
                f"the bot's state in PostgreSQL ({self._name}) cannot be used ({self._said(exc)}); "
                "name another database in telegram.state, or report this"
            )
        else:
            return
        raise fault from None

    def _said(self, error: Exception) -> str:
        """Return the first line of a message, without the password if it should be there."""
        first = (str(error).strip() or type(error).__name__).partition("\n")[0]
        return first.replace(self._password, "...") if self._password else first


class _Open:
    """A transaction on a connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Values = ()) -> psycopg.Cursor[Any]:
        """Run a statement."""
        return self._connection.execute(_translated(sql), values)


@cache
def _bounded() -> type[psycopg.Connection[Any]]:
    """Make the class of connections that wait for no answer longer than `_ANSWER_S`."""
    import psycopg

    class Bounded(psycopg.Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401
            try:
                return super().wait(gen, interval, min(timeout or _ANSWER_S, _ANSWER_S))
            except psycopg.errors._WaitTimeout:
                # What it would answer later must not be taken for the next answer.
                self.pgconn.finish()
                raise psycopg.OperationalError(f"no answer within {_ANSWER_S:.0f} s") from None

    return Bounded


@cache
def _translated(sql: str) -> str:
    """Write `?` and `:name` as psycopg does."""
    return re.sub(r"\?|(?<!:):(\w+)", lambda found: f"%({found[1]})s" if found[1] else "%s", sql)


def _in_postgres(statement: str) -> str:
    """Write a statement that makes a table in PostgreSQL's words."""
    for word, other in _TYPES:
        statement = statement.replace(word, other)
    return re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'", statement)
