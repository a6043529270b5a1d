"""The shared inbox: updates that replicas share in PostgreSQL, each handled by one at a time.

A replica takes an update for some seconds and prolongs that while it handles it; what a dead one
had is free when they are over. Of an asker's updates in one chat only the first that waits can be
taken, so they are handled in the order of their arrival, whichever replica they came to.

Right before a message is sent the update is marked. Whoever takes over a marked one cannot know
whether the message arrived, and does not send it again; and who lost an update meanwhile finds out
then, and sends nothing.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from bot.records import Storage, Transaction

_log = logging.getLogger(__name__)

LEASE_S = 20.0
"""Half a dozen calls of PostgreSQL may fail before an update is lost to another replica."""
BEAT_S = 2.0
"""Between prolongations; so long may pass until somebody takes what is free."""
_STARTS = 3
"""An update that so many replicas died of may be what ends them."""
_TOMBSTONE_S = 24 * 3600.0
"""Telegram keeps an update for a day, so none comes again later."""
_REPLICA = "replica "
"""How the names of the leases begin by which replicas know of each other."""
_NOW = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
"""The server's clock: those of the replicas may differ."""

SCHEMA = (
    "CREATE TABLE updates (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " update_id INTEGER NOT NULL UNIQUE, asker TEXT, payload TEXT NOT NULL,"
    " holder TEXT, until REAL NOT NULL DEFAULT 0, starts INTEGER NOT NULL DEFAULT 0,"
    " sending INTEGER NOT NULL DEFAULT 0, handled REAL)",
    "CREATE INDEX updates_waiting ON updates (asker, number) WHERE handled IS NULL",
    "CREATE INDEX updates_handled ON updates (handled) WHERE handled IS NOT NULL",
    "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL)",
)

_TAKE = (
    f"UPDATE updates SET holder = :me, until = {_NOW} + :lease, starts = starts + 1"
    " WHERE update_id IN (SELECT update_id FROM updates AS mine"
    f" WHERE handled IS NULL AND until < {_NOW} AND (asker IS NULL OR NOT EXISTS (SELECT 1"
    " FROM updates AS earlier WHERE earlier.handled IS NULL AND earlier.asker = mine.asker"
    " AND earlier.number < mine.number)) AND {} ORDER BY number LIMIT :room"
    " FOR UPDATE OF mine SKIP LOCKED) RETURNING number, payload, starts, sending"
)
_TAKE_THESE = _TAKE.format("update_id = ANY(:ids)")
_TAKE_NEXT = _TAKE.format("asker = :asker")
_TAKE_ANY = _TAKE.format("TRUE")


