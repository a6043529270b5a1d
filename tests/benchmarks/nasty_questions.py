"""Nasty questions: the processor time of questions that are made to cost as much as they can.

python -m tests.benchmarks.nasty_questions FOLDER [FOLDER ...] [--index DIR] [--chars N] [--all]

Each FOLDER holds `articles/`; the articles of all are indexed together. A question has the greatest
length that the settings allow, or N characters. Printed is the time of all threads in milliseconds,
the least of three runs: to answer it, to answer as much of it as is still taken for a follow-up
after an ordinary question and after one of its own kind, to answer a follow-up to it, and to
explain its answer. Without `--all` only what is above the budget is listed; the exit status is 1 if
anything is.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count, cycle, islice, pairwise
from pathlib import Path

from bot import documents
from bot.build import open_library
from bot.library import Library
from config import Settings
from tests.benchmarks.conditions import conditions

_BUDGET_MS = 100.0
_ROUNDS = 3
# A longer question is none.
_FOLLOW_UP_CHARS = 200
_ORDINARY = "Who built the first railway in Warsaw in 1845?"
_WORD = re.compile(r"[^\W\d_]{5,}")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September")


def shapes(words: Sequence[str], common: Sequence[str], chars: int) -> Iterator[tuple[str, str]]:
    """Yield the name of each shape of a question, and one of so many characters.

    Args:
        words: Words of the articles, in no order.
        common: Those of them that are in most chunks, the most frequent first.
        chars: Length.
    """
    chance = random.Random(0)

    def filled(parts: Iterator[str], between: str = " ") -> str:
        text = ""
        while len(text) < chars:
            text += next(parts) + between
        return text[:chars]

    def again(text: str) -> str:
        return filled(cycle([text]), "")

    def letters(first: int, last: int, length: int) -> str:
        return "".join(chr(chance.randint(first, last)) for _ in range(length))

    def misspelt(word: str) -> str:
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + chance.choice("aeioutsrn") + word[at + 1 :]

    rare = list(islice(cycle(words), chars))
    yield "one letter, quoted again and again", again('"e" ')
    yield "letters, each quoted", filled(f'"{letter}"' for letter in cycle("etaoinshrdlucmfw"))
    yield "pairs of letters, each quoted", filled(f'"{letters(97, 122, 2)}"' for _ in rare)
    yield "common words, each quoted", filled(f'"{word}"' for word in cycle(common))
    yield "rare words, each quoted", filled(f'"{word}"' for word in rare)
    yield (
        "phrases of two words, quoted",
        filled(f"«{one} {other}»" for one, other in pairwise(rare)),
    )
    yield "one long phrase, quoted", '"' + filled(iter(rare))[: chars - 2] + '"'
    yield (
        "long phrases, quoted",
        filled(f'"{" ".join(chance.sample(words, 30))}"' for _ in cycle([0])),
    )
    for mark in "\"“«„»'":
        yield f"opening marks {mark}", again(mark)
    yield "unpaired marks of all kinds", again("\"a“b«c„d»e'f")
    yield "marks around blanks", again('" "')
    yield "marks around punctuation", again('"." «!» ')
    yield "days", filled(f"{n % 28 + 1}.{n % 12 + 1}.20{n % 100:02}" for n in count())
    yield "impossible days", again("2024-99-99 99.99.2024 in 9999 ")
    yield (
        "days in words",
        filled(f"{n % 28 + 1} {_MONTHS[n % 9]} 20{n % 24:02}" for n in count()),
    )
    yield "months", filled(f"in {month}" for month in cycle(_MONTHS))
    yield "years", filled(f"in {1800 + n % 220}" for n in count())
    yield "words for recency", again("latest newest most recent last week now today ")
    yield "words almost for recency", again("last foo last bar most recen past ")
    yield "digits", again("1234567890")
    yield "one huge number", again("9")
    yield "numbers", filled(str(chance.randrange(10**9)) for _ in rare)
    yield "numbers of four digits", filled(str(chance.randrange(1000, 9999)) for _ in cycle(rare))
    yield "numbers with points", again("1.2.3.4,5,6:7-")
    yield "rare words, misspelt", filled(misspelt(word) for word in rare)
    yield (
        "three rare words, misspelt, among common ones",
        filled(iter([*(misspelt(word) for word in words[:3]), *islice(cycle(common), chars)])),
    )
    for number in (1, 2, 3):
        yield f"{number} misspelt words alone", " ".join(map(misspelt, words[7 : 7 + number]))
    yield "one misspelt word, again and again", again(misspelt(words[5]) + " ")
    yield "three misspelt common words", " ".join(misspelt(one) for one in common[20:23])
    yield "three long words of one letter", " ".join(letter * 30 for letter in "aes")
    yield "three words near to many", "thers whath waser"
    yield "three words of ten letters near to many", "internatio constituti administra"
    yield (
        "words of pieces of words",
        filled(one[:4] + two[-4:] for one, two in zip(rare, rare[::-1], strict=True)),
    )
    yield "different words", filled(iter(rare))
    yield "different words with capitals", filled(word.title() for word in rare)
    yield "common words", filled(cycle(common))
    yield "different short words", filled(letters(97, 122, 3) for _ in cycle(rare))
    yield "all stop words", again("who is the of and what to in a for on that it was ")
    yield "stop words of many languages", again("что и в не der die das und la el les des och att ")
    yield "words that point back", again("it they this that he she them there ")
    yield "words that open", again("and but what about how about ")
    yield "is there", again("is there there is gibt es ")
    yield "one letter", again("a")
    yield "single letters", again("a b c d e f ")
    yield "one word of a thousand letters", f"Who is {letters(97, 122, min(1000, chars - 8))}?"
    yield "words of sixty letters", filled(letters(97, 122, 60) for _ in cycle(rare))
    yield "words of thirty letters", filled(letters(97, 122, 30) for _ in cycle(rare))
    yield "apostrophes", again("a'b'c'")
    yield "only apostrophes", again("a''''")
    yield "hyphens and points", again("a-b.c-")
    yield "punctuation", again("?!.,;:-")
    yield "question marks", again("?")
    yield "brackets", again("([{<")
    yield "backslashes", again("\\")
    yield "for regular expressions", again("(a+)+$.*[^x]{9}|")
    yield "for a query language", again('title:"a" AND (b OR c) NOT d~2 ^3 * ')
    yield "for a shell and a database", again("'; DROP TABLE chunks; -- $(rm) `x` %s {0} ")
    yield "markup", again("<b>a</b> *b* _c_ [d](e) ")
    yield "zero-width characters", again("a\u200c\u200d")
    yield "only joiners", "a" + again("\u200d")[1:]
    yield "combining characters", again("a" + "\u0301" * 30)
    yield "only combining characters", again("\u0301")
    yield (
        "combining characters of all kinds",
        "a" + "".join(chr(0x300 + n % 0x70) for n in range(chars - 1)),
    )
    yield "decomposed letters", again("e\u0301a\u0308o\u0302 ")
    yield "ligatures that unfold", again("\ufdfa")
    yield "letters that fold to two", again("ßŉǰΐẞﬃ ")
    yield "dotted capitals", again("İ")
    yield "mixed scripts", again("аaбbвc αβγ אבג عرب กขค 한국 ")
    yield "letters of all scripts", filled(letters(0x370, 0x1FFF, 7) for _ in cycle([0]))
    yield "Cyrillic words", filled(letters(0x430, 0x44F, 6) for _ in cycle(rare))
    yield "Cyrillic names", filled(letters(0x430, 0x44F, 7).title() for _ in cycle(rare))
    yield "Ukrainian stop words", again("що і в не на та як це за до від її їй ")
    yield "one Cyrillic word", letters(0x430, 0x44F, chars)
    yield "Greek words", filled(letters(0x3B1, 0x3C9, 6) for _ in cycle(rare))
    yield "Arabic words", filled(letters(0x627, 0x64A, 5) for _ in cycle(rare))
    yield "Hindi words", filled(letters(0x905, 0x94D, 5) for _ in cycle(rare))
    yield "Thai without blanks", letters(0xE01, 0xE4E, chars)
    yield "Chinese", letters(0x4E00, 0x9FFF, chars)
    yield "Chinese, one character", again("国")
    yield "Japanese", letters(0x3041, 0x30FE, chars)
    yield "Korean", letters(0xAC00, 0xD7A3, chars)
    yield "Chinese, quoted", again('"国"')
    yield "rare characters", letters(0x20000, 0x2A6DF, chars)
    yield "emoji", letters(0x1F300, 0x1F6FF, chars)
    yield "emoji, joined", again("👨‍👩‍👧‍👦")
    yield "flags", again("🇺🇦")
    yield "fullwidth letters", letters(0xFF21, 0xFF5A, chars)
    yield "mathematical letters", letters(0x1D400, 0x1D7FF, chars)
    yield "private characters", letters(0xE000, 0xF8FF, chars)
    yield "addresses", filled(f"https://{letters(97, 122, 9)}.example/{n}" for n in count())


def _vocabulary(library: Library) -> tuple[list[str], list[str]]:
    """Return the words of the articles in no order, and the most frequent ones."""
    counts = Counter[str]()
    for path in library.settings.articles.folder.rglob("*.md"):
        counts.update(word.lower() for word in _WORD.findall(path.read_text(encoding="utf-8")))
    words = sorted(word for word in counts if word.isascii())
    random.Random(1).shuffle(words)
    return words, [word for word, _ in counts.most_common(400)]


def _cost(work: Callable[[], object]) -> float:
    """Return the least processor time of some runs, in milliseconds."""
    costs = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        costs.append((time.process_time() - started) * 1000)
    return min(costs)


def measure(library: Library, question: str) -> dict[str, float]:
    """Return the milliseconds of each way to ask a question."""
    answer = library.answerer.trace
    trace, short = answer(question), question[:_FOLLOW_UP_CHARS]
    return {
        "alone": _cost(lambda: answer(question)),
        "as a follow-up": _cost(lambda: answer(short, earlier=[_ORDINARY])),
        "as a follow-up to its kind": _cost(lambda: answer(short, earlier=[question, short])),
        "before a follow-up": _cost(lambda: answer("And why is that so?", earlier=[question])),
        "explained": _cost(lambda: documents.of_trace(trace)),
    }


def _library(folders: Sequence[Path], index: Path, chars: int | None) -> Library:
    articles = index / "articles"
    for number, folder in enumerate(folders):
        shutil.copytree(folder / "articles", articles / str(number), dirs_exist_ok=True)
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": articles},
        "index": {"folder": index / "index"},
        "search": {"max_question_chars": chars} if chars else {},
    }
    return open_library(Settings.load(None, overrides), lambda text: print(text, file=sys.stderr))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--index", type=Path, metavar="DIR", help="Keep the index there.")
    parser.add_argument("--all", action="store_true", help="List what is within the budget, too.")
    parser.add_argument("--chars", type=int, help="Length, if not that of the settings.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = _library(given.folders, given.index or Path(folder), given.chars)
        chars = library.settings.search.max_question_chars
        words, common = _vocabulary(library)
        chunks = library.searcher.snapshot.generation.chunks
        print(f"{conditions()}\n{chunks:,} chunks, questions of {chars:,} characters")
        print(f"an ordinary question: {measure(library, _ORDINARY)['alone']:.0f} ms")
        worst, above = Counter[str](), 0
        for name, question in shapes(words, common, chars):
            for way, cost in measure(library, question).items():
                worst[f"{name}, {way}"] = round(cost)
                above += cost > _BUDGET_MS
                if given.all or cost > _BUDGET_MS:
                    print(f"{cost:7.0f} ms  {name}, {way}", flush=True)
        dearest = ", ".join(f"{cost} ms {name}" for name, cost in worst.most_common(3))
        print(f"{above} of {len(worst)} above {_BUDGET_MS:.0f} ms; the dearest: {dearest}")
    return int(above > 0)


if __name__ == "__main__":
    sys.exit(main())
