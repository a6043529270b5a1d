"""Admission: whose wish is heard now, by the operator's lists, the user's quota and the turn."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

from bot.telegram.memory.state import Place
from bot.telegram.quota import Quota, Seen, Verdict
from bot.telegram.replies import Replies
from bot.telegram.sending.outbox import Outbox
from bot.telegram.views import notices
from bot.telegram.views.message import Message
from bot.telegram.work import Workers
from config import TelegramSettings

_PAUSES = 6
"""Pauses that someone makes while typing a question."""
_STRANGERS = 10_000
"""Told lately that the bot is not for them."""


class Admission:
    """Who may ask, and how much."""

    def __init__(
        self, replies: Replies, outbox: Outbox, workers: Workers, settings: TelegramSettings
    ) -> None:
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._settings = settings
        self._quota = Quota(settings.questions_per_minute, time.monotonic)
        self._typing = Quota(_PAUSES * settings.questions_per_minute, time.monotonic)
        self._strangers = Seen(_STRANGERS)

    def admits(self, user: int, chat: int | None = None) -> bool:
        """Whether the lists of users and chats let this one in."""
        settings = self._settings
        if not settings.users and not settings.chats:
            return True
        listed = settings.users | settings.administrators
        return user in listed or chat in settings.chats

    @contextlib.asynccontextmanager
    async def asking(self, place: Place, code: str | None, to: int) -> AsyncIterator[bool]:
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
                await self._outbox.reply(place, refusal, to)
            yield False
            return
        try:
            async with self._workers.turn(place.chat, place.user):
                if not admits:
                    language = await self._workers.run(self._replies.language, place.user, code)
                    await self._outbox.reply(place, notices.stranger(language, place.user), to)
                yield admits
        finally:
            self._quota.leave(place.user)

    def typing(self, user: int) -> bool:
        """Whether a query that a user types inline is heard: each pause is one."""
        admitted = self._typing.admit(user) is Verdict.ADMITTED
        if admitted:
            # They do not wait for one another: the latest alone is answered.
            self._typing.leave(user)
        return admitted

    @contextlib.asynccontextmanager
    async def pressing(
        self, query_id: str, chat: int, user: int, code: str | None
    ) -> AsyncIterator[bool]:
        """Take the turn of a user who pressed a button, under the same conditions.

        Args:
            query_id: Of the press, which is answered where it is refused.
            chat: Where the button is.
            user: Who pressed.
            code: Language of the user's Telegram.
        """
        if not self.admits(user, chat):
            await self._outbox.toast(query_id)
            yield False
            return
        verdict = self._quota.admit(user)
        if verdict is not Verdict.ADMITTED:
            refusal = await self._refusal(verdict, user, code)
            await self._outbox.toast(query_id, refusal.text if refusal else None)
            yield False
            return
        try:
            async with self._workers.turn(chat, user):
                yield True
        finally:
            self._quota.leave(user)

    async def _refusal(self, verdict: Verdict, user: int, code: str | None) -> Message | None:
        """Return what is said to a verdict; None if it was said before."""
        if verdict is Verdict.SILENCE:
            return None
        language = await self._workers.run(self._replies.language, user, code)
        return notices.refusal(language, verdict, self._settings.questions_per_minute)
