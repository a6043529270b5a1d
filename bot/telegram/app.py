"""The bot's handlers, the application made of them, and its life from start to signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

import telegram
from pydantic import SecretStr
from telegram import LinkPreviewOptions, ReplyParameters, Update
from telegram.constants import ChatAction, UpdateType
from telegram.error import Conflict, Forbidden, TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from bot.answers import Answer, QuestionError
from bot.telegram.delivery import Retries, TelegramFault, TokenRefused, connection
from bot.telegram.message import BUSY, HELP, SORRY, Message, notice, render

BotApplication: TypeAlias = Application[Any, Any, Any, Any, Any, Any]
_Context: TypeAlias = ContextTypes.DEFAULT_TYPE

_log = logging.getLogger(__name__)

_WORKERS = 2
"""Answering is work for the processor; more threads only share its cores."""
_IN_FLIGHT = 256
"""Updates in hand at once; all but `_WORKERS` of them wait, which costs next to nothing."""
_WAITING = 3
"""Questions of a chat that may wait for its turn; more would take `_IN_FLIGHT` from the others."""
_TYPING_AFTER_S, _TYPING_AGAIN_S = 0.3, 4.5
"""Most answers need no "typing"; Telegram takes it down after five seconds."""
_CONFLICTS, _CONFLICTS_S = 3, 60.0
"""One conflict may be the bot's own poll from before a lost connection; three are a rival."""


def run(token: SecretStr, base_url: str, answer: Callable[[str], Answer]) -> None:
    """Answer questions until SIGINT or SIGTERM, and then finish those that were received.

    A second signal ends the process at once.

    Args:
        token: The bot's token. It is part of the addresses that the loggers of httpx, httpcore and
            telegram print below WARNING; `config.logs` keeps them quiet.
        base_url: Address of a Bot API server, with or without the `/bot` at its end.
        answer: Called in threads, two at a time; raises `QuestionError` for the asker.

    Raises:
        TelegramFault: The token is refused, Telegram is out of reach at the start, or another
            process polls with the same token.
    """
    asyncio.run(_until_signal(build(token, base_url, answer)))


def build(token: SecretStr, base_url: str, answer: Callable[[str], Answer]) -> BotApplication:
    """Put the application together; nothing is sent yet. The arguments are those of `run`."""
    secret = token.get_secret_value()
    if not re.fullmatch(r"[\w:-]+", secret, re.ASCII):
        raise TelegramFault(
            "the bot token is empty or has characters that no token has; it reads like 123456:AbC "
            "and is shown by @BotFather: correct EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
        )
    # The library announces with a warning that durations become timedelta, and gives them already
    # to whoever asks for them; without it, the warning comes with every flood control.
    os.environ.setdefault("PTB_TIMEDELTA", "1")

    desk = _Desk(answer)
    application = (
        ApplicationBuilder()
        .token(secret)
        .base_url(f"{base_url.rstrip('/').removesuffix('/bot')}/bot")
        .request(connection(pool_size=_IN_FLIGHT))
        .get_updates_request(connection(pool_size=1))
        .rate_limiter(Retries())
        .concurrent_updates(_IN_FLIGHT)
        .job_queue(None)
        .post_shutdown(desk.close)
        .build()
    )
    asked = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE & ~filters.VIA_BOT & _Human()
    application.add_handler(MessageHandler(asked & filters.COMMAND, desk.help))
    application.add_handler(MessageHandler(asked & filters.TEXT, desk.question))
    application.add_error_handler(_failed)
    return application


async def serve(application: BotApplication, stop: asyncio.Event) -> None:
    """Poll and answer until `stop` is set, and then finish what was received.

    `Application.run_polling` is not used, because it logs a refused token with the token in the
    text, goes on without a word where a token is revoked, and retries conflicts for ever.

    Raises:
        TelegramFault: See `run`.
    """
    watch = _Watch(stop)
    updater = application.updater
    assert updater is not None, "the builder provides one"
    try:
        async with application:
            await _announce(application)
            await updater.start_polling(
                allowed_updates=[UpdateType.MESSAGE], error_callback=watch.polling_failed
            )
            await application.start()
            _log.info("answering as @%s", application.bot.username)
            try:
                await stop.wait()
            finally:
                # The updater confirms what it has fetched, and the application answers it.
                await updater.stop()
                await application.stop()
    except TelegramError as exc:
        watch.fatal = exc
    finally:
        # The application does not close what it opened when it fails to initialise.
        await application.bot.shutdown()
        if application.post_shutdown:
            await application.post_shutdown(application)
    if watch.fatal:
        raise TelegramFault.of(watch.fatal)


