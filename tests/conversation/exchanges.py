"""Exchanges: what a person types into a chat about a folder of articles, and a good reply.

python -m tests.conversation.exchanges [--verbose] [--questions SETS] [TABLE ...]

Each line of `exchanges.jsonl` has a `question`, the lines typed before it (`history`), the `kind`
of the reply that it deserves, what that `holds` (alternatives parted by |) and what it `lacks`;
case does not count. A `question` is searched for, an `answer` also given, and a `refusal` is one
with a single excerpt at most; an `origin` tells who wrote some articles, or the like. The figure
is the share of good replies, in all and for each kind.

Most of `exchanges.jsonl` was written beside the code, about the articles that ship. Two folders
were written without a look at it, and have figures of their own: `outside/` has a table for each
of four languages, and small articles that stand beside those that ship when these are asked;
`visitors/` has a table about the articles that ship, and one for each of its folders of articles.

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

from bot.conversation import read_message
from bot.library import Library
from bot.terminal import Chat
from config import Settings
from tests.libraries import library_of
from tests.paths import SEEDS

TABLE = Path(__file__).with_name("exchanges.jsonl")
OUTSIDE = Path(__file__).with_name("outside")
VISITORS = Path(__file__).with_name("visitors")

_REFUSED, _PERHAPS = "the articles do not answer this.", "perhaps this answers it:"
_SEARCHED = ("confidence ", _REFUSED)
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


def collections() -> list[tuple[list[Path], list[Path]]]:
    """Return the folders of articles that are asked about together, and the tables about them."""
    return [
        ([SEEDS], [TABLE, *sorted(VISITORS.glob("seeds*.jsonl"))]),
        ([SEEDS, OUTSIDE / "articles"], sorted(OUTSIDE.glob("*.jsonl"))),
        *(
            ([VISITORS / name], sorted(VISITORS.glob(f"{name}*.jsonl")))
            for name in (
                "harbour",
                "pair",
                "bakery",
                "museum",
                "verein",
                "theatre",
                "railway",
                "gazette",
                "office",
                "channel",
                "quarter",
                "club",
                "district",
                "bibliothek",
                "circolo",
            )
        ),
    ]


def open_collection(articles: Sequence[Path], folder: Path) -> Library:
    """Index folders of articles as one, in a folder that is empty."""
    for path in articles:
        shutil.copytree(path, folder / "articles", dirs_exist_ok=True)
    places: dict[str, dict[str, object]] = {
        name: {"folder": folder / name} for name in ("articles", "index")
    }
    places["encoder"] = {"model": "auto"}
    return library_of(Settings.load(overrides=places))


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
    asks = exchange.kind in ("question", "answer", "refusal")
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
    "origin": lambda reply, titles: (
        1 <= _names(reply, titles) == len(_CITATION.findall(reply)) <= 3
    ),
    "more": lambda reply, _: bool(_CITATION.search(reply)),
    "question": lambda reply, _: bool(reply),
    "answer": lambda reply, _: _REFUSED not in reply.casefold(),
    "refusal": lambda reply, titles: (
        _PERHAPS not in reply.casefold()
        and len(reply) <= _REFUSAL_CHARS
        and len(_CITATION.findall(reply)) <= 1
        and 2 <= _names(reply, titles) <= 4
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="print replies with faults")
    parser.add_argument("--questions", type=Path, metavar="SETS")
    parser.add_argument("tables", nargs="*", type=Path, metavar="TABLE", help="all when absent")
    arguments = parser.parse_args()
    wanted = {table.resolve() for table in arguments.tables}
    for articles, tables in collections():
        asked = [table for table in tables if not wanted or table.resolve() in wanted]
        if not asked:
            continue
        with tempfile.TemporaryDirectory() as folder:
            library = open_collection(articles, Path(folder))
            for table in asked:
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
