"""The inbox: updates on the disk, from their receipt to the moment that they are handled.

What Telegram was told of is lost to no power cut, so the inbox is synced to the disk. That takes
milliseconds, in which nobody else can write to its file: hence it is one apart from the bot's
memory, which may lose its last minutes.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.records import EMPTY_LOG, PRAGMAS, open_file
from retrieval.index import Database, Faults

_log = logging.getLogger(__name__)

HIGHEST_ID = 2**63 - 1
"""The highest update id that it can keep, the largest integer of SQLite."""
_STARTS = 3
"""An update that waits at so many starts may be what ends the process each time."""
_TOMBSTONE_S = 24 * 3600.0
"""Telegram keeps an update for a day, so none comes again later."""
_STEP = 1000
"""Rows that a purge drops at once."""
_FORMAT = 1

_SCHEMA = (
    # Telegram chooses update ids anew after a week without updates, so they do not tell the order.
    "CREATE TABLE waiting (number INTEGER PRIMARY KEY, update_id INTEGER NOT NULL UNIQUE,"
    " payload TEXT NOT NULL, starts INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE handled (update_id INTEGER PRIMARY KEY, at REAL NOT NULL)",
    "CREATE INDEX handled_at ON handled (at)",
    "CREATE TABLE syncs (number INTEGER NOT NULL)",
    "INSERT INTO syncs VALUES (0)",
)

_FAULTS = Faults(
    "the bot's inbox",
    BotError,
    BotError,
    "move it away and start the bot again (only what waits for an answer is lost)",
)


class Inbox:
    """The updates in the bot's file; every method may be called from any thread.

    Args:
        path: The file, which `open` has made.
        clock: Seconds since 1970.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._db = Database(path, _FAULTS, PRAGMAS)
        # In a write-ahead log, FULL syncs the log with each commit, and all commits before it.
        # On macOS it takes the second as well to get past the drive's own cache.
        self._synced = Database(path, _FAULTS, (*PRAGMAS, "synchronous = FULL", "fullfsync = ON"))
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, bot_id: int, *, clock: Callable[[], float] = time.time) -> Inbox:
        """Open a bot's inbox, or make it, for its owner alone.

        Args:
            folder: Is made if it is not there.
            bot_id: Telegram's id of the bot; each has its own file.
            clock: Seconds since 1970.

        Raises:
            BotError: The file cannot be used, is damaged, or has another format.
        """
        path = folder / f"{bot_id}.inbox.sqlite"
        open_file(path, _FAULTS, _FORMAT, _SCHEMA).close()
        return cls(path, clock)

    def put(self, updates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep updates, all or none, and return those that were never seen before.

        A kill cannot take them away any more, and a power cut only until `sync` returns.

        Args:
            updates: As Telegram sent them, each with an `update_id` up to `HIGHEST_ID`.
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

    def sync(self) -> None:
        """Return when all that was put is on the disk for good."""
        with self._synced.transaction() as db:
            db.execute("UPDATE syncs SET number = number + 1")

    def done(self, update_id: int) -> Sequence[dict[str, Any]]:
        """Erase an update that was handled; its id is kept for another day.

        Returns:
            Updates to handle now; there are none, as `put` returned them.
        """
        with self._db.transaction() as db:
            db.execute("DELETE FROM waiting WHERE update_id = ?", (update_id,))
            db.execute("INSERT OR REPLACE INTO handled VALUES (?, ?)", (update_id, self._clock()))
        return ()

    def pending(self) -> list[dict[str, Any]]:
        """Return the updates that an earlier process has left, in the order of their arrival.

        It is called once, at the start: an update that is found at `_STARTS` starts is given up.
        """
        with self._db.transaction() as db:
            db.execute("UPDATE waiting SET starts = starts + 1")
            rows = db.execute("SELECT payload, starts FROM waiting ORDER BY number").fetchall()
        found = [(json.loads(payload), starts) for payload, starts in rows]
        for update, starts in found:
            if starts >= _STARTS:
                kind = next((key for key in update if key != "update_id"), "unknown")
                _log.warning(
                    "update %s (%s) was not handled before %s starts and is given up",
                    *(update["update_id"], kind, starts),
                )
                self.done(update["update_id"])
        return [update for update, starts in found if starts < _STARTS]

    def reset_starts(self) -> None:
        """Set the starts of waiting updates to zero: the process ended in good order."""
        with self._db.transaction() as db:
            db.execute("UPDATE waiting SET starts = 0")

    def purge(self) -> None:
        """Forget the ids that cannot come again, and wipe erased updates; it is called hourly.

        SQLite overwrites a row that it deletes, but not the copy that is left where it once moved
        the row to another page. So the table, which holds little, is emptied and filled again.
        """
        now = self._clock()
        with self._db.transaction() as db:
            # Written while the clock was ahead, it would be kept for longer.
            db.execute("UPDATE handled SET at = :now WHERE at > :now", {"now": now})
        stale = now - _TOMBSTONE_S
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

    def check(self) -> None:
        """Look into the file.

        Raises:
            BotError: It cannot be read.
        """
        self._db.one("SELECT number FROM syncs")

    def close(self) -> None:
        """Close this thread's connections; others close when their threads end."""
        self._db.close()
        self._synced.close()
