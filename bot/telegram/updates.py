"""Updates in hand, each from its receipt to the moment that it is handled.

An update is kept in the inbox before Telegram is told that it came, and leaves it when it is
handled. So what waits, or what a kill or a power cut leaves, is handled at the next start, or by
another replica where they share the inbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from telegram import Bot, Update

from bot.errors import BotError
from bot.records import StateUnreachable
from bot.telegram.inbox import Inbox
from bot.telegram.metrics import Metrics
from bot.telegram.shared_inbox import BEAT_S, SharedInbox
from bot.telegram.transport import before_sending
from bot.telegram.workers import Workers

_log = logging.getLogger(__name__)

_IN_HAND = 1000
"""Updates in hand at once; Telegram keeps the others until there is room."""
_SEVERAL, _MOMENT_S = 8, 0.05
_FINISH_S = 8.0
"""How long the end waits for what is being answered: containers are killed after ten seconds."""
_RETRIED_OF_CHAT = 20
"""Updates of one chat that are tried again, as many as a group may get answers in a minute. Flood
control may last for hours, and no other chat shall wait for the room that more would take."""
_PAUSES_S = (20.0, 120.0, 600.0)
"""Before each new attempt, where Telegram could not be reached for the reply. The requests
themselves were repeated already; after a quarter of an hour nobody waits for the answer."""


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
        inbox: Inbox | SharedInbox,
        workers: Workers,
        metrics: Metrics,
        *,
        pauses_s: Sequence[float] = _PAUSES_S,
    ) -> None:
        self._bot = bot
        self._process = process
        self._inbox = inbox
        self._shared = inbox if isinstance(inbox, SharedInbox) else None
        self._workers = workers
        self._metrics = metrics
        self._pauses_s = pauses_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand: set[int] = set()
        self._unsent: set[int] = set()
        self._retried: dict[int, int] = {}
        self._sending: set[int] = set()
        self._finishing = asyncio.Event()
        self._syncing = asyncio.Lock()
        self._next_sync: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    def __len__(self) -> int:
        """Count the updates in hand."""
        return len(self._tasks)

    async def resume(self) -> None:
        """Handle the updates that an earlier process has left."""
        for update in await self._workers.note(self._inbox.pending):
            self._begin(update)

    async def receive(self, updates: list[dict[str, Any]]) -> None:
        """Keep updates for good, and begin to handle the new ones, which need not wait for that.

        What several callers bring meanwhile is synced to the disk together.
        """
        for update in updates:
            self._metrics.received(update)
        for update in await self._workers.note(self._inbox.put, updates):
            self._begin(update)
        if self._next_sync is None:
            self._next_sync = asyncio.create_task(self._sync())
        await asyncio.shield(self._next_sync)

    async def share(self) -> None:
        """Keep what is in hand, and take what another replica has left, until it is cancelled."""
        assert self._shared is not None, "replicas share it"
        reached = True
        while True:
            try:
                await self._workers.note(self._shared.prolong, tuple(self._in_hand))
                if self.has_room() and not self._finishing.is_set():
                    room = _IN_HAND - len(self)
                    for update in await self._workers.note(self._shared.pending, room):
                        self._begin(update)
                reached = True
            except BotError as exc:
                if reached:
                    _log.warning("%s", exc)
                reached = False
            await asyncio.sleep(BEAT_S)

    async def _sync(self) -> None:
        async with self._syncing:
            # Who comes from now on is too late for this one.
            self._next_sync = None
            await self._workers.note(self._inbox.sync)

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
            self._ended.clear()
            await self._ended.wait()

    def mark_unsent(self, update: Update) -> None:
        """Mark an update in hand whose reply did not reach Telegram: it is processed again."""
        self._unsent.add(update.update_id)

    def mark_unfinished(self, update: Update) -> None:
        """Mark an update that a database held up: it is processed again if nothing was sent."""
        if update.update_id not in self._sending:
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
        # Without its database, a lease runs out by itself.
        with contextlib.suppress(StateUnreachable):
            await self._workers.note(self._inbox.reset_starts)

    def _begin(self, update: dict[str, Any]) -> None:
        if update["update_id"] in self._in_hand:
            return  # taken again after its lease ran out, as while a database was away
        self._in_hand.add(update["update_id"])
        task = asyncio.create_task(self._handle(update))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ended.set()

    async def _handle(self, raw: dict[str, Any]) -> None:
        number = raw["update_id"]
        if self._shared is not None:
            before_sending.set(lambda: self._mark_sending(number))
        try:
            after = await self._handled(raw, number)
        finally:
            self._in_hand.discard(number)
            self._sending.discard(number)
            self._retried.pop(number, None)
        if not self._finishing.is_set():
            for update in after:
                self._begin(update)

    async def _handled(self, raw: dict[str, Any], number: int) -> Sequence[dict[str, Any]]:
        """Handle an update, and return those that could not be handled before it."""
        try:
            update = Update.de_json(raw, self._bot)
        except Exception as exc:  # noqa: BLE001
            # A future kind, or no update of Telegram's; the library may raise anything.
            _log.warning("update %s cannot be read (%s)", number, type(exc).__name__)
        else:
            if not await self._processed(update):
                return ()
        try:
            return await self._workers.note(self._inbox.done, number)
        except BotError:
            _log.exception("update %s is handled, but that cannot be written down", number)
            return ()

    async def _mark_sending(self, number: int) -> None:
        """Note that a message is about to be sent, unless another replica has the update."""
        assert self._shared is not None, "replicas share it"
        if number not in self._in_hand:
            return  # what is written after the answer
        self._sending.discard(number)
        if not await self._workers.note(self._shared.mark_sending, number):
            _log.warning("update %s was left to another replica", number)
            raise asyncio.CancelledError
        self._sending.add(number)

    async def _processed(self, update: Update) -> bool:
        """Process an update, again where its reply was not sent; False if the bot ends before."""
        for pause_s in (*self._pauses_s, None):
            await self._process(update)
            if update.update_id not in self._unsent:
                break
            self._unsent.discard(update.update_id)
            if self._shared is not None:
                with contextlib.suppress(BotError):
                    await self._workers.note(self._shared.mark_sending, update.update_id, False)
            if pause_s is None or not self._may_retry(update):
                _log.warning("update %s is given up, as nothing can be sent", update.update_id)
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finishing.wait(), pause_s)
                return False
        return True

    def _may_retry(self, update: Update) -> bool:
        """Note that an update is to be tried again; False if its chat has enough of these."""
        chat = update.effective_chat.id if update.effective_chat else 0
        self._retried[update.update_id] = chat
        return list(self._retried.values()).count(chat) <= _RETRIED_OF_CHAT
