"""A folder of several languages: whether a question finds its answer whatever language it is in.

python -m tests.benchmarks.mixed FOLDER FOLDER [FOLDER ...] [--questions FILE ...] [--index DIR]

Each FOLDER holds `articles/` and `questions.jsonl`; the articles of all are indexed together, with
the encoder of many languages. FILEs hold further questions about the articles of the folder that
they lie in. What other languages say about the same as the right article, as sets do that were
translated from one another, is passed over.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.build import open_library
from bot.evaluation import Question, read_questions
from bot.evaluation.metrics import rank_of_answer
from bot.library import Library
from config import Settings
from retrieval.search import best_excerpts
from retrieval.types import FloatArray
from tests.benchmarks.conditions import conditions

# Passages in two languages with such a cosine, less what each language has in common, are about
# the same: of a set and its translation three quarters have.
_SAME = 0.3


class Shelf:
    """The passages of a library: their articles, languages and vectors."""

    def __init__(self, library: Library) -> None:
        self.searcher = library.searcher
        self.chars = library.settings.search.excerpt_chars
        snapshot = self.searcher.snapshot
        number = snapshot.generation.number
        stored = [
            one
            for group in snapshot.store.calibrations.chunks(number)
            for one in snapshot.store.chunks(group, number).items()
        ]
        self._ids = np.array([key for key, _ in stored])
        self._paths = np.array([one.source.path for _, one in stored])
        self._languages = np.array([one.source.language for _, one in stored])
        vectors = snapshot.dense.vectors(self._ids.tolist())
        for language in set(self._languages.tolist()):
            of = self._languages == language
            vectors[of] -= vectors[of].mean(axis=0)
        self._vectors: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def the_same_elsewhere(self, paths: Sequence[str]) -> frozenset[int]:
        """Return the passages in other languages that say the same as some articles."""
        right = np.isin(self._paths, paths)
        others = ~np.isin(self._languages, self._languages[right])
        alike = (self._vectors @ self._vectors[right].T).max(axis=1, initial=-1) > _SAME
        return frozenset(self._ids[others & alike].tolist())


def ask(shelf: Shelf, folder: str, questions: Sequence[Question]) -> str:
    """Ask questions about the articles of a folder; return the figures."""
    articles = answers = 0
    first: Counter[str] = Counter()
    for question in questions:
        right = [f"{folder}/{path}" for path in question.articles]
        hits = shelf.searcher.search(question.question, shelf.the_same_elsewhere(right)).hits
        for excerpt, _ in best_excerpts(hits, 1, shelf.chars, question.question):
            articles += excerpt.source.path in right
            answers += rank_of_answer([excerpt.text], question.answers) == 1
            first[excerpt.source.language] += 1
    count = len(questions)
    return (
        f"{count} questions, article_at_1 {articles / count:.3f}, answer_at_1 "
        f"{answers / count:.3f}, first excerpts in {dict(first)}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--questions", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--limit", type=int, default=150, metavar="N", help="questions of each")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index there")
    options = parser.parse_args()
    print(conditions())
    with tempfile.TemporaryDirectory() as temporary:
        articles = Path(temporary) / "articles"
        for folder in options.folders:
            shutil.copytree(folder / "articles", articles / folder.name)
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": articles},
            "index": {"folder": options.index or Path(temporary) / "index"},
            "encoder": {"model": "multilingual"},
        }
        shelf = Shelf(open_library(Settings.load(None, overrides), print))
        for file in [*(one / "questions.jsonl" for one in options.folders), *options.questions]:
            asked = [one for one in read_questions(file) if one.answerable][: options.limit]
            print(f"{file.parent.name}/{file.name}: {ask(shelf, file.parent.name, asked)}")


if __name__ == "__main__":
    main()
