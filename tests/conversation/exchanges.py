"""Exchanges: what a person types into a chat about the articles that ship, and a good reply.

python -m tests.conversation.exchanges [--verbose] [--questions SETS]

Each line of `exchanges.jsonl` has a `question`, the lines typed before it (`history`), the `kind`
of the reply that it deserves, what that `holds` (alternatives parted by |) and what it `lacks`;
case does not count. The figure is the share of good replies, in all and for each kind.

`outside/` holds tables in four languages by another hand, which has not seen the code, and small
articles that stand beside those that ship when these are asked. They have figures of their own.

SETS is a folder of sets of questions, `questions.jsonl` in each: how many of them are taken for
something else, and how long it takes to decide that.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from bot.build import open_library
from bot.conversation import read_message
from bot.library import Library
from bot.terminal import Chat
from config import Settings
from tests.paths import SEEDS

TABLE = Path(__file__).with_name("exchanges.jsonl")
OUTSIDE = Path(__file__).with_name("outside")

_SEARCHED = ("confidence ", "the articles do not answer this.")
_CITATION = re.compile(r"^\[\d+\] ", re.MULTILINE)
_TALK_CHARS, _REFUSAL_CHARS = 700, 1_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the lines before it, and what a good reply to it is."""

    question: str
    kind: str
    history: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def read_exchanges(path: Path = TABLE) -> list[Exchange]:
    """Read a table of exchanges."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Exchange(
            row["question"],
            row["kind"],
            *(tuple(row.get(name, ())) for name in ("history", "holds", "lacks")),
        )
        for row in rows
    ]


def outside_tables() -> list[Path]:
    """Return the tables by another hand, one for each language."""
    return sorted(OUTSIDE.glob("*.jsonl"))


def gather_articles(folder: Path) -> None:
    """Copy what the tables by another hand ask about: what ships, and their own articles."""
    for articles in (SEEDS, OUTSIDE / "articles"):
        shutil.copytree(articles, folder, dirs_exist_ok=True)


def reply_to(library: Library, exchange: Exchange) -> str:
    """Return what a chat through a pipe says last."""
    file = io.StringIO()
    chat = Chat(library, Console(file=file, force_terminal=False), Console(file=io.StringIO()))
    for line in exchange.history:
        chat.handle(line)
    before = file.tell()
    chat.handle(exchange.question)
    return file.getvalue()[before:]


def faults(exchange: Exchange, reply: str, titles: Sequence[str]) -> list[str]:
    """Return what is wrong with a reply."""
    text = reply.casefold()
    found = [f"not a {exchange.kind}"] if not _KINDS[exchange.kind](reply, titles) else []
    asks = exchange.kind in ("question", "refusal")
    if asks != any(words in text for words in _SEARCHED):
        found.append("not searched" if asks else "searched")
    found += [
        f"without {words}"
        for words in exchange.holds
        if not any(one.casefold() in text for one in words.split("|"))
    ]
    found += [f"with {words}" for words in exchange.lacks if words.casefold() in text]
    return found


def judged(
    library: Library, exchanges: Sequence[Exchange]
) -> Iterator[tuple[Exchange, str, list[str]]]:
    """Yield each exchange with the reply and its faults."""
    titles = [source.title for source in library.store.sources()]
    for exchange in exchanges:
        reply = reply_to(library, exchange)
        yield exchange, reply, faults(exchange, reply, titles)


def report(found: Sequence[tuple[Exchange, str, list[str]]]) -> str:
    """Return the figures on one line."""
    kinds = dict.fromkeys(exchange.kind for exchange, _, _ in found)
    parts = [("all", found)] + [
        (kind, [one for one in found if one[0].kind == kind]) for kind in kinds
    ]
    return "good replies: " + ", ".join(
        f"{name} {sum(not wrong for _, _, wrong in some)} of {len(some)}" for name, some in parts
    )


def decided(sets: Path, *, verbose: bool) -> str:
    """Return how many of other people's questions are no questions, and how long it took to say."""
    rows = (
        json.loads(line)
        for path in sorted(sets.glob("*/questions*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    )
    asked = [one for row in rows for one in (row["question"], *row.get("history", ()))]
    read_message("hi")
    took, others = [], []
    for question in asked:
        started = time.process_time()
        message = read_message(question)
        took.append(1000 * (time.process_time() - started))
        if message.talk or message.wish:
            others.append(question)
    if verbose:
        print(*sorted(set(others)), sep="\n")
    median, late = (float(share) for share in np.percentile(took, (50, 99)))
    return (
        f"no questions: {len(others)} of {len(asked):,}; deciding takes {median:.2f} ms, "
        f"99 % at most {late:.2f} ms"
    )


def _names(reply: str, titles: Sequence[str]) -> int:
    return sum(title in reply for title in titles)


_KINDS: dict[str, Callable[[str, Sequence[str]], bool]] = {
    "talk": lambda reply, _: 0 < len(reply) <= _TALK_CHARS and not _CITATION.search(reply),
    "overview": lambda reply, titles: _names(reply, titles) >= 3,
    "newest": lambda reply, titles: _names(reply, titles) >= 3,
    "summary": lambda reply, _: 3 <= len(_CITATION.findall(reply)) <= 5,
    "more": lambda reply, _: bool(_CITATION.search(reply)),
    "question": lambda reply, _: bool(reply),
    "refusal": lambda reply, titles: (
        len(reply) <= _REFUSAL_CHARS
        and len(_CITATION.findall(reply)) <= 1
        and 2 <= _names(reply, titles) <= 4
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="print replies with faults")
    parser.add_argument("--questions", type=Path, metavar="SETS")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder, "articles")
        gather_articles(both)
        for articles, tables in ((SEEDS, [TABLE]), (both, outside_tables())):
            places: dict[str, dict[str, object]] = {
                "articles": {"folder": articles},
                "index": {"folder": Path(folder, f"{articles.name}-index")},
            }
            library = open_library(Settings.load(overrides=places), lambda _: None)
            for table in tables:
                found = list(judged(library, read_exchanges(table)))
                for exchange, reply, wrong in found:
                    if wrong:
                        print(f"{[*exchange.history, exchange.question]}: {'; '.join(wrong)}")
                        if arguments.verbose:
                            print(f"    {reply!r}")
                print(f"{table.relative_to(TABLE.parent)}: {report(found)}")
    if arguments.questions is not None:
        print(decided(arguments.questions, verbose=arguments.verbose))


if __name__ == "__main__":
    main()
