"""Updates in hand, each from its receipt to the moment that it is handled.

An update is kept in the inbox before Telegram is told that it came, and leaves it when it is
handled. So what waits, or what a kill cuts off, is handled at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram import Bot, Update

from bot.errors import BotError
from bot.telegram.memory import EMPTY_LOG
from bot.telegram.metrics import Metrics
from bot.telegram.workers import Workers
from retrieval.index import Database

_log = logging.getLogger(__name__)

_IN_HAND = 1000
"""Updates in hand at once; Telegram keeps the others until there is room."""
_SEVERAL, _MOMENT_S = 8, 0.05
_FINISH_S = 8.0
"""How long the end waits for what is being answered: containers are killed after ten seconds."""
_PAUSES_S = (20.0, 120.0, 600.0)
"""Before each new attempt, where Telegram could not be reached for the reply. The requests
themselves were repeated already; after a quarter of an hour nobody waits for the answer."""
_STARTS = 3
"""An update that waits at so many starts may be what ends the process each time."""
_TOMBSTONE_S = 24 * 3600.0
"""Telegram keeps an update for a day, so none comes again later."""
_STEP = 1000
"""Rows that a purge drops at once."""


class Updates:
    """Hands updates on, and knows which are under way.

    Args:
        bot: Whose updates they are.
        process: Handles an update, and raises nothing.
        inbox: Keeps updates until they are handled.
        workers: The threads that read and write the inbox.
        metrics: Counts the updates.
        pauses_s: Before each new attempt for an update that was marked as unsent, in seconds.
    """

    def __init__(
        self,
        bot: Bot,
        process: Callable[[Update], Awaitable[None]],
        inbox: Inbox,
        workers: Workers,
        metrics: Metrics,
        *,
        pauses_s: Sequence[float] = _PAUSES_S,
    ) -> None:
        self._bot = bot
        self._process = process
        self._inbox = inbox
        self._workers = workers
        self._metrics = metrics
        self._pauses_s = pauses_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent: set[int] = set()
        self._finishing = asyncio.Event()

    def __len__(self) -> int:
        """Count the updates in hand."""
        return len(self._tasks)

    async def resume(self) -> None:
        """Handle the updates that an earlier process has left."""
        for update in await self._workers.note(self._inbox.pending):
            self._begin(update)

    async def receive(self, updates: list[dict[str, Any]]) -> None:
        """Keep updates for good, and begin to handle the new ones."""
        for update in updates:
            self._metrics.received(update)
        for update in await self._workers.note(self._inbox.put, updates):
            self._begin(update)

    def has_room(self) -> bool:
        """Whether another update may be received."""
        return len(self) < _IN_HAND

    async def wait_for_room(self) -> None:
        """Wait until another update may be received.

        With several in hand it waits a moment in any case, so that one poll brings more.
        """
        if len(self) > _SEVERAL:
            await asyncio.sleep(_MOMENT_S)
        while not self.has_room():
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def mark_unsent(self, update: Update) -> None:
        """Mark an update in hand whose reply did not reach Telegram: it is processed again."""
        self._unsent.add(update.update_id)

    async def finish(self) -> None:
        """Finish the updates whose turn has come; the inbox keeps the others."""
        self._finishing.set()
        loop = asyncio.get_running_loop()
        end = loop.time() + _FINISH_S
        while self._tasks and loop.time() < end:
            for task in self._tasks & self._workers.waiting:
                task.cancel()
            await asyncio.wait(
                self._tasks, timeout=end - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
        late = list(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._workers.note(self._inbox.reset_starts)

    def _begin(self, update: dict[str, Any]) -> None:
        task = asyncio.create_task(self._handle(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, raw: dict[str, Any]) -> None:
        number = raw["update_id"]
        try:
            update = Update.de_json(raw, self._bot)
        except Exception as exc:  # noqa: BLE001
            # A future kind, or no update of Telegram's; the library may raise anything.
            _log.warning("update %s cannot be read (%s)", number, type(exc).__name__)
        else:
            if not await self._processed(update):
                return
        try:
            await self._workers.note(self._inbox.done, number)
        except BotError:
            _log.exception("update %s is handled, but that cannot be written down", number)

    async def _processed(self, update: Update) -> bool:
        """Process an update, again where its reply was not sent; False if the bot ends before."""
        for pause_s in (*self._pauses_s, None):
            await self._process(update)
            if update.update_id not in self._unsent:
                break
            self._unsent.discard(update.update_id)
            if pause_s is None:
                _log.warning("update %s is given up, as nothing can be sent", update.update_id)
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finishing.wait(), pause_s)
                return False
        return True


class Inbox:
    """The updates in the bot's file; every method may be called from any thread.

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
        """Erase an update that was handled; its id is kept for another day."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM waiting WHERE update_id = ?", (update_id,))
            db.execute("INSERT OR REPLACE INTO handled VALUES (?, ?)", (update_id, self._clock()))

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
        stale = self._clock() - _TOMBSTONE_S
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
