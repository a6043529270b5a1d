"""Inline mode: a question typed after the bot's name in any chat is answered with cards."""

from __future__ import annotations

import base64
from collections import OrderedDict

from telegram import InlineQuery, InlineQueryResultsButton, Update
from telegram.ext import ContextTypes

from bot.telegram.access import Access
from bot.telegram.memory import ChatPlace
from bot.telegram.metrics import ChatKind, Metrics, Outcome
from bot.telegram.outbox import Outbox
from bot.telegram.replies import Cards, Replies
from bot.telegram.views import Language
from bot.telegram.workers import Workers

_CACHE_S = 60
"""How long Telegram may repeat the cards: a new generation is to be seen soon."""
_USERS = 10_000
"""Users whose latest query is remembered."""
_DEEP_LINK_BYTES = 45
"""The longest question in a deep link, whose parameter holds 64 characters of Base64."""


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


def _deep_link(question: str) -> str:
    """Return the start parameter that asks a question in a private chat; none if it is too long."""
    asked = question.encode(errors="ignore")
    whole = asked if len(asked) <= _DEEP_LINK_BYTES else b""  # a part would ask something else
    return "q_" + base64.urlsafe_b64encode(whole).rstrip(b"=").decode()
