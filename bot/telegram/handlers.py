"""The handlers of questions, edits and presses of buttons: each takes an update and replies."""

from __future__ import annotations

import base64
import logging
import time
from collections import OrderedDict
from itertools import chain

from telegram import (
    CallbackQuery,
    InlineQuery,
    InlineQueryResultsButton,
    MaybeInaccessibleMessage,
    Message,
    Update,
)
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.answers import Answer
from bot.errors import BotError
from bot.records import ChatPlace
from bot.telegram.access import Access, Seen
from bot.telegram.addressing import AskedQuestion, is_human, place_of, question_in, topic_of
from bot.telegram.limiter import Limiter
from bot.telegram.metrics import ChatKind, Metrics, Outcome
from bot.telegram.outbox import Outbox
from bot.telegram.replies import Cards, Replies, Reply
from bot.telegram.switch_hint import SwitchHint
from bot.telegram.views import Action, Language, Press, language_of, notices
from bot.telegram.workers import Workers
from bot.telegram.written_answers import WrittenAnswers
from config import TelegramSettings

_Context = ContextTypes.DEFAULT_TYPE

_log = logging.getLogger(__name__)

_CROWDED = 20
"""Messages that wait for their turn in one chat, as many as a group may get in a minute."""
_ALBUMS = 1000
"""Albums that are remembered, so that only one message of each is replied to."""

_CACHE_S = 60
"""How long Telegram may repeat the cards: a new generation is to be seen soon."""
_USERS = 10_000
"""Users whose latest query is remembered."""
_DEEP_LINK_BYTES = 45
"""The longest question in a deep link, whose parameter holds 64 characters of Base64."""


