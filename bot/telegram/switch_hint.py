"""The hint that readers ask in other languages than the encoder knows, for administrators, once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable

from telegram.error import TelegramError

from bot.answers import Answer
from bot.languages import ENGLISH, Language
from bot.records import UnknownLanguages
from bot.telegram.replies import Replies
from bot.telegram.views import Message, reports
from bot.telegram.workers import Workers

_log = logging.getLogger(__name__)

_MANY = 5
"""Questions; fewer may be somebody who tries the bot."""


class SwitchHint:
    """Counts questions in languages that the encoder does not know, and tells of them once.

    Args:
        replies: Know the bot's memory, and the administrators' languages.
        workers: Do the counting.
        send: Sends a message to a user.
        administrators: Who is told.
        switch: What makes the index again with an encoder that knows them.
    """

    def __init__(
        self,
        replies: Replies,
        workers: Workers,
        send: Callable[[int, Message], Awaitable[object]],
        administrators: Iterable[int],
        switch: str,
    ) -> None:
        self._replies = replies
        self._workers = workers
        self._send = send
        self._administrators = sorted(administrators)
        self._switch = switch

    async def note(self, user: int, answer: Answer | None) -> None:
        """Count an answer to a user's question; nothing is kept of the question."""
        unknown = answer.unknown_language if answer else None
        if unknown is None:
            return
        count = self._replies.state.add_unknown_language
        found = await self._workers.note(count, user, unknown.encoder, _MANY)
        if found is None:
            return
        said = self._message(ENGLISH, found, unknown.encoder).text
        _log.warning("%s", " ".join(said.split("\n\n")))
        for administrator in self._administrators:
            language = await self._workers.note(self._replies.language, administrator, None)
            try:
                await self._send(administrator, self._message(language, found, unknown.encoder))
            except TelegramError as exc:
                _log.warning("an administrator cannot be told of unknown languages: %s", exc)

    def _message(self, language: Language, found: UnknownLanguages, encoder: str) -> Message:
        return reports.unknown_languages(language, found, encoder, self._switch)
