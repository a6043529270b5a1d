"""Users of a bot who ask, and when each question was answered."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bot.telegram.emulator import Emulator, Sent

FIRST_USER = 1_000_001
# Replies without a button are answers, too: nothing comes near, or a summary was asked for.
_ANSWERS = "The articles do not answer this.", "\n[1] "


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered; `asked` and `at` are seconds of the monotonic clock."""

    user: int
    asked: float
    at: float


class Askers:
    """Users who ask in their private chats; `heard` must be told of the bot's messages.

    Args:
        questions: What they ask, in turn.
        users: How many they are.
        first: The id of the first of them.

    Attributes:
        users: Their ids.
        asked: How many questions there were.
        done: Those that were answered, in that order.
        twice: Answers to what had been answered.
        odd: Replies that are no answers: the bot was asked too much, or failed.
    """

    def __init__(self, questions: Sequence[str], users: int, first: int = FIRST_USER) -> None:
        self.users = range(first, first + users)
        self.asked = 0
        self.done: list[Answered] = []
        self.twice = 0
        self.odd: Counter[str] = Counter()
        self._questions = itertools.cycle(questions)
        self._open: dict[tuple[int, int], float] = {}
        self._again = False
        self._emulator: Emulator | None = None
        self._all_answered = asyncio.Event()

    def meet(self, emulator: Emulator) -> None:
        """Write to the bot of this emulator from now on."""
        self._emulator = emulator

    @property
    def lost(self) -> int:
        """Questions that are not answered."""
        return len(self._open)

    def ask(self, user: int) -> None:
        """Ask the next question."""
        assert self._emulator is not None, "meet it first"
        self.asked += 1
        self._all_answered.clear()
        self._emulator.say(user, next(self._questions))
        self._open[user, self._emulator.last_message_id] = time.monotonic()

    def heard(self, sent: Sent) -> None:
        """Note an answer."""
        asked = self._open.pop((sent.chat_id, sent.reply_to or 0), None)
        if asked is None:
            self.twice += 1
            return
        self.done.append(Answered(sent.chat_id, asked, time.monotonic()))
        if not sent.markup and not any(one in sent.text for one in _ANSWERS):
            self.odd[sent.text] += 1
        if self._again:
            self.ask(sent.chat_id)
        elif not self._open:
            self._all_answered.set()

    async def answered(self, within_s: float) -> None:
        """Wait until all questions are answered, or for so long."""
        if self._open:
            try:
                await asyncio.wait_for(self._all_answered.wait(), within_s)
            except TimeoutError:
                return

    @asynccontextmanager
    async def always(self) -> AsyncIterator[None]:
        """Let every user ask the next question as soon as the one before is answered."""
        self._again = True
        for user in self.users:
            self.ask(user)
        try:
            yield
        finally:
            self._again = False

    @asynccontextmanager
    async def steadily(self, per_s: float) -> AsyncIterator[None]:
        """Let the users ask in turn, so many questions a second.

        Those who still wait for an answer are passed over: the bot would refuse a fourth question.
        """
        task = asyncio.create_task(self._take_turns(per_s))
        try:
            yield
        finally:
            task.cancel()

    async def _take_turns(self, per_s: float) -> None:
        started = time.monotonic()
        users = itertools.cycle(self.users)
        for number in itertools.count():
            await asyncio.sleep(max(0.0, started + number / per_s - time.monotonic()))
            waiting = {user for user, _ in self._open}
            if len(waiting) < len(self.users):
                self.ask(next(user for user in users if user not in waiting))
