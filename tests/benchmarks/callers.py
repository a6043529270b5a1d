"""How many questions a second one process answers for 1, 2, 8 and 64 callers.

python -m tests.benchmarks.callers FOLDER [--callers N ...] [--at-once N] [--seconds S] [--rounds N]
                                   [--index DIR]

FOLDER holds `articles/` and `questions.jsonl`. A caller is a thread that asks its next question as
soon as the one before is answered. The numbers of callers take turns, so that a machine that others
use as well is as busy for each. With --at-once so many are let into the core at a time and the
others wait: the bot and the page let in as many as there are cores. How much of its cores the
process got is told beside: with other work on them, it bounds what callers can gain from each
other.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.answers import Answerer
from bot.build import open_library
from config import Settings
from tests.benchmarks.conditions import conditions

_WARM = 100


@dataclass(frozen=True, slots=True)
class Round:
    """What some callers got in one turn.

    Attributes:
        took_s: From the first question to the last answer.
        processor_s: Processor time of the whole process meanwhile.
        times: Seconds until each answer, ascending.
    """

    took_s: float
    processor_s: float
    times: list[float]

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.times) / self.took_s


def questions_of(folder: Path) -> list[str]:
    """Return the questions of a folder, in an order that is always the same."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [str(json.loads(line)["question"]) for line in lines]
    random.Random(0).shuffle(asked)
    return asked


def ask(
    answerer: Answerer, questions: Iterator[str], callers: int, at_once: int, seconds: float
) -> Round:
    """Let callers ask for some seconds, so many at a time."""
    core = threading.BoundedSemaphore(at_once)
    times: list[float] = []
    ends = time.perf_counter() + seconds

    def call() -> None:
        while (begun := time.perf_counter()) < ends:
            with core:
                answerer.answer(next(questions))
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    started, processor = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    return Round(took, time.process_time() - processor, sorted(times))


def report(callers: int, rounds: Sequence[Round], alone: Sequence[Round]) -> str:
    """Return the figures of a number of callers as a row of a table."""
    per_s = median(one.per_s for one in rounds)
    gain = median(
        one.per_s / other.per_s for one, other in zip(rounds, alone, strict=True) if other.per_s
    )
    times = sorted(itertools.chain.from_iterable(one.times for one in rounds))
    processor = sum(one.processor_s for one in rounds)
    cores = processor / sum(one.took_s for one in rounds)
    return (
        f"| {callers} | {per_s:.1f} | {gain:.2f} | {1000 * processor / len(times):.1f} ms "
        f"| {cores:.2f} | {1000 * median(times):.0f} ms "
        f"| {1000 * times[int(0.95 * (len(times) - 1))]:.0f} ms |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 2, 8, 64])
    parser.add_argument("--at-once", type=int, default=1000, metavar="N")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--index", type=Path, metavar="DIR", help="where the index is kept")
    options = parser.parse_args()
    asked = questions_of(options.folder)
    print(conditions())
    with tempfile.TemporaryDirectory() as temporary:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": options.folder / "articles"},
            "index": {"folder": options.index or temporary},
        }
        library = open_library(Settings.load(None, overrides), lambda _: None)
        questions = itertools.cycle(asked)
        for question in itertools.islice(questions, _WARM):
            library.answerer.answer(question)
        found: dict[int, list[Round]] = {callers: [] for callers in (1, *options.callers)}
        for n in range(options.rounds):
            print(f"round {n + 1} of {options.rounds}", file=sys.stderr)
            for callers, rounds in found.items():
                took = ask(library.answerer, questions, callers, options.at_once, options.seconds)
                rounds.append(took)
    print("| callers | a second | times one | processor time | cores | median | 95 % |")
    print("|---|---|---|---|---|---|---|")
    for callers, rounds in found.items():
        print(report(callers, rounds, found[1]))


if __name__ == "__main__":
    main()
