"""The Telegram bot's turns: how long one user waits beside many whose questions cost much.

python -m tests.benchmarks.fairness [--crowd N] [--question TEXT] [--seconds N]

Every user of the crowd asks the same costly question again as soon as it is answered, with the
limit for one user raised out of the way; one other user asks an ordinary question every two
seconds. The bot is a process of its own, as for `tests.benchmarks.load`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.askers import FIRST_USER, Askers
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import made_up
from tests.benchmarks.process import running
from tests.bot.telegram.emulator import Emulator, Sent

ARTICLES = 200
PAUSE_S = 2.0
WARM_UP_S = 5.0
DRAIN_S = 150.0


async def measure(crowd: int, question: str, seconds: float) -> None:
    """Let them ask, and print how long each side waited."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "articles").mkdir()
        ordinary = Askers(made_up(folder / "articles", ARTICLES), 1)
        costly = Askers([question], crowd, FIRST_USER + 1)

        def heard(sent: Sent) -> None:
            (ordinary if sent.chat_id in ordinary.users else costly).heard(sent)

        limits = {"questions_per_minute": 1000, "messages_per_second": 10_000}
        async with (
            Emulator(recall=20_000, on_sent=heard) as emulator,
            running(emulator, folder, **limits) as bot,
        ):
            ordinary.meet(emulator)
            costly.meet(emulator)
            print(f"load of the machine before: {os.getloadavg()[0]:.2f}")
            async with costly.always():
                await asyncio.sleep(WARM_UP_S)
                begun, cpu_s = time.monotonic(), bot.cpu_s()
                while time.monotonic() < begun + seconds:
                    ordinary.ask(FIRST_USER)
                    await ordinary.answered(DRAIN_S)
                    await asyncio.sleep(PAUSE_S)
                cpu_s = bot.cpu_s() - cpu_s
            print(line("the user beside", ordinary, begun))
            print(line(f"the crowd of {crowd}", costly, begun))
            print(f"the bot took {cpu_s:.0f} s of processor time")


def line(name: str, askers: Askers, since: float) -> str:
    """Return how long users waited for the answers since then."""
    waits = sorted(one.at - one.asked for one in askers.done if one.at >= since)
    if not waits:
        return f"{name}: no answer"
    return (
        f"{name}: {len(waits)} answers after {median(waits):.2f} s (median), "
        f"{waits[-1]:.2f} s (longest)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crowd", type=int, default=40, metavar="N")
    parser.add_argument("--question", default='"e" ' * 250, metavar="TEXT")
    parser.add_argument("--seconds", type=float, default=40.0, metavar="N")
    options = parser.parse_args()
    # The bot ends a request of which the answer is no longer wanted; the server complains of that.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    print(conditions())
    asyncio.run(measure(options.crowd, options.question, options.seconds))


if __name__ == "__main__":
    main()
