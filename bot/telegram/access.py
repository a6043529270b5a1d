"""Access: who may ask now, by the operator's lists, the user's quota and the user's turn."""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable

from bot.quota import Quota, Verdict
from bot.records import ChatPlace
from bot.telegram.outbox import Outbox
from bot.telegram.replies import Replies
from bot.telegram.shared_quota import SharedQuota
from bot.telegram.views import Message, notices
from bot.telegram.workers import Workers
from config import TelegramSettings

_PAUSES = 6
"""Pauses that someone makes while typing a question."""
_STRANGERS = 10_000
"""Users who were told that the bot is not for them, and are remembered."""


class Access:
    """Who may ask, and how much."""

    def __init__(
        self,
        replies: Replies,
        outbox: Outbox,
        workers: Workers,
        settings: TelegramSettings,
        shared_quota: SharedQuota | None = None,
    ) -> None:
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._settings = settings
        self._quota = Quota(settings.questions_per_minute, time.monotonic)
        self._typing = Quota(_PAUSES * settings.questions_per_minute, time.monotonic)
        self._shared_quota = shared_quota
        self._strangers = Seen(_STRANGERS)

    def admits(self, user: int, chat: int | None = None) -> bool:
        """Whether the operator's lists of users and chats admit a user."""
        settings = self._settings
        if not settings.users and not settings.chats:
            return True
        listed = settings.users | settings.administrators
        return user in listed or chat in settings.chats

    @contextlib.asynccontextmanager
    async def asking(self, place: ChatPlace, code: str | None, to: int) -> AsyncIterator[bool]:
        """Take a user's turn, if the lists and the user's quota allow it; a refusal is sent once.

        Args:
            place: The chat and the user.
            code: Language of the user's Telegram.
            to: The message to reply to.
        """
        admits = self.admits(place.user, place.chat)
        # Groups have negative ids; there, a notice for one would be noise for all.
        if not admits and (place.chat < 0 or not self._strangers.first(place.user)):
            yield False
            return
        verdict = await self._admitted(place.user)
        if verdict is not Verdict.ADMITTED:
            refusal = await self._refusal(verdict, place.user, code)
            if refusal is not None and admits:
                await self._outbox.reply(place, refusal, to)
            yield False
            return
        try:
            async with self._workers.turn(place.chat, place.user):
                if not admits:
                    language = await self._workers.note(self._replies.language, place.user, code)
                    await self._outbox.reply(place, notices.stranger(language, place.user), to)
                yield admits
        finally:
            self._quota.leave(place.user)

    async def _admitted(self, user: int) -> Verdict:
        """Count a question or a press, by all replicas together if there are several."""
        if self._shared_quota is None:
            return self._quota.admit(user)
        per_minute = self._settings.questions_per_minute
        return await self._workers.note(self._shared_quota.admit, user, per_minute)

    def typing(self, user: int) -> bool:
        """Whether an inline query is answered: each pause in typing sends one."""
        admitted = self._typing.admit(user) is Verdict.ADMITTED
        if admitted:
            # They do not wait for one another: the latest alone is answered.
            self._typing.leave(user)
        return admitted

    @contextlib.asynccontextmanager
    async def pressing(
        self, query_id: str, chat: int, user: int, code: str | None
    ) -> AsyncIterator[bool]:
        """Take the turn of a user who pressed a button, on the conditions of `asking`.

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
        verdict = await self._admitted(user)
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
        """Return the notice for a verdict; None if it was sent before."""
        if verdict is Verdict.SILENCE:
            return None
        language = await self._workers.note(self._replies.language, user, code)
        busy = verdict is Verdict.TOO_MANY
        return notices.refusal(language, self._settings.questions_per_minute, busy=busy)


class Seen:
    """Remembers keys, so that something is said once and not each time.

    Args:
        room: How many keys are remembered, the latest.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def first(self, key: Hashable) -> bool:
        """Remember a key, and return whether it is new."""
        new = key not in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > self._room:
            self._seen.popitem(last=False)
        return new
