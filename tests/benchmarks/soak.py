"""The Telegram bot over a long time: whether it holds on to memory, files or threads.

python -m tests.benchmarks.soak [--updates N]

An hour's traffic of thousands of users as fast as the bot takes it: questions in private chats and
groups, talk that is not for it, edits, presses of all buttons, inline queries, commands, photos,
messages of no known kind, users who blocked it, chats that answer 429. The bot is a process of its
own, `excerpta telegram` with the encoder for English.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import made_up
from tests.benchmarks.process import BotProcess, running
from tests.bot.telegram.emulator import Emulator, Sent, group, person, private

ARTICLES = 200
USERS, GROUPS = 5000, 300
FIRST_USER, FIRST_GROUP = 2_000_001, -2_000_001
BLOCKED_SHARE = 0.02
FLOODED_S = 5.0
SAMPLES = 10
PENDING = 200
"""Updates that wait at Telegram, at most; the bot says when it has room for more."""
RECENT = 2000
RECALL = 20_000
TALK_S, REST_S = 120.0, 300.0

_COMMANDS = (
    "start help sources article new language privacy forgetme status ask refresh stats unknown"
)
_TALK = "Has anybody seen my keys?", "👍👍", "On my way, see you at nine.", "@somebody look at this"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process holds after so many updates; sizes are megabytes."""

    updates: int
    resident_mb: float
    descriptors: int
    threads: int
    state_mb: float
    seconds: float


class Crowd:
    """People who do all that people do; `heard` must be told of the bot's messages."""

    def __init__(self, questions: Sequence[str]) -> None:
        self.did: Counter[str] = Counter()
        self._chance = random.Random(0)
        self._questions = questions
        self._asked: deque[tuple[int, int]] = deque(maxlen=RECENT)
        self._shown: deque[Sent] = deque(maxlen=RECENT)
        self._commands = _COMMANDS.split()
        self._does: dict[Callable[[Emulator], None], int] = {
            self._ask: 30,
            self._talk: 25,
            self._press: 15,
            self._ask_in_group: 6,
            self._edit: 6,
            self._type: 6,
            self._command: 5,
            self._show: 4,
            self._puzzle: 3,
        }

    def heard(self, sent: Sent) -> None:
        """Remember a message, for its buttons."""
        self._shown.append(sent)

    def act(self, emulator: Emulator) -> None:
        """Let somebody do something, which is one update."""
        if self._chance.random() < 1 / 2000:
            emulator.flood(self._user(), FLOODED_S)
        (does,) = self._chance.choices([*self._does], [*self._does.values()])
        does(emulator)
        self.did[does.__name__.strip("_").replace("_", " ")] += 1

    def _user(self) -> int:
        return FIRST_USER + self._chance.randrange(USERS)

    def _group(self) -> int:
        return FIRST_GROUP - self._chance.randrange(GROUPS)

    def _question(self) -> str:
        return self._chance.choice(self._questions)

    def _ask(self, emulator: Emulator) -> None:
        user = self._user()
        emulator.say(user, self._question())
        self._asked.append((user, emulator.last_message_id))

    def _talk(self, emulator: Emulator) -> None:
        emulator.say_in(group(self._group()), self._user(), self._chance.choice(_TALK))

    def _ask_in_group(self, emulator: Emulator) -> None:
        emulator.say_in(group(self._group()), self._user(), self._question(), mention=True)

    def _edit(self, emulator: Emulator) -> None:
        if not self._asked:
            return self._ask(emulator)
        emulator.edit(*self._chance.choice(self._asked), self._question())
        return None

    def _press(self, emulator: Emulator) -> None:
        if not self._shown:
            return self._ask(emulator)
        sent = self._chance.choice(self._shown)
        presses = [button["callback_data"] for button in sent.buttons if "callback_data" in button]
        emulator.press(
            *(sent.chat_id, sent.message_id, self._chance.choice([*presses, "forged"])),
            user_id=self._user() if sent.chat_id < 0 else None,
        )
        return None

    def _type(self, emulator: Emulator) -> None:
        emulator.inline(self._user(), self._question())

    def _command(self, emulator: Emulator) -> None:
        words = f"/{self._chance.choice(self._commands)} {self._question()}"
        emulator.say(self._user(), words if self._chance.random() < 0.5 else words.split()[0])

    def _show(self, emulator: Emulator) -> None:
        user = self._user()
        photo = [{"file_id": "a", "file_unique_id": "b", "width": 9, "height": 9}]
        emulator.push("message", chat=private(user), photo=photo, **{"from": person(user)})

    def _puzzle(self, emulator: Emulator) -> None:
        user = self._user()
        unheard_of = {"hologram": {"depth": self._chance.random()}, "from": person(user)}
        emulator.push("message", chat=private(user), **unheard_of)


