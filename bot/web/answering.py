"""Answering: what a message of a reader gets from the library, computed in threads."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

from starlette.exceptions import HTTPException

from bot.answers import Answer, check_question
from bot.conversation import (
    ArticleList,
    Continuation,
    Conversation,
    Message,
    Reply,
    Summary,
    Wish,
    remembered_together,
    split_questions,
)
from bot.library import Library
from bot.web.metrics import Metrics
from bot.web.records import Records

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_WAITING = 500
"""Requests that may wait for a thread; more would be answered too late."""
_ANSWER_S = 30.0
"""Seconds after which a reader has given up."""
_NO_RECORDS = Records(None)


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a reader, and what it got: a reply, or the answers to its questions.

    Attributes:
        text: The message.
        message: What it is.
        reply: The reply, where the message is no question.
        answers: Else an answer to each of its questions, of which it may ask several.
        asked: The number of its questions; no more than three of them are answered.
        remembered: What later questions may lean on.
        kept: The numbers of the answers in the records, if they are kept.
    """

    text: str
    message: Message
    reply: Reply | None = None
    answers: tuple[Answer, ...] = ()
    asked: int = 1
    remembered: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether there may be more of it."""
        match self.reply:
            case None:
                return any(answer.excerpts for answer in self.answers)
            case ArticleList():
                return self.reply.left > 0
            case reply:
                return isinstance(reply, Summary | Continuation)


class Answering:
    """Asks the library, a thread for each core; used in a `with` block, it ends the threads."""

    def __init__(self, library: Library, metrics: Metrics, records: Records = _NO_RECORDS) -> None:
        self.records = records
        """Where questions and votes are kept."""
        self._conversation = Conversation(library, _shown)
        self._settings = library.settings.web
        most = (self._settings.max_question_chars, library.settings.search.max_question_chars)
        self.max_chars = min(most)
        """The length, in characters, above which a question is refused."""
        self._metrics = metrics
        self._count = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="answer")
        self._in_hand = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Drop what has not begun, and wait for the rest."""
        self._pool.shutdown(cancel_futures=True)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Call a function in one of the threads.

        Raises:
            HTTPException: Too many wait, or it takes too long.
        """
        if self._in_hand >= self._count + _WAITING:
            raise HTTPException(503, "Too many questions wait.", {"Retry-After": "5"})
        self._in_hand += 1
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError:
            raise HTTPException(504, "The answer took too long.") from None
        finally:
            self._in_hand -= 1

    def turn(
        self,
        text: str,
        earlier: Sequence[str] = (),
        language: str = "en",
        *,
        reader: int,
        excerpts: int | None = None,
        several: bool = False,
    ) -> Turn:
        """Reply to a message, or answer it.

        Args:
            text: The message.
            earlier: What was remembered of earlier ones, oldest first.
            language: The language to reply in if that of the message is not known.
            reader: The number of the reader in the records.
            excerpts: The number of excerpts; see `Answerer.answer`.
            several: Whether the questions of one message are answered one after the other.

        Raises:
            QuestionError: The message is empty or too long.
        """
        asked = check_question(text, self.max_chars)
        message = self._conversation.read(asked, language)
        turn = self._replied(asked, message, earlier, language)
        if turn is None:
            questions = split_questions(message.question) if several else (message.question,)
            turn = self._answered(asked, message, questions, earlier, excerpts)
        self._note(turn)
        return replace(turn, kept=tuple(self.records.keep(reader, turn.answers, earlier)))

    def overview(self, language: str) -> Turn:
        """Return what a reader sees first: what the articles are about."""
        turn = self._replied("", Message("", wish=Wish.OVERVIEW), (), language)
        assert turn is not None, "this wish is no question"
        return turn

    def more(self, earlier: Sequence[str], language: str) -> Turn:
        """Reply to a reader who wants more of what the last message got."""
        message = Message("", wish=Wish.MORE, language=language)
        turn = self._replied("", message, earlier, language)
        assert turn is not None, "this wish is no question"
        return turn

    def more_of(
        self, answers: Sequence[Answer], number: int, earlier: Sequence[str], language: str
    ) -> Turn:
        """Reply to a reader who wants more of one of several answers, each shown by one excerpt.

        Args:
            answers: The answers of the last turn.
            number: The number of the one, from 1.
            earlier: What was remembered of earlier messages, oldest first.
            language: The language to reply in if that of the message is not known.
        """
        answer = answers[number - 1]
        if number == len(answers):
            return replace(self.more(earlier, language), text=answer.question)
        # The last one that is remembered goes on.
        ordered = (*answers[: number - 1], *answers[number:], answer)
        together = remembered_together(one.remembered for one in ordered)
        turn = self.more((*earlier, together), language)
        return replace(turn, text=answer.question, remembered=(together,) * 2)

    def _replied(
        self, text: str, message: Message, earlier: Sequence[str], language: str
    ) -> Turn | None:
        reply = self._conversation.reply(message, earlier, language)
        if reply is None:
            return None
        remembered = self._conversation.remembered(message, earlier)
        return Turn(text, message, reply, remembered=(remembered,) if remembered else ())

    def _answered(
        self,
        text: str,
        message: Message,
        questions: Sequence[str],
        earlier: Sequence[str],
        excerpts: int | None,
    ) -> Turn:
        answers = self._conversation.answers(questions, earlier, excerpts)
        remembered = remembered_together(answer.remembered for answer in answers)
        return Turn(text, message, None, tuple(answers), len(questions), (remembered,))

    def _note(self, turn: Turn) -> None:
        """Count a turn, and log it; its text only if the operator chose so."""
        self._metrics.turned(turn.answers)
        fields: dict[str, object] = {"talk": turn.reply is not None}
        for answer in turn.answers[:1]:
            fields |= {
                "answered": answer.answered,
                "confidence": round(answer.confidence, 3),
                "generation": answer.generation,
                "elapsed_ms": round(answer.elapsed_ms, 1),
            }
        if self._settings.log_questions:
            fields["question"] = turn.text
        _log.info("question", extra={"fields": fields})


def _shown(answer: Answer) -> int:
    """Return how many excerpts are shown at once; of what does not answer, only a sentence."""
    return len(answer.excerpts) if answer.answered else 0