class SharedInbox:
    """The updates of one bot in PostgreSQL; every method may be called from any thread.

    Args:
        database: With the tables of `SCHEMA`.
        lease_s: How long an update is a replica's without being prolonged, in seconds.
    """

    def __init__(self, database: Storage, lease_s: float = LEASE_S) -> None:
        self._db = database
        self._me = secrets.token_hex(8)
        self._lease_s = lease_s

    def put(self, updates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep updates for good, all or none, and return those of them to handle now.

        Args:
            updates: As Telegram sent them, each with an `update_id`.
        """
        askers = {update["update_id"]: asker_of(update) for update in updates}
        with self._db.transaction() as db:
            for asker in sorted({asker for asker in askers.values() if asker}):
                _lock(db, asker)
            for update in updates:
                db.execute(
                    "INSERT INTO updates (update_id, asker, payload) VALUES (?, ?, ?)"
                    " ON CONFLICT (update_id) DO NOTHING",
                    (update["update_id"], askers[update["update_id"]], json.dumps(update)),
                )
            return self._take(db, _TAKE_THESE, len(updates), ids=list(askers))

    def sync(self) -> None:
        """Do nothing: what PostgreSQL has confirmed is on its disk."""

    def done(self, update_id: int) -> list[dict[str, Any]]:
        """Erase an update that was handled, and return its asker's next, if it is free."""
        with self._db.transaction() as db:
            held = db.execute(
                "SELECT asker FROM updates WHERE update_id = ? AND holder = ?",
                (update_id, self._me),
            ).fetchone()
            if held is None:
                return []
            asker = held[0]
            if asker:
                _lock(db, asker)
            self._erase(db, update_id)
            return self._take(db, _TAKE_NEXT, 1, asker=asker) if asker else []

    def pending(self, room: int = 1000) -> list[dict[str, Any]]:
        """Take updates that no replica has, at most so many."""
        with self._db.transaction() as db:
            return self._take(db, _TAKE_ANY, room)

    def prolong(self, update_ids: Collection[int]) -> None:
        """Keep the updates that are being handled."""
        with self._db.transaction() as db:
            db.execute(
                f"UPDATE updates SET until = {_NOW} + ? WHERE update_id = ANY(?)"
                " AND holder = ? AND handled IS NULL",
                (self._lease_s, list(update_ids), self._me),
            )

    def mark_sending(self, update_id: int, sending: bool = True) -> bool:
        """Note whether a message may be on its way; False if another replica has the update."""
        with self._db.transaction() as db:
            marked = db.execute(
                "UPDATE updates SET sending = ? WHERE update_id = ? AND holder = ?",
                (int(sending), update_id, self._me),
            )
        return bool(marked.rowcount)

    def reset_starts(self) -> None:
        """Leave what is not handled to other replicas: this one ends in good order."""
        with self._db.transaction() as db:
            db.execute(
                "UPDATE updates SET until = 0, starts = 0, holder = NULL"
                " WHERE holder = ? AND handled IS NULL",
                (self._me,),
            )
            db.execute("DELETE FROM leases WHERE holder = ?", (self._me,))

    def purge(self) -> None:
        """Forget the ids that cannot come again; it is called hourly."""
        with self._db.transaction() as db:
            db.execute(f"DELETE FROM updates WHERE handled < {_NOW} - ?", (_TOMBSTONE_S,))
            db.execute(f"DELETE FROM leases WHERE until < {_NOW}")

    def check(self) -> None:
        """Ask PostgreSQL for something.

        Raises:
            BotError: It does not answer.
        """
        self._db.one("SELECT 1")

    def lead(self, what: str, seconds: float) -> bool:
        """Whether this replica alone does something for so long; it may ask again to go on."""
        with self._db.transaction() as db:
            taken = db.execute(
                f"INSERT INTO leases VALUES (:what, :me, {_NOW} + :seconds) ON CONFLICT (name)"
                " DO UPDATE SET holder = excluded.holder, until = excluded.until"
                f" WHERE leases.holder = excluded.holder OR leases.until < {_NOW}",
                {"what": what, "me": self._me, "seconds": seconds},
            )
        return bool(taken.rowcount)

    def replicas(self) -> int:
        """Say that this replica lives, and count those that do."""
        self.lead(f"{_REPLICA}{self._me}", self._lease_s)
        found = f"SELECT count(*) FROM leases WHERE starts_with(name, ?) AND until > {_NOW}"
        return int(self._db.one(found, (_REPLICA,))[0])

    def close(self) -> None:
        """Close the connections."""
        self._db.close()

    def _take(
        self,
        db: Transaction,
        statement: str,
        room: int,
        **where: object,
    ) -> list[dict[str, Any]]:
        """Take updates, in the order of their arrival, and give up those that cannot go on."""
        values = {"me": self._me, "lease": self._lease_s, "room": room, **where}
        updates = []
        for _, payload, starts, sending in sorted(db.execute(statement, values).fetchall()):
            update = json.loads(payload)
            if not sending and starts <= _STARTS:
                updates.append(update)
                continue
            number = update["update_id"]
            if sending:
                _log.warning("update %s was being answered by a replica that died", number)
            else:
                _log.warning("update %s was not handled by %s replicas", number, _STARTS)
            self._erase(db, number)
        return updates

    def _erase(self, db: Transaction, update_id: int) -> None:
        db.execute(
            f"UPDATE updates SET handled = {_NOW}, payload = '', asker = NULL, holder = NULL"
            " WHERE update_id = ?",
            (update_id,),
        )


def asker_of(update: dict[str, Any]) -> str | None:
    """Name the chat and the user of an update; None for what need not keep an order."""
    for kind, content in update.items():
        if kind != "inline_query" and isinstance(content, dict):
            message: Any = content.get("message") if kind == "callback_query" else content
            try:
                chat = message["chat"]
                return f"{int(chat['id'])}:{int((content.get('from') or chat)['id'])}"
            except (KeyError, TypeError, ValueError):
                return None
    return None


def _lock(db: Transaction, asker: str) -> None:
    """Let nobody else put or end an asker's updates before the transaction ends."""
    db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (asker,))