async def measure(updates: int) -> None:
    """Run the traffic and print what the bot holds, ten times in the course of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "articles").mkdir()
        crowd = Crowd(made_up(folder / "articles", ARTICLES))
        async with (
            Emulator(recall=RECALL, on_sent=crowd.heard) as emulator,
            running(emulator, folder, watch=True, messages_per_second=10_000) as bot,
        ):
            chance = random.Random(1)
            emulator.blocked.update(
                user
                for user in range(FIRST_USER, FIRST_USER + USERS)
                if chance.random() < BLOCKED_SHARE
            )
            print(f"{ARTICLES} articles, {USERS} users; load before: {os.getloadavg()[0]:.2f}")
            samples = await _samples(updates, crowd, emulator, bot)
            done = await bot.at_rest(REST_S)
            print(report(samples))
            print(", ".join(f"{what} {count}" for what, count in crowd.did.most_common()))
            print(
                f"{emulator.messages.total} messages, {emulator.posts.edits.total} edits, "
                f"{emulator.answers.total} presses and {emulator.inline_answers.total} inline "
                f"queries answered; {'all handled' if done else 'NOT ALL HANDLED'}; "
                f"{len(bot.complaints())} errors in the log"
            )
            for complaint in bot.complaints()[:10]:
                print(complaint)


async def _samples(updates: int, crowd: Crowd, emulator: Emulator, bot: BotProcess) -> list[Sample]:
    started = time.monotonic()
    samples: list[Sample] = []
    print(HEAD, flush=True)
    for number in range(1, updates + 1):
        if len(emulator.pending) >= PENDING:
            await emulator.until(lambda: len(emulator.pending) < PENDING, TALK_S)
        crowd.act(emulator)
        if number % (updates // SAMPLES) == 0:
            samples.append(
                Sample(
                    *(number, bot.resident_mb(), await bot.descriptors(), bot.threads()),
                    *(bot.state_mb(), time.monotonic() - started),
                )
            )
            print(line(samples[-1]), flush=True)
    return samples


HEAD = f"{'updates':>9} {'memory':>8} {'files':>6} {'threads':>8} {'state':>8} {'seconds':>8}"


def line(sample: Sample) -> str:
    """Return a line of the table."""
    updates, resident, files, threads, state, seconds = astuple(sample)
    return f"{updates:9} {resident:5.1f} MB {files:6} {threads:8} {state:5.1f} MB {seconds:8.0f}"


def report(samples: Sequence[Sample]) -> str:
    """Return how much more the process holds at the end than after a fifth."""
    early, late = samples[len(samples) // 5 - 1], samples[-1]
    return (
        f"from {early.updates} to {late.updates} updates: memory "
        f"{late.resident_mb - early.resident_mb:+.1f} MB "
        f"({late.resident_mb / early.resident_mb - 1:+.1%}), files "
        f"{late.descriptors - early.descriptors:+}, threads {late.threads - early.threads:+}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=100_000, metavar="N")
    updates = parser.parse_args().updates
    if updates < SAMPLES:
        parser.error(f"{SAMPLES} updates or more")
    # The bot ends a request of which the answer is no longer wanted; the server complains of that.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    print(conditions())
    asyncio.run(measure(updates))


if __name__ == "__main__":
    main()
