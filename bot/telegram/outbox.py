"""The outbox: it sends replies, edits, toasts and cards, and shows "typing" while someone waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from telegram import (
    Bot,
    InlineQueryResult,
    InlineQueryResultsButton,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.records import ChatPlace
from bot.telegram.views import Message

_log = logging.getLogger(__name__)

_TYPING_AFTER_S, _TYPING_AGAIN_S = 0.5, 4.5
"""Most answers need no "typing"; Telegram takes it down after five seconds."""
_TYPING_TO = 16
"""Chats that are shown it at once."""
_HARMLESS = (
    "message is not modified",  # pressed twice
    "message to edit not found",  # deleted
    "message can't be edited",
    "query is too old",
    "message_id_invalid",
    "message thread not found",  # the topic was deleted
    "topic_deleted",
    "topic_closed",
    "chat not found",
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "message to react not found",
    "reaction_invalid",  # the chat allows others, or none
)


class Outbox:
    """Sends for the bot, and ignores errors that only mean that a message cannot arrive."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._typing = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def reply(self, place: ChatPlace, message: Message, to: int | None = None) -> int | None:
        """Send a message, in the topic of the place, and return its id.

        None where nobody can be reached any more: the bot is blocked or was thrown out, or the
        topic is closed.

        Args:
            place: The chat, its topic and its user.
            message: The message to send.
            to: The message that it replies to; if that one is gone, it is sent all the same.
        """
        with _ignoring_harmless():
            try:
                return await self._send(place, message, to)
            except BadRequest as exc:
                if _is_harmless(exc) or not (message.entities or message.buttons):
                    raise
                # Better plain than not at all, if Telegram refuses the entities or the buttons.
                _log.exception("a message is refused and sent again as plain text")
                return await self._send(place, Message(message.text), to)
        return None

    async def _send(self, place: ChatPlace, message: Message, to: int | None) -> int:
        sent = await self._bot.send_message(
            place.chat,
            message.text,
            entities=message.formatting(),
            link_preview_options=_preview(message),
            message_thread_id=place.topic,
            reply_markup=message.keyboard(),
            reply_parameters=(
                ReplyParameters(to, allow_sending_without_reply=True) if to else None
            ),
        )
        return sent.message_id

    async def tell(self, user: int, message: Message) -> None:
        """Send a message to a user, in private."""
        await self.reply(ChatPlace(user, None, user), message)

    async def edit(self, chat: int, message_id: int, message: Message) -> None:
        """Replace a message; nothing happens if it is gone or says just that."""
        with _ignoring_harmless():
            await self._bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=message_id,
                entities=message.formatting(),
                link_preview_options=_preview(message),
                reply_markup=message.keyboard(),
            )

    async def react(self, chat: int, message_id: int, emoji: str) -> bool:
        """React to a message by an emoji, and return whether the chat allows it."""
        with _ignoring_harmless():
            return await self._bot.set_message_reaction(chat, message_id, emoji)
        return False

    async def toast(self, query_id: str, text: str | None = None) -> None:
        """Answer the press of a button, with a short text on the user's screen if there is one."""
        with _ignoring_harmless():
            await self._bot.answer_callback_query(query_id, text)

    async def cards(
        self,
        query_id: str,
        cards: Sequence[InlineQueryResult],
        button: InlineQueryResultsButton | None,
        *,
        cache_s: int,
    ) -> None:
        """Answer an inline query with cards in the user's language, so nobody else gets them."""
        with _ignoring_harmless():
            await self._bot.answer_inline_query(
                query_id, cards, cache_time=cache_s, is_personal=True, button=button
            )

    @asynccontextmanager
    async def typing(self, place: ChatPlace) -> AsyncIterator[None]:
        """Show "typing" meanwhile, once the wait has become noticeable.

        Where many wait, only some see it: to show it costs half as much as to answer.
        """
        over = asyncio.Event()
        self._typing += 1
        if self._typing <= _TYPING_TO:
            task = asyncio.create_task(self._keep_typing(place, over))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            yield
        finally:
            self._typing -= 1
            over.set()

    async def _keep_typing(self, place: ChatPlace, over: asyncio.Event) -> None:
        # Not cancelled, as that would close the connection under a request that is on its way.
        pause_s = _TYPING_AFTER_S
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause_s)
                return
            with suppress(TelegramError):
                await self._bot.send_chat_action(
                    place.chat, ChatAction.TYPING, message_thread_id=place.topic
                )
            pause_s = _TYPING_AGAIN_S


@contextmanager
def _ignoring_harmless() -> Iterator[None]:
    """Ignore errors that mean that somebody was faster, blocked the bot or left the chat."""
    try:
        yield
    except (Forbidden, ChatMigrated, BadRequest) as exc:
        if isinstance(exc, BadRequest) and not _is_harmless(exc):
            raise
        _log.info("cannot answer: %s", exc)


def _is_harmless(error: BadRequest) -> bool:
    return any(words in str(error).lower() for words in _HARMLESS)


def _preview(message: Message) -> LinkPreviewOptions:
    if message.preview is None:
        return LinkPreviewOptions(is_disabled=True)
    return LinkPreviewOptions(url=message.preview, prefer_small_media=True)
