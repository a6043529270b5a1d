"""The desk: what happens to questions, edits, presses and inline queries, from update to reply."""

from __future__ import annotations

import base64
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator

from telegram import CallbackQuery, InlineQueryResultsButton, Message, Update
from telegram.constants import ChatType
from telegram.ext import ContextTypes

from bot.answers import Answer
from bot.telegram import notices
from bot.telegram.addressing import Asked, is_human, place_of, question_in
from bot.telegram.buttons import Press
from bot.telegram.languages import language_of
from bot.telegram.limits import Limiter
from bot.telegram.message import Message as Notice
from bot.telegram.metrics import ChatKind, Metrics, Outcome
from bot.telegram.outbox import Outbox
from bot.telegram.quota import Quota, Seen, Verdict
from bot.telegram.replies import Replies, Reply
from bot.telegram.state import Place
from bot.telegram.work import Workers
from config import TelegramSettings

_Context = ContextTypes.DEFAULT_TYPE

_log = logging.getLogger(__name__)

_CROWDED = 20
"""Messages that wait for their turn in one chat, as many as a group may get in a minute."""
_CACHE_S = 60
"""How long Telegram may repeat inline results: a new generation is to be seen soon."""
_INLINE_USERS = 10_000
_STRANGERS, _ALBUMS = 10_000, 1000
"""Told lately that the bot is not for them, or that it reads text only."""
_DEEP_LINK_BYTES = 45
"""Of a question in a deep link, which holds 64 characters."""