class Handlers:
    """The handlers of messages and presses; `Commands` and `Inline` have the others."""

    def __init__(
        self,
        replies: Replies,
        outbox: Outbox,
        workers: Workers,
        access: Access,
        written_answers: WrittenAnswers,
        switch_hint: SwitchHint,
        limiter: Limiter,
        metrics: Metrics,
        settings: TelegramSettings,
    ) -> None:
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._access = access
        self._written_answers = written_answers
        self._switch_hint = switch_hint
        self._limiter = limiter
        self._metrics = metrics
        self._settings = settings
        self._albums = Seen(_ALBUMS)

    async def message(self, update: Update, context: _Context) -> None:
        """Answer a message, if it asks the bot something."""
        message = update.message or update.channel_post
        assert message is not None, "the filters let nothing else through"
        if message.media_group_id:
            self._albums.first(message.media_group_id)
        asked = self._question_in(message, context)
        if asked is not None:
            await self.answer(asked, kind_of(message))

    async def answer(self, asked: AskedQuestion, kind: ChatKind) -> None:
        """Answer a question."""
        if self._crowded(asked.place):
            self._metrics.question(Outcome.REFUSED, kind)
            return
        place, code = asked.place, asked.language
        async with self._access.asking(place, code, asked.message_id) as admitted:
            if not admitted:
                self._metrics.question(Outcome.REFUSED, kind)
                return
            await self._answer(asked, kind)

    async def _answer(self, asked: AskedQuestion, kind: ChatKind) -> None:
        """Answer a question that was admitted."""
        started = time.monotonic()
        async with self._outbox.typing(asked.place):
            reply = await self._workers.answer(asked, self._replies.question)
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
        place, code = asked.place, asked.language
        async with self._access.asking(place, code, asked.message_id) as admitted:
            if not admitted:
                return
            edited = await self._workers.answer(asked, self._replies.edited)
            if edited is None:
                return
            shown, reply = edited
            if shown is None:
                await self._send(asked, reply, kind_of(message))
            else:
                self._written_answers.stop(asked.place.chat, shown)
                await self._outbox.edit(asked.place.chat, shown, reply.message)
                self._count(reply, kind_of(message), asked)
                await self._workers.note(self._replies.shown, asked, reply)
                self._written_answers.begin(asked, shown, reply)

    async def unreadable(self, update: Update, _: _Context) -> None:
        """Reply, in private, that the bot reads only text."""
        message = update.message
        assert message is not None, "the filters let nothing else through"
        album = message.media_group_id
        if not is_human(message) or (album and not self._albums.first(album)):
            return
        place = place_of(message)
        code = message.from_user.language_code if message.from_user else None
        async with self._access.asking(place, code, message.message_id) as admitted:
            if admitted:
                language = await self._workers.note(self._replies.language, place.user, code)
                await self._outbox.reply(place, notices.only_text(language), message.message_id)

    async def press(self, update: Update, _: _Context) -> None:
        """Do what a button says, in the message that it belongs to."""
        query = update.callback_query
        assert query is not None, "the filters let nothing else through"
        press = Press.decode(query.data or "")
        message, user = query.message, query.from_user
        if press is None or message is None:
            await self._outbox.toast(query.id)
            return
        async with self._access.pressing(
            query.id, message.chat.id, user.id, user.language_code
        ) as admitted:
            if not admitted:
                return
            if press.action is Action.ASK:
                await self._ask(query, message)
            else:
                await self._press(press, query, message.chat.id, message.message_id)

    async def _ask(self, query: CallbackQuery, message: MaybeInaccessibleMessage) -> None:
        """Ask the question on a button, as Telegram shows it, for the user who pressed it."""
        question = _text_of_button(query, message)
        if question is None or not isinstance(message, Message):
            language = language_of(query.from_user.language_code)
            await self._outbox.toast(query.id, notices.too_old(language).text)
            return
        await self._outbox.toast(query.id)
        place = ChatPlace(message.chat.id, topic_of(message), query.from_user.id)
        shown = await self._outbox.reply(place, notices.echo(question))
        if shown is not None:
            asked = AskedQuestion(place, shown, question, query.from_user.language_code)
            await self._answer(asked, kind_of(message))

    async def _press(self, press: Press, query: CallbackQuery, chat: int, message_id: int) -> None:
        user = query.from_user
        place = ChatPlace(chat, None, user.id)
        try:
            pressed = await self._workers.run(
                place, self._replies.press, press, place, message_id, user.language_code
            )
        except Exception as exc:
            language = language_of(user.language_code)
            await self._outbox.toast(query.id, notices.sorry(language, exc).text)
            raise
        if pressed.message is not None:
            self._written_answers.stop(chat, message_id)
        # First, as the button looks pressed until then.
        await self._outbox.toast(query.id, pressed.toast)
        if pressed.message is not None:
            await self._outbox.edit(chat, message_id, pressed.message)
        if pressed.vote is not None:
            self._metrics.voted(up=pressed.vote)

    def _crowded(self, place: ChatPlace) -> bool:
        if self._limiter.backlog(place.chat) < _CROWDED:
            return False
        _log.info("a chat has %d messages waiting; a question is passed over", _CROWDED)
        return True

    def _question_in(self, message: Message, context: _Context) -> AskedQuestion | None:
        return question_in(message, context.bot.bot, channel_posts=self._settings.channel_posts)

    async def _send(self, asked: AskedQuestion, reply: Reply, kind: ChatKind) -> None:
        place = asked.place
        if reply.reaction and await self._outbox.react(
            place.chat, asked.message_id, reply.reaction
        ):
            self._count(reply, kind, asked)
            return
        try:
            sent = await self._outbox.reply(place, reply.message, asked.message_id)
        except TelegramError:
            self._metrics.question(Outcome.FAILED, kind)
            raise
        self._count(reply, kind, asked, sent is not None)
        if sent is not None and reply.number is not None:
            try:
                await self._workers.note(self._replies.state.sent, reply.number, sent)
            except BotError:  # as on a full disk; the asker has the answer
                _log.exception("an answer is sent, but that cannot be written down")
            self._written_answers.begin(asked, sent, reply)
            await self._switch_hint.note(asked.place.user, reply.answer)

    def _count(self, reply: Reply, kind: ChatKind, asked: AskedQuestion, sent: bool = True) -> None:
        answer = reply.answer
        if answer is None or not sent:
            spoken = Outcome.REFUSED if reply.number is None else Outcome.TALK
            self._metrics.question(spoken if sent else Outcome.FAILED, kind)
            return
        outcome = Outcome.ANSWERED if answer.answered else Outcome.NOT_ANSWERED
        self._metrics.question(outcome, kind)
        self._metrics.answered(answer.elapsed_ms / 1000)
        _log.info("question", extra={"fields": _log_fields(answer, kind, self._settings, asked)})


