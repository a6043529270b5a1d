"""What an answer costs the Telegram bot, in turns with the bot of another checkout.

python -m tests.benchmarks.answer_cost CHECKOUT [--eval FOLDER] [--articles N] [--users N]
    [--rounds N] [--questions N]

Two bots run, of this checkout and of the other one, each over an index of its own and with an
emulator of Telegram in this process. They are asked in turn, one question at a time, and the
processor time that each takes for an answer is printed. So other work on the machine costs both as
much. FOLDER holds `articles/` and `questions.jsonl`; without it, both are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.askers import Askers
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import articles_for
from tests.benchmarks.process import BotProcess, running
from tests.bot.telegram.emulator import Emulator
from tests.paths import ROOT

WARM_UP = 200
"""Questions before the first round."""
ANSWER_S = 60.0
UNLIMITED_PER_S = 10_000


@dataclass
class Asked:
    """A bot that is asked.

    Attributes:
        costs: What an answer cost in each round, milliseconds of the processor.
    """

    name: str
    bot: BotProcess
    askers: Askers
    users: Iterator[int]
    costs: list[float] = field(default_factory=list)

    async def ask(self, questions: int) -> None:
        """Ask so many questions, each when the one before is answered and in another chat."""
        for _ in range(questions):
            self.askers.ask(next(self.users))
            await self.askers.answered(ANSWER_S)

    async def measure(self, questions: int) -> None:
        """Ask, and note what an answer costs."""
        before = self.bot.cpu_s()
        await self.ask(questions)
        self.costs.append(1000 * (self.bot.cpu_s() - before) / questions)


@asynccontextmanager
async def asked(
    name: str, code: Path, source: Path | None, articles: int, users: int
) -> AsyncIterator[Asked]:
    """Run the bot of a checkout."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        askers = Askers(articles_for(folder, source, articles), users)
        async with (
            Emulator(recall=20_000, on_sent=askers.heard) as emulator,
            running(
                *(emulator, folder, code),
                questions_per_minute=1000,
                messages_per_second=UNLIMITED_PER_S,
            ) as bot,
        ):
            askers.meet(emulator)
            yield Asked(name, bot, askers, itertools.cycle(askers.users))


async def measure(options: argparse.Namespace) -> None:
    """Ask both in turns, and print what an answer costs."""
    async with AsyncExitStack() as stack:
        both = [
            await stack.enter_async_context(
                asked(name, code, options.eval, options.articles, options.users)
            )
            for name, code in (("this checkout", ROOT), ("the other one", options.checkout))
        ]
        for one in both:
            await one.ask(WARM_UP)
        for _ in range(options.rounds):
            for one in both:
                await one.measure(options.questions)
        for one in both:
            print(
                f"{one.name}: {statistics.median(one.costs):.1f} ms an answer in the median of "
                f"{options.rounds} rounds, {min(one.costs):.1f} in the best; {one.askers.lost} not "
                f"answered, {one.askers.twice} twice, {len(one.bot.complaints())} errors in the log"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT")
    parser.add_argument("--eval", type=Path, metavar="FOLDER")
    parser.add_argument("--articles", type=int, default=300, metavar="N")
    parser.add_argument("--users", type=int, default=60, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--questions", type=int, default=100, metavar="N")
    # The bot ends a request of which the answer is no longer wanted; the server complains of that.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    print(conditions())
    options = parser.parse_args()
    options.checkout = options.checkout.resolve()
    asyncio.run(measure(options))


if __name__ == "__main__":
    main()
