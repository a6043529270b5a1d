"""The quotas of users that replicas of the bot count together."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from bot.quota import Verdict
from bot.records import Storage

_WINDOW_S = 60.0
SCHEMA = (
    'CREATE TABLE quotas ("user" BLOB PRIMARY KEY, times TEXT NOT NULL, told INTEGER NOT NULL,'
    " at REAL NOT NULL)",
)


class SharedQuota:
    """The quotas of all replicas in one database; every method may be called from any thread.

    It lets questions wait, as the shared inbox hands out one of a user in a chat at a time.

    Args:
        database: With the tables of `SCHEMA`.
        pseudonym: Returns what stands for a user there.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        database: Storage,
        pseudonym: Callable[[int], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = database
        self._pseudonym = pseudonym
        self._clock = clock

    def admit(self, user: int, per_minute: int) -> Verdict:
        """Count a question, if it is admitted, as one of so many in any sixty seconds."""
        now, name = self._clock(), self._pseudonym(user)
        with self._db.transaction() as db:
            db.execute('DELETE FROM quotas WHERE "user" = ? AND at < ?', (name, now - _WINDOW_S))
            db.execute(
                "INSERT INTO quotas VALUES (?, '[]', 0, ?) ON CONFLICT (\"user\")"
                " DO UPDATE SET at = excluded.at",
                (name, now),
            )
            held, told = db.execute(
                'SELECT times, told FROM quotas WHERE "user" = ?', (name,)
            ).fetchone()
            times = [at for at in json.loads(held) if now - at < _WINDOW_S]
            full = len(times) >= per_minute
            times = times if full else [*times, now]
            db.execute(
                'UPDATE quotas SET times = ?, told = ? WHERE "user" = ?',
                (json.dumps(times), int(full), name),
            )
        if not full:
            return Verdict.ADMITTED
        return Verdict.TOLD if told else Verdict.TOO_FAST

    def wait_s(self, user: int, per_minute: int) -> float:
        """Return the seconds until a user may ask again; 0 for one who may ask now."""
        rows = self._db.query('SELECT times FROM quotas WHERE "user" = ?', (self._pseudonym(user),))
        times: list[float] = [at for (held,) in rows for at in json.loads(held)]
        if len(times) < per_minute:
            return 0.0
        return max(0.0, times[0] + _WINDOW_S - self._clock())

    def purge(self) -> None:
        """Forget who has not asked for a minute."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM quotas WHERE at < ?", (self._clock() - _WINDOW_S,))
