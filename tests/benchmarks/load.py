"""The Telegram bot under load: how many answers a second, and how long each takes.

python -m tests.benchmarks.load [--eval FOLDER] [--articles N] [--users N] [--seconds N]

The bot is a process of its own, `excerpta telegram` with the encoder for English, and polls an
emulator of Telegram in this process, on the same cores. A time is measured from when a user writes
until the emulator has the bot's sendMessage. FOLDER holds `articles/` and `questions.jsonl`;
without it, articles and questions are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.askers import Askers
from tests.benchmarks.conditions import conditions, times_ms
from tests.benchmarks.corpus import articles_for, revise
from tests.benchmarks.process import BotProcess, cpu_seconds, running
from tests.bot.telegram.emulator import Emulator

ONE_AT_A_TIME = 200
ALLOWED_PER_S = 30.0
"""What Telegram lets a bot send."""
OFFERED_PER_S = 60.0
"""What the bot shall stand."""
FLOOD_S = 30.0
REVISED = 200
REFRESH_S = 300.0
"""Given up after: a refresh has the lowest priority, and gets what is left of the cores."""
DRAIN_S = 150.0
"""A chat that met with flood control may wait for a minute, and then again."""
WARM_UP_S = 5.0
RECALL = 20_000
UNLIMITED_PER_S = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one load.

    Attributes:
        times: Of the answers that came meanwhile, seconds.
        seconds: How long it was measured.
        bot_cpu_s, own_cpu_s: What the bot's process and this one took meanwhile.
        note: What else there is to say.
    """

    name: str
    times: list[float]
    seconds: float
    bot_cpu_s: float
    own_cpu_s: float
    note: str = ""

    @property
    def p95(self) -> float:
        """What 95 of 100 answers keep within, in milliseconds."""
        return times_ms(self.times)[1]


