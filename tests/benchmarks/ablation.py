"""What each step of the search adds: the same questions with one step after the other.

python -m tests.benchmarks.ablation FOLDER [FOLDER ...] [--questions N]

Each FOLDER holds `articles/` and `questions.jsonl`, as for `excerpta evaluate`. Printed is, for
each set, the share of its answerable questions whose first / first three excerpts hold an answer,
and the mean length of the first; for a set without answers, the share whose first / first five
articles hold a right one. The last step but one is what `excerpta ask` does, but for what it reads
out of a question first (typing errors, dates, phrases, earlier questions).
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bot.build import open_library
from bot.evaluation import Question, gather_questions, sample_questions
from bot.evaluation.metrics import rank_of_answer
from bot.library import Library
from config import LateInteraction, Settings
from retrieval.index import LiveSnapshot, Snapshot, StoredChunk
from retrieval.languages import terms
from retrieval.search import best_excerpts
from retrieval.search.late import match_tokens
from retrieval.search.levels import Levels
from retrieval.search.ranking import first_ranking, question_weights, rank
from retrieval.search.searcher import LATE_CANDIDATES
from retrieval.search.word_spans import token_word_spans
from retrieval.types import Excerpt, Hit
from tests.benchmarks.conditions import conditions

_EXCERPTS, _ARTICLES = 3, 5


@dataclass(frozen=True, slots=True)
class Shown:
    """What a step shows: texts best first, and the articles of all that it ranked."""

    texts: Sequence[str]
    articles: Sequence[str]


@dataclass(slots=True)
class Tally:
    """What came of a step in one set."""

    at_1: list[bool] = field(default_factory=list)
    at_more: list[bool] = field(default_factory=list)
    chars: list[int] = field(default_factory=list)

    def add(self, shown: Shown, question: Question) -> None:
        if question.answers:
            place = rank_of_answer(shown.texts, question.answers)
            self.at_more.append(place is not None and place <= _EXCERPTS)
        else:
            ranked = list(dict.fromkeys(shown.articles))
            place = next((n for n, one in enumerate(ranked, 1) if one in question.articles), None)
            self.at_more.append(place is not None and place <= _ARTICLES)
        self.at_1.append(place == 1)
        self.chars.extend(len(text) for text in shown.texts[:1])

    def __str__(self) -> str:
        first, more = (f"{np.mean(hits):.3f}".lstrip("0") for hits in (self.at_1, self.at_more))
        return f"{first} / {more} ({np.mean(self.chars):.0f})"


def steps(library: Library, view: Snapshot, question: str) -> Iterator[tuple[str, Shown]]:
    """Yield what each step shows for a question, by the step's name."""
    settings, encoder = library.settings.search, library.encoder
    query = encoder.encode_query(question)
    dense = view.dense.search(query.vector, settings.candidates)
    lexical = view.lexical.search(question, view.languages, settings.candidates)
    first = first_ranking(dense, lexical)
    chunks = library.store.chunks(list(first), library.searcher.snapshot.generation.number)
    yield "cosine, whole chunks", _whole(dense, chunks)
    yield "BM25, whole chunks", _whole(lexical, chunks)
    yield "both, fused", _whole(first, chunks)

    found = {key: chunks[key] for key in list(first)[:LATE_CANDIDATES]}
    matches = match_tokens(question, query, found, LateInteraction.STORED, encoder)
    count = len(query.tokens)
    equal = dict.fromkeys(view.languages, np.full(count, 1 / max(1, count), dtype=np.float32))
    hits = rank(found, matches, equal, first, dense, lexical, Levels())
    yield "+ late interaction", _whole({hit.chunk_id: hit.score for hit in hits}, chunks)
    chars = settings.excerpt_chars
    ones = [one for hit in hits[:_EXCERPTS] for one, _ in best_excerpts([hit], 1, chars)]
    yield "the best window of each chunk", _cut(ones, hits)
    yield "windows ranked across chunks", _across(hits, chars)

    spans = token_word_spans(question, query.spans[:, 0].tolist())
    words = [question[slice(*span)] for span in spans]
    weights = {
        language: question_weights(
            words,
            {term: view.lexical.rarity(term, [language]) for term in terms(question, language)},
            language,
            None,
        )
        for language in view.languages
    }
    hits = rank(found, matches, weights, first, dense, lexical, Levels())
    yield "+ rare words weigh more, punctuation nothing", _across(hits, chars)
    matches = match_tokens(question, query, found, LateInteraction.OFF, encoder)
    hits = rank(found, matches, weights, first, dense, lexical, Levels())
    yield "the same with `search.late_interaction` off", _across(hits, chars)


def _whole(ranked: dict[int, float], chunks: dict[int, StoredChunk]) -> Shown:
    best = [chunks[key] for key in ranked]
    return Shown([one.chunk.text for one in best], [one.source.path for one in best])


def _across(hits: Sequence[Hit], chars: int) -> Shown:
    return _cut([excerpt for excerpt, _ in best_excerpts(hits, _EXCERPTS, chars)], hits)


def _cut(excerpts: Sequence[Excerpt], hits: Sequence[Hit]) -> Shown:
    articles = [one.source.path for one in excerpts] + [hit.source.path for hit in hits]
    return Shown([one.text for one in excerpts], articles)


def measure(folder: Path, count: int, index: Path) -> dict[str, Tally]:
    """Ask a set's questions, alone even where they have a history."""
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index},
    }
    library = open_library(Settings.load(None, overrides), lambda _: None)
    view = LiveSnapshot(library.store, index, library.encoder).current
    answerable = [one for one in gather_questions(folder / "questions.jsonl") if one.answerable]
    tallies: dict[str, Tally] = defaultdict(Tally)
    for one in sample_questions(answerable, count):
        for step, shown in steps(library, view, one.question):
            tallies[step].add(shown, one)
    return tallies


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=1000, metavar="N")
    options = parser.parse_args()
    measured = []
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as index:
            measured.append(measure(folder, options.questions, Path(index)))
    print(conditions(), end="\n\n")
    print(" | ".join(["|", *(folder.name for folder in options.folders)]), "|")
    print("|---" * (len(measured) + 1) + "|")
    for step in measured[0]:
        print(" | ".join([f"| {step}", *(str(tallies[step]) for tallies in measured)]), "|")


if __name__ == "__main__":
    main()