async def _until_signal(application: BotApplication) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C cancels this task instead
        for number in signals:
            loop.add_signal_handler(number, end)
    await serve(application, stop)


class _Watch:
    """Tells the errors of polling that pass from those that do not."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.fatal: TelegramError | None = None
        self._stop = stop
        self._conflicts: deque[float] = deque(maxlen=_CONFLICTS)

    def polling_failed(self, error: TelegramError) -> None:
        """Stop the bot if the error is here to stay; the updater tries again in any case."""
        now = asyncio.get_running_loop().time()
        if isinstance(error, Conflict):
            self._conflicts.append(now)
        lasting = len(self._conflicts) == _CONFLICTS and now - self._conflicts[0] < _CONFLICTS_S
        if lasting or isinstance(error, TokenRefused):
            self.fatal = error
            self._stop.set()
        else:
            _log.warning("cannot fetch messages from Telegram (%s); trying again", error)


class _Human(filters.MessageFilter):
    """A person wrote it: other bots could keep this one talking for ever."""

    def filter(self, message: telegram.Message) -> bool:
        return message.from_user is not None and not message.from_user.is_bot


class _Chat:
    """The questions of a chat: one at a time is answered, and a few may wait."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.in_hand = 0
        self.told = False


class _Desk:
    """The handlers, and the threads in which questions are answered."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self._answer = answer
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="answer")
        self._chats: WeakValueDictionary[int, _Chat] = WeakValueDictionary()

    async def close(self, _: BotApplication) -> None:
        """End the threads; they are idle by then."""
        self._pool.shutdown()

    async def help(self, update: Update, _: _Context) -> None:
        """Say what the bot does; any command asks for it."""
        await _reply(_received(update), Message(HELP))

    async def question(self, update: Update, _: _Context) -> None:
        """Answer in the order of a chat's questions, one at a time, so that none hogs the bot.

        The chat is told once when it asks more than may wait: a notice for each question would
        run into Telegram's flood control, and wait there.
        """
        message = _received(update)
        chat = self._chats.setdefault(message.chat_id, _Chat())
        if chat.in_hand > _WAITING:
            if not chat.told:
                chat.told = True
                await _reply(message, notice(BUSY))
            return
        chat.told = False
        chat.in_hand += 1
        try:
            async with chat.turn:
                await self._answer_to(message)
        finally:
            chat.in_hand -= 1

    async def _answer_to(self, message: telegram.Message) -> None:
        typing = asyncio.create_task(_keep_typing(message))
        try:
            rendering = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._respond, message.text or ""
            )
        finally:
            typing.cancel()
        await _reply(message, rendering)

    def _respond(self, question: str) -> Message:
        try:
            return render(self._answer(question))
        except QuestionError as exc:
            return notice(str(exc))


def _received(update: Update) -> telegram.Message:
    assert update.message is not None, "the filters let nothing else through"
    return update.message


async def _reply(message: telegram.Message, rendering: Message) -> None:
    await message.reply_text(
        rendering.text,
        entities=rendering.entities,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=ReplyParameters(message.message_id, allow_sending_without_reply=True),
    )


async def _keep_typing(message: telegram.Message) -> None:
    """Show "typing" until cancelled, once the wait has become noticeable."""
    pause = _TYPING_AFTER_S
    while True:
        await asyncio.sleep(pause)
        try:
            await message.reply_chat_action(ChatAction.TYPING)
        except TelegramError as exc:
            _log.info("cannot show typing: %s", exc)
        pause = _TYPING_AGAIN_S


async def _announce(application: BotApplication) -> None:
    """Fill the menu of commands; the bot works without."""
    try:
        await application.bot.set_my_commands([("help", "What I do and how to ask")])
    except TelegramError as exc:
        _log.warning("cannot set the menu of commands: %s", exc)


async def _failed(update: object, context: _Context) -> None:
    """Log what a handler raised and tell the asker, without its text, that something did."""
    if isinstance(context.error, Forbidden):
        _log.info("cannot answer: %s", context.error)
        return
    _log.error("an update could not be handled", exc_info=context.error)
    if isinstance(update, Update) and update.message:
        await _reply(update.message, notice(SORRY))