class Desk:
    """Handlers of what people say to the bot."""

    def __init__(
        self,
        replies: Replies,
        outbox: Outbox,
        workers: Workers,
        limiter: Limiter,
        metrics: Metrics,
        settings: TelegramSettings,
    ) -> None:
        self.replies = replies
        self.outbox = outbox
        self.workers = workers
        self._limiter = limiter
        self._metrics = metrics
        self._settings = settings
        self._quota = Quota(settings.questions_per_minute, time.monotonic)
        self._typed: OrderedDict[int, str] = OrderedDict()
        self._strangers = Seen(_STRANGERS)
        self._albums = Seen(_ALBUMS)

    # Who may ask

    def admits(self, user: int, chat: int | None = None) -> bool:
        """Whether the lists of users and chats let this one in."""
        settings = self._settings
        if not settings.users and not settings.chats:
            return True
        listed = settings.users | settings.administrators
        return user in listed or chat in settings.chats

    @contextlib.asynccontextmanager
    async def admitted(self, place: Place, code: str | None, to: int) -> AsyncIterator[bool]:
        """Take a user's turn, if the lists and the user's quota allow it; else say so, once.

        Args:
            place: Where the user wants something.
            code: Language of the user's Telegram.
            to: The message to reply to.
        """
        admits = self.admits(place.user, place.chat)
        # Groups have negative ids; there, a notice for one would be noise for all.
        if not admits and (place.chat < 0 or not self._strangers.first(place.user)):
            yield False
            return
        verdict = self._quota.admit(place.user)
        if verdict is not Verdict.ADMITTED:
            refusal = await self._refusal(verdict, place.user, code)
            if refusal is not None and admits:
                await self.outbox.reply(place, refusal, to)
            yield False
            return
        try:
            async with self.workers.turn(place.chat, place.user):
                if not admits:
                    language = await self.workers.run(self.replies.language, place.user, code)
                    await self.outbox.reply(place, notices.stranger(language, place.user), to)
                yield admits
        finally:
            self._quota.leave(place.user)

    # Handlers

    async def message(self, update: Update, context: _Context) -> None:
        """Answer a message, if it asks the bot something."""
        message = update.message or update.channel_post
        assert message is not None, "the filters let nothing else through"
        if message.media_group_id:
            self._albums.first(message.media_group_id)
        asked = self._question_in(message, context)
        if asked is not None:
            await self.answer(asked, kind_of(message))

    async def answer(self, asked: Asked, kind: ChatKind) -> None:
        """Answer a question."""
        started = time.monotonic()
        if self._crowded(asked.place):
            self._metrics.question(Outcome.REFUSED, kind)
            return
        async with self.admitted(asked.place, asked.language, asked.message_id) as admitted:
            if not admitted:
                self._metrics.question(Outcome.REFUSED, kind)
                return
            async with self.outbox.typing(asked.place):
                reply = await self.workers.run_for(asked.place.user, self.replies.question, asked)
            if reply is not None:
                await self._send(asked, reply, kind)
                self._metrics.replied(time.monotonic() - started)

    async def edited(self, update: Update, context: _Context) -> None:
        """Answer an edited question again, in the message that answered it."""
        message = update.edited_message or update.edited_channel_post
        assert message is not None, "the filters let nothing else through"
        asked = self._question_in(message, context)
        if asked is None or not asked.question or self._crowded(asked.place):
            return
        async with self.admitted(asked.place, asked.language, asked.message_id) as admitted:
            if not admitted:
                return
            edited = await self.workers.run_for(asked.place.user, self.replies.edited, asked)
            if edited is None:
                return
            shown, reply = edited
            if shown is None:
                await self._send(asked, reply, kind_of(message))
            else:
                self._count(reply, kind_of(message), asked)
                await self.outbox.edit(asked.place.chat, shown, reply.message)
                await self.workers.note(self.replies.shown, asked, reply)

    async def unreadable(self, update: Update, _: _Context) -> None:
        """Say, in private, that only text is read."""
        message = update.message
        assert message is not None, "the filters let nothing else through"
        album = message.media_group_id
        if not is_human(message) or (album and not self._albums.first(album)):
            return
        place = place_of(message)
        code = message.from_user.language_code if message.from_user else None
        async with self.admitted(place, code, message.message_id) as admitted:
            if admitted:
                language = await self.workers.run(self.replies.language, place.user, code)
                await self.outbox.reply(place, notices.only_text(language), message.message_id)

    async def press(self, update: Update, _: _Context) -> None:
        """Do what a button says, in the message that it belongs to."""
        query = update.callback_query
        assert query is not None, "the filters let nothing else through"
        press = Press.decode(query.data or "")
        message = query.message
        user = query.from_user
        if press is None or message is None or not self.admits(user.id, message.chat.id):
            await self.outbox.toast(query.id)
            return
        verdict = self._quota.admit(user.id)
        if verdict is not Verdict.ADMITTED:
            refusal = await self._refusal(verdict, user.id, user.language_code)
            await self.outbox.toast(query.id, refusal.text if refusal else None)
            return
        try:
            async with self.workers.turn(message.chat.id, user.id):
                await self._press(press, query, message.chat.id, message.message_id)
        finally:
            self._quota.leave(user.id)

    async def _press(self, press: Press, query: CallbackQuery, chat: int, message_id: int) -> None:
        user = query.from_user
        try:
            pressed = await self.workers.run(
                self.replies.press, press, chat, user.id, user.language_code
            )
        except Exception:
            await self.outbox.toast(query.id, notices.sorry(language_of(user.language_code)).text)
            raise
        # First, as the button looks pressed until then.
        await self.outbox.toast(query.id, pressed.toast)
        if pressed.message is not None:
            await self.outbox.edit(chat, message_id, pressed.message)
        if pressed.vote is not None:
            self._metrics.voted(up=pressed.vote)

    async def inline(self, update: Update, _: _Context) -> None:
        """Answer what is typed after the bot's name in another chat, unless more was typed since.

        Each pause in typing is a query: the older ones of a user are not worth computing.
        """
        query = update.inline_query
        assert query is not None, "the filters let nothing else through"
        user = query.from_user
        self._typed[user.id] = query.id
        self._typed.move_to_end(user.id)
        while len(self._typed) > _INLINE_USERS:
            self._typed.popitem(last=False)
        if not self.admits(user.id) or query.offset:
            await self.outbox.cards(query.id, (), None, personal=True, cache_s=_CACHE_S)
            return
        async with self.workers.turn(user.id):
            if self._typed.get(user.id) != query.id:
                return
            language = await self.workers.run(self.replies.language, user.id, user.language_code)
            found = await self.workers.run(self.replies.inline, query.query, language)
        button = InlineQueryResultsButton(
            language.say("Ask in a private chat"), start_parameter=_deep_link(query.query)
        )
        if found is None:
            await self.outbox.cards(query.id, (), button, personal=True, cache_s=_CACHE_S)
            return
        answer, cards = found
        outcome = Outcome.ANSWERED if answer.answered else Outcome.NOT_ANSWERED
        self._metrics.question(outcome, ChatKind.INLINE)
        self._metrics.answered(answer.elapsed_ms / 1000)
        # Cards are written in the language of who asks; Telegram repeats the others to everybody.
        await self.outbox.cards(query.id, cards, button, personal=True, cache_s=_CACHE_S)

    # Parts

    async def _refusal(self, verdict: Verdict, user: int, code: str | None) -> Notice | None:
        """Return what is said to a verdict; None if it was said before."""
        if verdict is Verdict.SILENCE:
            return None
        language = await self.workers.run(self.replies.language, user, code)
        return notices.refusal(language, verdict, self._settings.questions_per_minute)

    def _crowded(self, place: Place) -> bool:
        if self._limiter.backlog(place.chat) < _CROWDED:
            return False
        _log.info("a chat has %d messages waiting; a question is passed over", _CROWDED)
        return True

    def _question_in(self, message: Message, context: _Context) -> Asked | None:
        return question_in(message, context.bot.bot, channel_posts=self._settings.channel_posts)

    async def _send(self, asked: Asked, reply: Reply, kind: ChatKind) -> None:
        self._count(reply, kind, asked)
        sent = await self.outbox.reply(asked.place, reply.message, asked.message_id)
        if sent is not None and reply.number is not None:
            await self.workers.note(self.replies.state.sent, reply.number, sent)

    def _count(self, reply: Reply, kind: ChatKind, asked: Asked) -> None:
        answer = reply.answer
        if answer is None:
            self._metrics.question(Outcome.REFUSED, kind)
            return
        outcome = Outcome.ANSWERED if answer.answered else Outcome.NOT_ANSWERED
        self._metrics.question(outcome, kind)
        self._metrics.answered(answer.elapsed_ms / 1000)
        _log.info("question", extra={"fields": _fields(answer, kind, self._settings, asked)})


def _fields(
    answer: Answer, kind: ChatKind, settings: TelegramSettings, asked: Asked
) -> dict[str, object]:
    """Say in the log how a question went; its text only if the operator chose so."""
    fields: dict[str, object] = {
        "chat": kind.value,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 3),
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed_ms, 1),
    }
    return fields | ({"question": asked.question} if settings.log_questions else {})


def kind_of(message: Message) -> ChatKind:
    """Say where a message stands."""
    return ChatKind.PRIVATE if message.chat.type == ChatType.PRIVATE else ChatKind.GROUP


def _deep_link(question: str) -> str:
    """Return the start parameter that asks this in a private chat, or nothing if it is too long."""
    asked = question.encode(errors="ignore")
    whole = asked if len(asked) <= _DEEP_LINK_BYTES else b""  # a part would ask something else
    return "q_" + base64.urlsafe_b64encode(whole).rstrip(b"=").decode()
