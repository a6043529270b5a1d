"""The inbox: updates that were received and are not yet handled, kept where a kill loses none."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from retrieval.index import Database

INBOX_SCHEMA = (
    # Telegram chooses update ids anew after a week without updates, so they do not tell the order.
    "CREATE TABLE waiting (number INTEGER PRIMARY KEY, update_id INTEGER NOT NULL UNIQUE,"
    " payload TEXT NOT NULL, starts INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE handled (update_id INTEGER PRIMARY KEY, at REAL NOT NULL)",
    "CREATE INDEX handled_at ON handled (at)",
)

EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Moves the write-ahead log, which still holds what was erased, into the file."""
STARTS = 3
"""An update that is found waiting at so many starts may be what ends the process each time."""
TOMBSTONE_S = 24 * 3600.0
"""Telegram keeps an update for a day, so none comes again later."""

_STEP = 1000

_log = logging.getLogger(__name__)


class Inbox:
    """The updates in the bot's database; every method may be called from any thread.

    Args:
        database: The one that `State.open` has made; its connections delete securely.
        clock: Seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._db = database
        self._clock = clock

    def put(self, updates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep updates, all or none, and return those that were never seen before.

        Args:
            updates: As Telegram sent them, each with an integer `update_id`.
        """
        with self._db.transaction() as db:
            return [
                update
                for update in updates
                # ASCII, since half a surrogate pair is valid JSON but no text for SQLite.
                if db.execute(
                    "INSERT INTO waiting (update_id, payload) SELECT :id, :payload"
                    " WHERE NOT EXISTS (SELECT 1 FROM handled WHERE update_id = :id)"
                    " ON CONFLICT DO NOTHING",
                    {"id": update["update_id"], "payload": json.dumps(update)},
                ).rowcount
            ]

    def done(self, update_id: int) -> None:
        """Erase an update that was handled; that it was seen is known for another day."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM waiting WHERE update_id = ?", (update_id,))
            db.execute("INSERT OR REPLACE INTO handled VALUES (?, ?)", (update_id, self._clock()))

    def pending(self) -> list[dict[str, Any]]:
        """Return what an earlier process has left, in the order of its arrival.

        To be called once, at the start: what is found at `STARTS` starts is given up.
        """
        with self._db.transaction() as db:
            db.execute("UPDATE waiting SET starts = starts + 1")
            rows = db.execute("SELECT payload, starts FROM waiting ORDER BY number").fetchall()
        found = [(json.loads(payload), starts) for payload, starts in rows]
        for update, starts in found:
            if starts >= STARTS:
                kind = next((key for key in update if key != "update_id"), "unknown")
                _log.warning(
                    "update %s (%s) was not handled before %s starts and is given up",
                    *(update["update_id"], kind, starts),
                )
                self.done(update["update_id"])
        return [update for update, starts in found if starts < STARTS]

    def rest(self) -> None:
        """Acquit what still waits, at an orderly end: it is not what ends the process."""
        with self._db.transaction() as db:
            db.execute("UPDATE waiting SET starts = 0")

    def purge(self) -> None:
        """Forget updates that cannot come again, and wipe what was erased; for every hour.

        SQLite overwrites a row that it deletes, but not the copy that is left where it once moved
        the row to another page. So the table, which holds little, is emptied and filled again.
        """
        stale = self._clock() - TOMBSTONE_S
        rowcount = _STEP
        while rowcount == _STEP:
            with self._db.transaction() as db:
                rowcount = db.execute(
                    "DELETE FROM handled WHERE update_id IN"
                    f" (SELECT update_id FROM handled WHERE at < ? LIMIT {_STEP})",
                    (stale,),
                ).rowcount
        with self._db.transaction() as db:
            rows = db.execute("SELECT * FROM waiting ORDER BY number").fetchall()
            db.execute("DELETE FROM waiting")
            db.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?)", rows)
        self._db.query(EMPTY_LOG)