class Inline:
    """The handler of inline queries."""

    def __init__(
        self,
        replies: Replies,
        outbox: Outbox,
        workers: Workers,
        access: Access,
        metrics: Metrics,
    ) -> None:
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._access = access
        self._metrics = metrics
        self._latest: OrderedDict[int, str] = OrderedDict()

    async def query(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a query, unless its user has typed more since.

        Each pause in typing is a query: the older ones of a user are not worth computing.
        """
        query = update.inline_query
        assert query is not None, "the filters let nothing else through"
        user = query.from_user
        self._latest[user.id] = query.id
        self._latest.move_to_end(user.id)
        while len(self._latest) > _USERS:
            self._latest.popitem(last=False)
        if not self._access.admits(user.id) or query.offset:
            await self._outbox.cards(query.id, (), None, cache_s=_CACHE_S)
            return
        if self._access.typing(user.id):
            await self._answer(query)

    async def _answer(self, query: InlineQuery) -> None:
        user = query.from_user
        # A query comes from no chat that Telegram names.
        made = await self._workers.run(ChatPlace(user.id, None, user.id), self._made, query)
        if made is None:
            return
        language, found = made
        button = InlineQueryResultsButton(
            language.say("Ask in a private chat"), start_parameter=_deep_link(query.query)
        )
        if found is None:
            await self._outbox.cards(query.id, (), button, cache_s=_CACHE_S)
            return
        answer, cards = found
        if answer is None:
            self._metrics.question(Outcome.TALK, ChatKind.INLINE)
        else:
            outcome = Outcome.ANSWERED if answer.answered else Outcome.NOT_ANSWERED
            self._metrics.question(outcome, ChatKind.INLINE)
            self._metrics.answered(answer.elapsed_ms / 1000)
        await self._outbox.cards(query.id, cards, button, cache_s=_CACHE_S)

    def _made(self, query: InlineQuery) -> tuple[Language, Cards | None] | None:
        """Make the cards in a thread; None if its user has typed more while the query waited."""
        user = query.from_user
        if self._latest.get(user.id) != query.id:
            return None
        language = self._replies.language(user.id, user.language_code)
        return language, self._replies.inline(query.query, language)


def _text_of_button(query: CallbackQuery, message: MaybeInaccessibleMessage) -> str | None:
    """Return what the pressed button says; None if its message is gone, or has no such button.

    The message comes from Telegram, and a modified client can choose only the data.
    """
    if not isinstance(message, Message) or message.reply_markup is None:
        return None
    buttons = chain.from_iterable(message.reply_markup.inline_keyboard)
    return next((one.text for one in buttons if one.callback_data == query.data), None)


def _deep_link(question: str) -> str:
    """Return the start parameter that asks a question in a private chat; none if it is too long."""
    asked = question.encode(errors="ignore")
    whole = asked if len(asked) <= _DEEP_LINK_BYTES else b""  # a part would ask something else
    return "q_" + base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def _log_fields(
    answer: Answer, kind: ChatKind, settings: TelegramSettings, asked: AskedQuestion
) -> dict[str, object]:
    """Return the log's fields for a question; its text only if the operator chose so."""
    fields: dict[str, object] = {
        "chat": kind.value,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 3),
        "generation": answer.generation,
        "elapsed_ms": round(answer.elapsed_ms, 1),
    }
    return fields | ({"question": asked.question} if settings.log_questions else {})


def kind_of(message: Message) -> ChatKind:
    """Return the kind of chat of a message."""
    return ChatKind.PRIVATE if message.chat.type == ChatType.PRIVATE else ChatKind.GROUP
