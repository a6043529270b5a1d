"""Typing errors: what they cost, what their repair brings back, and what it spoils.

python -m tests.benchmarks.typos FOLDER [FOLDER ...] [--questions N] [--index DIR]

Each FOLDER holds `articles/*.md` and `questions.jsonl`. In a sample of its answerable questions the
rarest word gets one error: two letters swapped, one left out, doubled or replaced. Printed is, for
the questions as asked, with the error but no repair, and with repair: the share whose first excerpt
holds an answer / is of a right article / that are answered. Questions of the other folders are
asked as they are; a word of theirs that some article has is rightly spelt, and not to be repaired.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bot.answers import Answerer
from bot.build import open_library
from bot.evaluation import (
    Question,
    QuestionOutcome,
    ask_questions,
    read_questions,
    sample_questions,
    summarize,
)
from bot.library import Library
from config import Settings
from retrieval.index import LiveSnapshot
from retrieval.questions import Correction
from retrieval.search import Searcher
from retrieval.types import Encoder, FloatArray, PassageEncoding, QueryEncoding
from tests.benchmarks.conditions import conditions

_FOREIGN = 1000
"""Questions of another folder, at most."""
_LETTERS = 4
_WORD = re.compile(r"[^\W\d_]+")

Pairs = list[tuple[QuestionOutcome, QuestionOutcome]]
"""What came of each question without and with repair."""


@dataclass(frozen=True, slots=True)
class KnowsEveryWord:
    """An encoder to which any text is one token, so that no word is taken for an error."""

    encoder: Encoder
    name: str
    fingerprint: str
    dim: int
    languages: frozenset[str] | None
    languages_common: Mapping[str, FloatArray]
    max_tokens: int

    @classmethod
    def of(cls, encoder: Encoder) -> KnowsEveryWord:
        return cls(
            encoder,
            encoder.name,
            encoder.fingerprint,
            encoder.dim,
            encoder.languages,
            encoder.languages_common,
            encoder.max_tokens,
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1 for _ in texts]

    def encode_query(self, text: str) -> QueryEncoding:
        return self.encoder.encode_query(text)

    def encode_passages(self, texts: Sequence[str]) -> Sequence[PassageEncoding]:
        return self.encoder.encode_passages(texts)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A question, and the same with an error in one word."""

    asked: Question
    misspelt: Question
    meant: str
    written: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the articles of a folder made of questions."""

    spoilt: Sequence[Spoilt]
    clean: Pairs
    misspelt: Pairs
    foreign: Pairs

    def shares(self) -> Iterator[str]:
        """Yield the cells of the table."""
        unrepaired, repaired = zip(*self.misspelt, strict=True)
        for outcomes in ([after for _, after in self.clean], unrepaired, repaired):
            found = summarize(outcomes)
            figures = found.answer_at_1, found.ranking.at_1, found.answered_answerable
            yield " / ".join("–" if x is None else f"{x:.3f}".lstrip("0") for x in figures)

    def repaired(self) -> tuple[float, float]:
        """Return the share of errors that become the word that was meant, and another one."""
        right = wrong = 0
        for one, (_, outcome) in zip(self.spoilt, self.misspelt, strict=True):
            for repair in _repairs(outcome):
                if repair.written == one.written:
                    right += repair.searched.lower() == one.meant.lower()
                    wrong += repair.searched.lower() != one.meant.lower()
        return right / len(self.spoilt), wrong / len(self.spoilt)


def measure(folder: Path, others: Sequence[Path], count: int, index: Path) -> Measured:
    """Ask the articles of a folder."""
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index},
    }
    library = open_library(Settings.load(None, overrides), lambda _: None)
    spoilt = _spoilt(library, folder, count)
    foreign = [
        replace(one, history=(), answers=(), articles=(), answerable=False)
        for other in others
        for one in sample_questions(read_questions(other / "questions.jsonl"), _FOREIGN)
    ]
    return Measured(
        spoilt,
        _asked(library, [one.asked for one in spoilt]),
        _asked(library, [one.misspelt for one in spoilt]),
        _strange(library, foreign),
    )


def _spoilt(library: Library, folder: Path, count: int) -> list[Spoilt]:
    """Misspell the rarest word, of those that the articles have, of a sample of the questions."""
    folder_of_index = library.settings.index.folder
    lexical = LiveSnapshot(library.store, folder_of_index, library.encoder).current.lexical
    rarest = {}
    for one in read_questions(folder / "questions.jsonl"):
        words = {
            match: lexical.chunks_with(match[0].lower())
            for match in _WORD.finditer(one.question)
            if len(match[0]) >= _LETTERS
        }
        known = [match for match, chunks in words.items() if chunks]
        if one.answerable and not one.history and known:
            rarest[one] = min(known, key=lambda match: words[match])
    chance = random.Random(0)
    found = []
    for one in sample_questions(list(rarest), count):
        word = rarest[one]
        written = misspell(word[0], chance)
        text = f"{one.question[: word.start()]}{written}{one.question[word.end() :]}"
        found.append(Spoilt(one, replace(one, question=text), word[0], written))
    return found


def misspell(word: str, chance: random.Random) -> str:
    """Return a word with one error."""
    while True:
        at = chance.randrange(len(word))
        before, letter, after = word[:at], word[at], word[at + 1 :]
        written = chance.choice(
            [
                before + after[:1] + letter + after[1:],
                before + after,
                before + letter + letter + after,
                before + chance.choice(string.ascii_lowercase) + after,
            ]
        )
        if written.lower() != word.lower():
            return written


def _asked(library: Library, questions: Sequence[Question]) -> Pairs:
    """Ask each question without and with repair, each first in turn: the second finds caches."""
    answerers = [_unrepaired(library), library.answerer]
    pairs = []
    for number, one in enumerate(questions):
        order = (0, 1) if number % 2 else (1, 0)
        came = {which: ask_questions(answerers[which], [one])[0] for which in order}
        pairs.append((came[0], came[1]))
    return pairs


def _strange(library: Library, questions: Sequence[Question]) -> Pairs:
    """Ask each question; one in which nothing is repaired once, for the same comes of it."""
    unrepaired = _unrepaired(library)
    after = ask_questions(library.answerer, questions)
    return [
        (ask_questions(unrepaired, [one.question])[0] if _repairs(one) else one, one)
        for one in after
    ]


def _unrepaired(library: Library) -> Answerer:
    settings = library.settings
    encoder = KnowsEveryWord.of(library.encoder)
    searcher = Searcher.open(library.store, settings.index.folder, encoder, settings.search)
    return Answerer(searcher, settings.search)


def _repairs(outcome: QuestionOutcome) -> tuple[Correction, ...]:
    return outcome.answer.corrections if outcome.answer else ()


def _words(folders: Iterable[Path]) -> set[str]:
    """Return the words of all articles."""
    return {
        word.lower()
        for folder in folders
        for path in sorted((folder / "articles").glob("*.md"))
        for word in _WORD.findall(path.read_text(encoding="utf-8"))
    }


def _spoils(outcome: QuestionOutcome, words: set[str]) -> bool:
    """Whether a word was repaired that is rightly spelt; to add an accent spoils nothing."""
    return any(
        repair.written.lower() in words and _plain(repair.written) != _plain(repair.searched)
        for repair in _repairs(outcome)
    )


def _plain(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _slower(pairs: Pairs, *, repaired: bool) -> float:
    """Return the median of the milliseconds that repair adds."""
    added = [
        after.answer.elapsed_ms - before.answer.elapsed_ms
        for before, after in pairs
        if before.answer and after.answer and bool(_repairs(after)) == repaired
    ]
    return median(added) if added else float("nan")


def report(measured: dict[str, Measured], words: set[str]) -> str:
    """Return the table, and what it does not show."""
    rows = ["| articles | as asked | with the error | repaired |", "|---|---|---|---|"]
    rows += [f"| {name} | {' | '.join(one.shares())} |" for name, one in measured.items()]
    for name, one in measured.items():
        right, wrong = one.repaired()
        rows.append(
            f"{name}: of {len(one.spoilt)} errors {right:.0%} repaired, {wrong:.1%} made another "
            f"word; ms more {_slower(one.misspelt, repaired=True):.2f} where a word is repaired, "
            f"{_slower(one.clean, repaired=False):.2f} where none is"
        )
    foreign = [pair for one in measured.values() for pair in one.foreign]
    spoilt = sum(_spoils(after, words) for _, after in foreign)
    before, after = (sum(pair[n].answered for pair in foreign) for n in (0, 1))
    rows.append(
        f"of {len(foreign):,} questions about other articles {spoilt} have a rightly spelt word "
        f"repaired; {before} are answered without repair, {after} with it"
    )
    return "\n".join(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=300, metavar="N", help="of each folder")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the indexes there")
    options = parser.parse_args()
    print(conditions(), flush=True)
    measured = {}
    with tempfile.TemporaryDirectory() as temporary:
        for folder in options.folders:
            others = [other for other in options.folders if other != folder]
            index = (options.index or Path(temporary)) / folder.name
            measured[folder.name] = measure(folder, others, options.questions, index)
    print(report(measured, _words(options.folders)))


if __name__ == "__main__":
    main()
