"""Access: who may ask now, by the operator's lists, the user's quota and the user's turn."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Hashable

from telegram.constants import ReactionEmoji

from bot.quota import WAITING, Quota, Verdict
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
_LATER = ReactionEmoji.SLEEPING_FACE


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
        self._refusals: Counter[int] = Counter()

    def admits(self, user: int, chat: int | None = None) -> bool:
        """Whether the operator's lists of users and chats admit a user."""
        settings = self._settings
        if not settings.users and not settings.chats:
            return True
        listed = settings.users | settings.administrators
        return user in listed or chat in settings.chats

    @contextlib.asynccontextmanager
    async def asking(
        self, place: ChatPlace, code: str | None, to: int, *, counted: bool = True
    ) -> AsyncIterator[bool]:
        """Take a user's turn, if the lists and the user's quota allow it; else say why not.

        Args:
            place: The chat and the user.
            code: Language of the user's Telegram.
            to: The message to reply to.
            counted: Whether the message counts among the questions of a minute.
        """
        admits = self.admits(place.user, place.chat)
        # Groups have negative ids; there, a notice for one would be noise for all.
        if not admits and (place.chat < 0 or not self._strangers.first(place.user)):
            yield False
            return
        verdict = await self._admitted(place.user, counted=counted)
        if verdict is not Verdict.ADMITTED:
            if admits:
                await self._refuse(verdict, place, code, to)
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

    async def _admitted(self, user: int, *, counted: bool = True) -> Verdict:
        """Count a question or a press, by all replicas together if there are several."""
        if self._shared_quota is None:
            return self._quota.admit(user, counted=counted)
        if not counted:
            return Verdict.ADMITTED  # the shared inbox hands out one at a time
        per_minute = self._settings.questions_per_minute
        return await self._workers.note(self._shared_quota.admit, user, per_minute)

    async def _refuse(self, verdict: Verdict, place: ChatPlace, code: str | None, to: int) -> None:
        """Say when to ask again; in a group, a second time by no more than a reaction."""
        user = place.user
        if self._refusals[user] >= WAITING:
            return  # they would come when it is over
        self._refusals[user] += 1
        try:
            if verdict is Verdict.TOLD and place.chat < 0:
                await self._outbox.react(place.chat, to, _LATER)
            else:
                await self._outbox.reply(place, await self._refusal(user, code), to)
        finally:
            self._refusals[user] -= 1
            self._refusals += Counter()  # forgets who has none

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
        if await self._admitted(user) is not Verdict.ADMITTED:
            await self._outbox.toast(query_id, (await self._refusal(user, code)).text)
            yield False
            return
        try:
            async with self._workers.turn(chat, user):
                yield True
        finally:
            self._quota.leave(user)

    async def _refusal(self, user: int, code: str | None) -> Message:
        language = await self._workers.note(self._replies.language, user, code)
        if self._shared_quota is None:
            wait_s = self._quota.wait_s(user)
        else:
            per_minute = self._settings.questions_per_minute
            wait_s = await self._workers.note(self._shared_quota.wait_s, user, per_minute)
        return notices.refusal(language, wait_s)


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
