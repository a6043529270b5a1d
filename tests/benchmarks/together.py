"""Page and bot asked at once: 200 people in the same moment, half of them each.

python -m tests.benchmarks.together [--eval FOLDER] [--articles N] [--people N] [--rounds N]

`excerpta telegram` and `excerpta serve` are processes of their own over one index, both with the
encoder for English and both keeping what was asked; this process, on the same cores, emulates
Telegram and sends the forms of the page, each from an address of its own. A time is measured from
when somebody asks until the whole answer is here. FOLDER holds `articles/` and `questions.jsonl`;
without it, articles and questions are made up.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.benchmarks.askers import Askers
from tests.benchmarks.conditions import conditions, times_ms
from tests.benchmarks.corpus import articles_for
from tests.benchmarks.process import running
from tests.bot.shell import Shell
from tests.bot.telegram.emulator import Emulator
from tests.bot.web.servers import served

GIVEN_UP_S = 150.0
UNLIMITED = 10_000
HEAD = f"\n{'':9} {'asked':>6} {'lost':>5} {'twice':>6} {'median':>7} {'95 %':>7} {'longest':>8}"


@dataclass(slots=True)
class Readers:
    """People who ask on the page.

    Attributes:
        times: Seconds, of those who were answered.
        odd: What others got instead, and how many of them.
    """

    client: httpx.AsyncClient
    questions: Iterator[str]
    times: list[float] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)

    async def ask(self, number: int) -> None:
        """Let one of them ask."""
        address = f"10.0.{number // 250}.{number % 250 + 1}"
        headers = {"Accept": "text/fragment+html", "X-Forwarded-For": address, "Cookie": ""}
        form = {"question": next(self.questions)}
        begin = time.monotonic()
        try:
            answer = await self.client.post("/ask", data=form, headers=headers)
        except httpx.HTTPError as exc:
            self.odd[type(exc).__name__] += 1
            return
        if answer.status_code == 200 and 'class="turn"' in answer.text:
            self.times.append(time.monotonic() - begin)
        else:
            self.odd[str(answer.status_code)] += 1


def line(name: str, asked: int, times: list[float], twice: int, odd: Counter[str]) -> str:
    """Return a line of the table."""
    lost = asked - len(times)
    if not times:
        return f"{name:9} {asked:6} {lost:5}  none was answered: {dict(odd)}"
    ms = times_ms(times)
    others = f"  {dict(odd)}" if odd else ""
    return f"{name:9} {asked:6} {lost:5} {twice:6} {ms[0]:7.0f} {ms[1]:7.0f} {ms[2]:8.0f}{others}"


async def measure(source: Path | None, articles: int, people: int, rounds: int) -> None:
    """Let them ask, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = articles_for(folder, source, articles)
        chatting = people // 2
        askers = Askers(asked, chatting)
        settings = {"questions_per_minute": 1000, "messages_per_second": UNLIMITED}
        page = {"EXCERPTA_WEB__PROXY": "127.0.0.1", "EXCERPTA_WEB__WATCH": "false"}
        async with (
            Emulator(on_sent=askers.heard) as emulator,
            running(emulator, folder, **settings) as bot,
        ):
            askers.meet(emulator)
            with served(Shell(folder), **page) as server:
                limits = httpx.Limits(max_connections=people)
                async with httpx.AsyncClient(
                    base_url=server.url, timeout=GIVEN_UP_S, limits=limits
                ) as client:
                    readers = Readers(client, itertools.cycle(asked))
                    print(
                        f"{articles} articles in {bot.index['chunks']} chunks, {people} people, "
                        f"{rounds} rounds; load of the machine before: {os.getloadavg()[0]:.2f}"
                    )
                    for _ in range(rounds):
                        for user in askers.users:
                            askers.ask(user)
                        await asyncio.gather(*map(readers.ask, range(people - chatting)))
                        await askers.answered(GIVEN_UP_S)
                    print(HEAD)
                    waited = [one.at - one.asked for one in askers.done]
                    print(line("Telegram", askers.asked, waited, askers.twice, askers.odd))
                    count = rounds * (people - chatting)
                    print(line("the page", count, readers.times, 0, readers.odd))
                    print(f"{len(bot.complaints())} errors in the bot's log")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eval", type=Path, metavar="FOLDER")
    parser.add_argument("--articles", type=int, default=1000, metavar="N")
    parser.add_argument("--people", type=int, default=200, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    print(conditions())
    asyncio.run(measure(options.eval, options.articles, options.people, options.rounds))


if __name__ == "__main__":
    main()
