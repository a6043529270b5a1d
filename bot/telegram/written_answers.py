"""Written answers: the sentences of a language model, added to messages that show the excerpts."""

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
"""Between edits of a message; a group may get twenty requests a minute for all its members."""


@dataclass(eq=False, slots=True)
class _WrittenAnswer:
    """A written answer that grows.

    Attributes:
        stopped: Whether the message shows something else by now, so that nothing is added.
        own_message_id: The message that it stands in, if it does not stand under the answer.
        changed: Set when there are new sentences, or there will be no more.
    """

    asked: AskedQuestion
    message_id: int
    reply: Reply
    answer: Answer
    stopped: bool = False
    own_message_id: int | None = None
    sentences: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class WrittenAnswers:
    """Has answers written in the background, and shows them as they grow.

    Args:
        writer: Writes the sentences; None if the operator has chosen no model.
        replies: Know the language of a user.
        outbox: Sends and edits messages.
        workers: The threads that read the memory.
    """

    def __init__(
        self, writer: Writer | None, replies: Replies, outbox: Outbox, workers: Workers
    ) -> None:
        self._writer = writer
        self._replies = replies
        self._outbox = outbox
        self._workers = workers
        self._growing: dict[tuple[int, int], _WrittenAnswer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, asked: AskedQuestion, message_id: int, reply: Reply) -> None:
        """Begin to write an answer, and return at once.

        Args:
            asked: The question.
            message_id: The message that shows the excerpts.
            reply: The reply that it shows.
        """
        answer = reply.answer
        if self._writer is None or answer is None or not answer.answered:
            return
        # Only what the message shows may be cited.
        shown = replace(answer, excerpts=answer.excerpts[: shown_in(reply.message)])
        if not shown.excerpts:
            return
        text = _WrittenAnswer(asked, message_id, reply, shown)
        self._growing[asked.place.chat, message_id] = text
        task = asyncio.create_task(self._write(text, self._writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, chat: int, message_id: int) -> None:
        """Add nothing more to a message, as it is about to show something else."""
        text = self._growing.pop((chat, message_id), None)
        if text is not None:
            text.stopped = True
            text.changed.set()

    async def close(self) -> None:
        """Stop writing; sentences that were shown stay."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, text: _WrittenAnswer, writer: Writer) -> None:
        place = text.asked.place
        reading = asyncio.create_task(_read(text, writer))
        try:
            language = await self._workers.note(
                self._replies.language, place.user, text.asked.language
            )
            await self._grow(text, writer.model, language, reading)
        except TelegramError as exc:
            _log.info("a written answer cannot be shown: %s", exc)
        except Exception:  # noqa: BLE001 - it ends this answer, and nothing else
            _log.exception("a written answer failed")
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            if self._growing.get((place.chat, text.message_id)) is text:
                del self._growing[place.chat, text.message_id]

    async def _grow(
        self, text: _WrittenAnswer, model: str, language: Language, reading: asyncio.Task[None]
    ) -> None:
        """Show the sentences as they come, with pauses between edits, until the last."""
        fits = answers.has_room_for_written(text.reply.message, model, language)
        shown = 0
        while True:
            await text.changed.wait()
            text.changed.clear()
            if text.stopped:
                return
            over = reading.done()
            if len(text.sentences) > shown:
                shown = len(text.sentences)
                await self._show(text, model, language, fits)
            if over:
                await reading  # for what it may have raised
                return
            pause = _GROUP_PAUSE_S if text.asked.place.chat < 0 else _PAUSE_S
            await asyncio.wait({reading}, timeout=pause)
            if reading.done():
                text.changed.set()

    async def _show(self, text: _WrittenAnswer, model: str, language: Language, fits: bool) -> None:
        chat = text.asked.place.chat
        if fits:
            message = answers.written_under(text.reply.message, model, text.sentences, language)
            await self._outbox.edit(chat, text.message_id, message)
            return
        message = answers.written_alone(model, text.sentences, language)
        if text.own_message_id is None:
            text.own_message_id = await self._outbox.reply(
                text.asked.place, message, text.message_id
            )
        else:
            await self._outbox.edit(chat, text.own_message_id, message)


async def _read(text: _WrittenAnswer, writer: Writer) -> None:
    try:
        async with aclosing(writer.write(text.answer)) as sentences:
            async for sentence in sentences:
                if sentence.supported:
                    text.sentences.append(sentence.text)
                    text.changed.set()
    finally:
        text.changed.set()