class Bench:
    """Puts loads on one bot, one after the other.

    Attributes:
        rows: What was measured so far.
    """

    def __init__(self, emulator: Emulator, askers: Askers, bot: BotProcess, folder: Path) -> None:
        self.rows: list[Row] = []
        self._emulator = emulator
        self._askers = askers
        self._bot = bot
        self._articles = sorted((folder / "articles").iterdir())
        self._note = ""
        self._left_out = 0
        self._old = 0

    async def one_at_a_time(self) -> None:
        """Ask a question when the one before is answered, each in another chat.

        In one chat the bot would hold itself to a message a second, as Telegram does.
        """
        async with self._measured("one question at a time"):
            for _, user in zip(
                range(ONE_AT_A_TIME), itertools.cycle(self._askers.users), strict=False
            ):
                self._askers.ask(user)
                await self._askers.answered(DRAIN_S)

    async def burst(self) -> None:
        """Let all users ask in the same moment."""
        async with self._measured(f"{len(self._askers.users)} users in the same moment"):
            for user in self._askers.users:
                self._askers.ask(user)
            await self._askers.answered(DRAIN_S)

    async def under(
        self,
        name: str,
        load: AbstractAsyncContextManager[None],
        meanwhile: Coroutine[object, object, None],
    ) -> Row:
        """Measure while a load lasts."""
        async with load:
            await asyncio.sleep(WARM_UP_S)
            async with self._measured(name):
                await meanwhile
        await self._askers.answered(DRAIN_S)
        return self.rows[-1]

    async def flood(self) -> None:
        """Let one chat meet with flood control; the times are those of the others."""
        self._left_out = self._askers.users[0]
        self._emulator.flood(self._left_out, FLOOD_S)
        await asyncio.sleep(FLOOD_S)

    async def refresh(self) -> None:
        """Change articles, and wait until the bot answers from what they are now."""
        self._old = (await self._bot.health())["generation"]
        paths = self._articles[:: max(1, len(self._articles) // REVISED)][:REVISED]
        await asyncio.to_thread(revise, paths)
        started = time.monotonic()
        if await self.caught_up():
            self._note = f"new generation after {time.monotonic() - started:.1f} s"
        else:
            self._note = f"no new generation within {REFRESH_S:.0f} s"

    async def caught_up(self) -> bool:
        """Wait for the generation that a refresh makes; False if it takes too long."""
        ends = time.monotonic() + REFRESH_S
        while (await self._bot.health())["generation"] == self._old:
            if time.monotonic() > ends:
                return False
            await asyncio.sleep(0.25)
        return True

    @asynccontextmanager
    async def _measured(self, name: str) -> AsyncIterator[None]:
        self._note, self._left_out = "", 0
        begin, bot, own = time.monotonic(), self._bot.cpu_s(), cpu_seconds(os.getpid())
        yield
        end = time.monotonic()
        times = [
            one.at - one.asked
            for one in self._askers.done
            if begin <= one.at <= end and one.user != self._left_out
        ]
        bot, own = self._bot.cpu_s() - bot, cpu_seconds(os.getpid()) - own
        self.rows.append(Row(name, times, end - begin, bot, own, self._note))
        print(line(self.rows[-1]), flush=True)


HEAD = (
    f"{'':32} {'answers':>7} {'a second':>8} {'median':>7} {'95 %':>7} {'longest':>7}"
    f"  {'CPU an answer: bot, emulator':28}"
)


def line(row: Row) -> str:
    """Return a line of the table; times are milliseconds."""
    if not row.times:
        return f"{row.name:32} {'none':>7}"
    count = len(row.times)
    ms = times_ms(row.times)
    cpu = f"{1000 * row.bot_cpu_s / count:.1f}, {1000 * row.own_cpu_s / count:.1f}"
    return (
        f"{row.name:32} {count:7} {count / row.seconds:8.1f} {ms[0]:7.0f} {ms[1]:7.0f} {ms[2]:7.0f}"
        f"  {cpu:28} {row.note}"
    ).rstrip()


async def measure(source: Path | None, articles: int, users: int, seconds: float) -> None:
    """Measure all loads and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = articles_for(folder, source, articles)
        askers = Askers(asked, users)
        async with (
            Emulator(recall=RECALL, on_sent=askers.heard) as emulator,
            running(
                *(emulator, folder),
                watch=True,
                questions_per_minute=1000,
                messages_per_second=UNLIMITED_PER_S,
            ) as bot,
        ):
            askers.meet(emulator)
            await bot.settled(REFRESH_S)
            print(
                f"{articles} articles in {bot.index['chunks']} chunks, {users} users, "
                f"telegram.messages_per_second = {UNLIMITED_PER_S}; load of the machine before: "
                f"{os.getloadavg()[0]:.2f}\ntimes in milliseconds\n\n{HEAD}"
            )
            await _all(Bench(emulator, askers, bot, folder), askers, seconds)
            print(
                f"\n{askers.asked} questions, {askers.lost} not answered, {askers.twice} answered "
                f"twice, {askers.odd.total()} refused, {len(bot.complaints())} errors in the log"
            )


async def _all(bench: Bench, askers: Askers, seconds: float) -> None:
    async def steady() -> None:
        await asyncio.sleep(seconds)

    await bench.under("(warming up)", askers.steadily(ALLOWED_PER_S), steady())
    if askers.odd:
        raise SystemExit(f"the bot does not answer, but says {askers.odd.most_common(1)[0][0]!r}")
    await bench.one_at_a_time()
    await bench.burst()
    loads: dict[str, Callable[[], AbstractAsyncContextManager[None]]] = {
        f"{ALLOWED_PER_S:.0f} questions a second": partial(askers.steadily, ALLOWED_PER_S),
        f"{OFFERED_PER_S:.0f} questions a second": partial(askers.steadily, OFFERED_PER_S),
        "as many as it answers": askers.always,
    }
    for name, load in loads.items():
        alone = await bench.under(name, load(), steady())
        flooded = await bench.under("  while one chat answers 429", load(), bench.flood())
        refreshed = await bench.under(f"  while {REVISED} articles change", load(), bench.refresh())
        await bench.caught_up()
        if alone.times and flooded.times and refreshed.times:
            print(
                f"  95 % against that without: {flooded.p95 / alone.p95:.2f} times with the flood, "
                f"{refreshed.p95 / alone.p95:.2f} times with the refresh"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eval", type=Path, metavar="FOLDER")
    parser.add_argument("--articles", type=int, default=1000, metavar="N")
    parser.add_argument("--users", type=int, default=200, metavar="N")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="N")
    options = parser.parse_args()
    # The bot ends a request of which the answer is no longer wanted; the server complains of that.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    print(conditions())
    libraries = ("python-telegram-bot", "httpx", "aiohttp")
    print(", ".join(f"{name} {version(name)}" for name in libraries))
    asyncio.run(measure(options.eval, options.articles, options.users, options.seconds))


if __name__ == "__main__":
    main()
