"""The service: it starts and stops the bot, and runs the tasks beside the updates."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic import SecretStr
from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ContextTypes

from bot.conversation import Introductions
from bot.encoder_choice import how_to_switch
from bot.errors import BotError
from bot.library import Library
from bot.records import PostgresStorage, State, StateUnreachable, default_place, schema
from bot.refresh_process import Refresher
from bot.serving import until_signal
from bot.telegram.access import Access
from bot.telegram.addressing import place_of
from bot.telegram.alarms import Alarms
from bot.telegram.application import UPDATES, build, check_token, register
from bot.telegram.commands import Commands, set_menus
from bot.telegram.handlers import Handlers, Inline
from bot.telegram.inbox import Inbox
from bot.telegram.limiter import Limiter, Rates
from bot.telegram.metrics import Metrics
from bot.telegram.monitor import Health, Monitor, Status
from bot.telegram.outbox import Outbox
from bot.telegram.polling import Polling
from bot.telegram.refresh_job import RefreshJob
from bot.telegram.replies import Replies
from bot.telegram.shared_inbox import BEAT_S, LEASE_S, SharedInbox
from bot.telegram.shared_inbox import SCHEMA as INBOX
from bot.telegram.shared_quota import SCHEMA as QUOTAS
from bot.telegram.shared_quota import SharedQuota
from bot.telegram.switch_hint import SwitchHint
from bot.telegram.transport import TelegramFault, TokenRefused, readable
from bot.telegram.updates import Updates
from bot.telegram.views import language_of, notices
from bot.telegram.webhook import Webhook, address_of
from bot.telegram.workers import Workers
from bot.telegram.written_answers import WrittenAnswers
from config import TelegramSettings, UpdateMode
from retrieval.errors import IndexFault

_log = logging.getLogger(__name__)

_SILENCE_S = 90.0
"""A poll ends within half a minute; three in a row without an answer are an outage."""
_HOUR_S = 3600.0
_SETTLED_S = 5.0
"""After the start; who sends /start before that waits for what it says."""


class Service:
    """A bot that serves one library.

    Args:
        library: The articles and what answers from them.
        token: The bot's token.
        refresher: Refreshes the index.
        rates: How much may be sent; by default, as much as Telegram and the settings allow.

    Raises:
        TelegramFault: The token is malformed, or the proxy or the webhook's address is wrong.
        BotError: The bot's memory or its inbox cannot be read.
    """

    def __init__(
        self,
        library: Library,
        token: SecretStr,
        refresher: Refresher,
        *,
        rates: Rates | None = None,
    ) -> None:
        self._library = library
        self._settings = settings = library.settings.telegram
        self._metrics = Metrics()
        self._limiter = Limiter(rates or Rates(overall_per_s=settings.messages_per_second))
        self._address = address_of(token, settings)
        self._application = build(token, settings, self._limiter, self._metrics)
        self._bot = self._application.bot
        self._workers = Workers()
        self._outbox = Outbox(self._bot)
        self._shared: SharedInbox | None = None
        self._shared_quota: SharedQuota | None = None
        self._state, self._inbox = self._open_state(
            int(token.get_secret_value().replace("-", ":").partition(":")[0])
        )
        self._updates = Updates(
            self._bot,
            self._application.process_update,
            self._inbox,
            self._workers,
            self._metrics,
        )
        self._alarms = Alarms(
            *(self._outbox.tell, settings.administrators, language_of(None), time.monotonic),
            alone=self._alone,
        )
        self._refresh_job = RefreshJob(
            refresher, library.searcher.reload, self._outbox, self._alarms, self._metrics
        )
        self._receiver: Polling | Webhook | None = None
        self._introductions: Introductions | None = None
        self._refused: TokenRefused | None = None
        self._stop = asyncio.Event()
        self._leading = asyncio.Event()

    def _open_state(self, bot_id: int) -> tuple[State, Inbox | SharedInbox]:
        """Open the memory and the inbox, in files or in a database that replicas share."""
        settings = self._settings
        place = settings.state or default_place()
        if not isinstance(place, SecretStr):
            state = State.open(
                *(place, bot_id),
                keep_days=settings.keep_days,
                conversation_minutes=settings.conversation_minutes,
            )
            return state, Inbox.open(place, bot_id)
        tables = (*schema(), *INBOX, *QUOTAS)
        database = PostgresStorage.open(place, bot_id, tables)
        self._shared = SharedInbox(database)
        state = State(
            database,
            keep_days=settings.keep_days,
            conversation_minutes=settings.conversation_minutes,
        )
        self._shared_quota = SharedQuota(database, state.pseudonym)
        self._limiter.share(self._shared.replicas())
        return state, self._shared

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set; then finish the answers in hand, and keep the other updates.

        Raises:
            TelegramFault: The token is refused, Telegram is out of reach at the start, another
                process polls with the same token, or Telegram does not take the webhook's address.
            BotError: A port is taken.
        """
        self._stop = stop
        try:
            async with AsyncExitStack() as stack:
                stack.callback(self._close)
                # The library does not clean up where initialising fails half way.
                stack.push_async_callback(self._bot.shutdown)
                await readable(self._application.initialize())
                stack.push_async_callback(self._application.shutdown)
                written_answers = self._register_handlers(stack)
                stack.push_async_callback(written_answers.close)
                if self._settings.monitor_port is not None:
                    monitor = Monitor(
                        *(self._health, self._metrics_text),
                        check=lambda: self._workers.note(self._inbox.check),
                    )
                    await stack.enter_async_context(
                        monitor.serving(self._settings.monitor_port, self._settings.monitor_listen)
                    )
                if self._settings.watch:
                    self._refresh_job.watch()
                beside = [self._menus(), self._purge_hourly(), self._introduce()]
                if self._shared is not None:
                    beside += [self._updates.share(), self._share_rate(self._shared)]
                for work in beside:
                    await stack.enter_async_context(_in_background(work))
                stack.push_async_callback(self._finish)
                await self._updates.resume()
                _log.info("answering as @%s", self._bot.username)
                await self._receive_updates(stop)
        except TelegramError as exc:
            raise TelegramFault.of(exc) from None

    def _register_handlers(self, stack: AsyncExitStack) -> WrittenAnswers:
        """Make the handlers, which know the bot's name, and register them."""
        replies = Replies(self._library, self._state, self._bot.username)
        stack.callback(replies.introductions.close)
        self._introductions = replies.introductions
        shared = (replies, self._outbox, self._workers)
        access = Access(*shared, self._settings, self._shared_quota)
        written_answers = WrittenAnswers(self._library.writer, *shared)
        switch_hint = SwitchHint(
            *(replies, self._workers, self._outbox.tell, self._settings.administrators),
            switch=how_to_switch(self._library.settings),
        )
        handlers = Handlers(
            *shared,
            *(access, written_answers, switch_hint),
            *(self._limiter, self._metrics, self._settings),
        )
        inline = Inline(*shared, access, self._metrics)
        commands = Commands(*shared, access, handlers, self._refresh_job, self._library)
        register(self._application, handlers, inline, commands, self._on_error)
        return written_answers

    def _close(self) -> None:
        self._workers.close()
        self._inbox.close()
        self._state.close()

    async def _receive_updates(self, stop: asyncio.Event) -> None:
        updates = self._updates
        if self._address is None:
            self._leading.set()
            polling = self._receiver = Polling(
                self._bot, updates.receive, updates.wait_for_room, UPDATES
            )
            await polling.run(stop)
        else:
            webhook = self._receiver = Webhook(
                self._bot, updates.receive, updates.has_room, self._address, UPDATES
            )
            async with webhook.serving(register=self._shared is None):
                await self._lead_until(stop, webhook)
                if self._refused is None:
                    await asyncio.sleep(self._settings.drain_seconds)
        if self._refused is not None:
            raise self._refused

    async def _lead_until(self, stop: asyncio.Event, webhook: Webhook) -> None:
        """Wait; whenever this replica begins to lead the others, tell Telegram of the webhook."""
        if self._shared is None:
            self._leading.set()
            await stop.wait()
            return
        leads = False
        while not stop.is_set():
            led = leads
            try:
                leads = await self._workers.note(self._shared.lead, "webhook", LEASE_S)
                if leads and not led:
                    await webhook.register()
                    self._leading.set()
            except StateUnreachable as exc:
                _log.debug("%s", exc)  # `Updates.share` tells of it
            except TelegramError as exc:
                if not self._leading.is_set():
                    raise
                _log.warning("the webhook cannot be registered again: %s", exc)
                leads = False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), BEAT_S)

    async def _alone(self, what: str, seconds: float) -> bool:
        """Whether this replica alone does something for so long; all do while none can tell."""
        try:
            shared = self._shared
            return shared is None or await self._workers.note(shared.lead, what, seconds)
        except BotError:
            return True

    async def _finish(self) -> None:
        # Both at once: an administrator's refresh is in hand until it is ended.
        await asyncio.gather(asyncio.to_thread(self._refresh_job.close), self._updates.finish())

    # Beside the updates

    async def _on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Log the error of a handler; the asker learns that something failed, and nothing more."""
        error = context.error
        assert error is not None, "the library calls this with one"
        if isinstance(error, StateUnreachable):
            _log.warning("%s", error)
            if isinstance(update, Update) and update.effective_message:
                self._updates.mark_unfinished(update)
            return
        if isinstance(error, NetworkError | RetryAfter | TokenRefused):
            await self._on_unsent(update, error)
            return
        _log.error("an update could not be handled", exc_info=error)
        message = update.message if isinstance(update, Update) else None
        if message is not None:
            code = message.from_user.language_code if message.from_user else None
            # What is no message of Telegram's may have no chat.
            with contextlib.suppress(TelegramError, AttributeError):
                await self._outbox.reply(
                    place_of(message), notices.sorry(language_of(code), error), message.message_id
                )
        await self._alarms.note(error)

    async def _on_unsent(self, update: object, error: TelegramError) -> None:
        """Log that a reply did not go out, and keep the update if it may be answered later."""
        _log.warning("a message could not be sent: %s", error)
        if isinstance(error, BadRequest):
            await self._alarms.note(error)
        elif isinstance(update, Update) and not isinstance(error, TimedOut):
            # A press, or what is typed inline, is stale in a moment.
            if update.effective_message and not update.callback_query:
                self._updates.mark_unsent(update)
            if isinstance(error, TokenRefused):
                # With a webhook nothing else would find out.
                self._refused = error
                self._stop.set()

    async def _menus(self) -> None:
        """Set the menus; of several replicas, the one that leads does."""
        await self._leading.wait()
        await set_menus(self._bot, self._settings.administrators)

    async def _introduce(self) -> None:
        """Make what /start says, once those who waited for the start have their answers."""
        await asyncio.sleep(_SETTLED_S)
        assert self._introductions is not None, "the handlers have it"
        with contextlib.suppress(IndexFault):
            await asyncio.to_thread(self._introductions.prepare)

    async def _share_rate(self, shared: SharedInbox) -> None:
        """Send as much as one of so many replicas may; while none can count, as before."""
        while not self._stop.is_set():
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(StateUnreachable):
                self._limiter.share(await self._workers.note(shared.replicas))

    async def _purge_hourly(self) -> None:
        """Erase old data, now and every hour; of several replicas, one does."""
        while True:
            try:
                if await self._alone("purge", _HOUR_S / 2):
                    await self._workers.note(self._state.purge)
                    await self._workers.note(self._inbox.purge)
                    if self._shared_quota is not None:
                        await self._workers.note(self._shared_quota.purge)
            except Exception as exc:  # noqa: BLE001 - the next hour may be better
                _log.warning("what is old cannot be forgotten", exc_info=exc)
                await self._alarms.note(exc)
            await asyncio.sleep(_HOUR_S)

    def _health(self) -> Health:
        generation = self._library.searcher.snapshot.generation
        contact = self._receiver.last_contact if self._receiver else None
        age = None if contact is None else time.monotonic() - contact
        polls = self._settings.mode is UpdateMode.POLLING
        status = Status.OK
        if self._stop.is_set():
            status = Status.STOPPING
        elif self._receiver is None or (polls and age is None):
            status = Status.STARTING
        elif polls and age is not None and age > _SILENCE_S:
            status = Status.UNREACHABLE
        return Health(status, generation.number, age, len(self._updates))

    def _metrics_text(self) -> bytes:
        generation = self._library.searcher.snapshot.generation
        self._metrics.index(generation.number, generation.articles)
        self._metrics.waiting(len(self._updates))
        return self._metrics.text()


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a coroutine in the background meanwhile, and cancel it at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def check(token: SecretStr, settings: TelegramSettings) -> None:
    """Check, before the library is opened, the settings that would end the bot at its start.

    Raises:
        TelegramFault: The token is malformed, or the webhook's address is missing or wrong.
    """
    check_token(token)
    address_of(token, settings)


def run(library: Library, token: SecretStr, refresher: Refresher) -> None:
    """Answer until SIGINT or SIGTERM; a second signal ends the process at once.

    Args:
        library: The articles and what answers from them.
        token: The bot's token. It is part of the addresses that the library's loggers print below
            WARNING; `config.logs` keeps them quiet.
        refresher: Refreshes the index.

    Raises:
        BotError: See `Service`.
    """
    asyncio.run(until_signal(Service(library, token, refresher).serve))
