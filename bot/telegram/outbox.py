"""What the bot sends: replies, edits, small notices, and "typing" while someone waits."""

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

from bot.telegram.memory import ChatPlace
from bot.telegram.views import Message

_log = logging.getLogger(__name__)

_TYPING_AFTER_S, _TYPING_AGAIN_S = 0.5, 4.5
"""Most answers need no "typing"; Telegram takes it down after five seconds."""
_TYPING_TO = 16
"""Chats that it is shown in at once."""
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
)


class Outbox:
    """Sends for the bot, and takes calmly what happens to messages in the wild."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._typing = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def reply(self, place: ChatPlace, message: Message, to: int | None = None) -> int | None:
        """Send a message, in the topic of the place, and return its id.

        None where nobody can be reached any more: the bot is blocked or was thrown out, or the
        topic is closed.

        Args:
            place: Where.
            message: What.
            to: The message that it replies to; it is sent as well if that one is gone.
        """
        with _calm():
            try:
                return await self._send(place, message, to)
            except BadRequest as exc:
                if _is_harmless(exc) or not (message.entities or message.buttons):
                    raise
                # Better plain than not at all, if Telegram finds fault with what is not text.
                _log.exception("a message is refused and sent again as plain text")
                return await self._send(place, Message(message.text), to)
        return None

    async def _send(self, place: ChatPlace, message: Message, to: int | None) -> int:
        sent = await self._bot.send_message(
            place.chat,
            message.text,
            entities=message.entities,
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
        """Put another text in place of a message's; none if it is gone or says just that."""
        with _calm():
            await self._bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=message_id,
                entities=message.entities,
                link_preview_options=_preview(message),
                reply_markup=message.keyboard(),
            )

    async def toast(self, query_id: str, text: str | None = None) -> None:
        """Take the press of a button off the asker's screen, with a word if there is one."""
        with _calm():
            await self._bot.answer_callback_query(query_id, text)

    async def cards(
        self,
        query_id: str,
        cards: Sequence[InlineQueryResult],
        button: InlineQueryResultsButton | None,
        *,
        cache_s: int,
    ) -> None:
        """Answer an inline query, for its asker alone: the cards are in that one's language."""
        with _calm():
            await self._bot.answer_inline_query(
                query_id, cards, cache_time=cache_s, is_personal=True, button=button
            )

    @asynccontextmanager
    async def typing(self, place: ChatPlace) -> AsyncIterator[None]:
        """Show "typing" meanwhile, once the wait has become noticeable.

        Where many wait, not to all of them: each showing costs half of what an answer costs.
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
def _calm() -> Iterator[None]:
    """Pass over errors that mean only that someone was faster, has gone, or closed the door."""
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
