"""The written_answers: adds written answers to messages that show the excerpts already."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from telegram.error import TelegramError

from bot.answers import Answer
from bot.telegram.addressing import AskedQuestion
from bot.telegram.outbox import Outbox
from bot.telegram.replies import Replies, Reply
from bot.telegram.views import Language, answers, shown_in
from bot.telegram.workers import Workers
from bot.writing import Writer

_log = logging.getLogger(__name__)

_PAUSE_S, _GROUP_PAUSE_S = 2.0, 6.0
"""Between edits of a message; a group may get twenty requests a minute, of all who ask there."""


@dataclass(eq=False, slots=True)
class _Page:
    """A written answer that grows.

    Attributes:
        left: Whether the message shows something else by now, so that nothing is to be added.
        follow: The message of its own that it stands in, if it does not stand under the answer.
        fresh: Set when there are new sentences, or there will be no more.
    """

    asked: AskedQuestion
    message_id: int
    reply: Reply
    answer: Answer
    left: bool = False
    follow: int | None = None
    sentences: list[str] = field(default_factory=list)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)


class WrittenAnswers:
    """Has answers written beside the handling of updates, and shows them as they grow.

    Args:
        writer: None if nothing is written.
        replies: Know who speaks which language.
        outbox: Sends.
        workers: Where the memory is read.
    """

    def __init__(
        self, writer: Writer | None, replies: Replies, outbox: Outbox, workers: Workers
    ) -> None:
        self._writer = writer
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._pages: dict[tuple[int, int], _Page] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, asked: AskedQuestion, message_id: int, reply: Reply) -> None:
        """Have an answer written, and go on at once.

        Args:
            asked: What is answered.
            message_id: The message that shows the excerpts.
            reply: What it shows.
        """
        answer = reply.answer
        if self._writer is None or answer is None or not answer.answered:
            return
        # A citation is to lead to an excerpt that stands there.
        shown = replace(answer, excerpts=answer.excerpts[: shown_in(reply.message)])
        page = _Page(asked, message_id, reply, shown)
        self._pages[asked.place.chat, message_id] = page
        task = asyncio.create_task(self._write(page, self._writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self, chat: int, message_id: int) -> None:
        """Add nothing more to a message, for it is to show something else."""
        page = self._pages.pop((chat, message_id), None)
        if page is not None:
            page.left = True
            page.fresh.set()

    async def close(self) -> None:
        """Stop; what was shown stays."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, page: _Page, writer: Writer) -> None:
        place = page.asked.place
        reading = asyncio.create_task(_read(page, writer))
        try:
            language = await self._workers.note(
                self._replies.language, place.user, page.asked.language
            )
            await self._grow(page, writer.model, language, reading)
        except TelegramError as exc:
            _log.info("a written answer cannot be shown: %s", exc)
        except Exception:  # noqa: BLE001 - it ends this text, and nothing else
            _log.exception("a written answer failed")
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            if self._pages.get((place.chat, page.message_id)) is page:
                del self._pages[place.chat, page.message_id]

    async def _grow(
        self, page: _Page, model: str, language: Language, reading: asyncio.Task[None]
    ) -> None:
        """Show what there is whenever there is more, with pauses, until all was read."""
        fits = answers.has_room_for_written(page.reply.message, model, language)
        shown = 0
        while True:
            await page.fresh.wait()
            page.fresh.clear()
            if page.left:
                return
            over = reading.done()
            if len(page.sentences) > shown:
                shown = len(page.sentences)
                await self._show(page, model, language, fits)
            if over:
                await reading  # for what it may have raised
                return
            pause = _GROUP_PAUSE_S if page.asked.place.chat < 0 else _PAUSE_S
            await asyncio.wait({reading}, timeout=pause)
            if reading.done():
                page.fresh.set()

    async def _show(self, page: _Page, model: str, language: Language, fits: bool) -> None:
        chat = page.asked.place.chat
        if fits:
            message = answers.written_under(page.reply.message, model, page.sentences, language)
            await self._outbox.edit(chat, page.message_id, message)
            return
        message = answers.written_alone(model, page.sentences, language)
        if page.follow is None:
            page.follow = await self._outbox.reply(page.asked.place, message, page.message_id)
        else:
            await self._outbox.edit(chat, page.follow, message)


async def _read(page: _Page, writer: Writer) -> None:
    try:
        async with aclosing(writer.write(page.answer)) as sentences:
            async for sentence in sentences:
                if sentence.supported:
                    page.sentences.append(sentence.text)
                    page.fresh.set()
    finally:
        page.fresh.set()
