"""Cyrillic questions typed in Latin letters: what that costs, and what reading them brings back.

python -m tests.benchmarks.latin LANGUAGE FOLDER [--questions N] [--index DIR]

FOLDER holds `articles/` and `questions.jsonl` in Ukrainian (`uk`) or Russian (`ru`). A sample of
its answerable questions is romanised as newspapers in English write names. Printed is, for the
questions in Cyrillic, in Latin letters, and in Latin letters searched as they stand: the share
whose first excerpt, one of whose first three holds an answer, and that are answered.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.answers import Answerer
from bot.build import open_library
from bot.evaluation import Question, ask_questions, read_questions, sample_questions, summarize
from config import Settings
from retrieval.index import FixedSnapshot
from retrieval.languages.transliteration import _RUSSIAN, _UKRAINIAN
from retrieval.search import Searcher
from tests.benchmarks.conditions import conditions

_TABLES = {"uk": _UKRAINIAN, "ru": _RUSSIAN}
_UNSAID = re.compile(r"[ьъ'’]")


class AsItStands(Searcher):
    """A searcher that searches Latin letters as they stand."""

    def in_cyrillic(self, question: str) -> str | None:
        """Return nothing, whatever the question."""
        return None


def romanised(question: str, language: str) -> str:
    """Return a question in Latin letters; what is no letter of the language is left out."""
    latin = _UNSAID.sub("", question).lower().translate(_TABLES[language])
    return latin.encode("ascii", "ignore").decode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("language", choices=sorted(_TABLES), metavar="LANGUAGE")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=100, metavar="N")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index there")
    options = parser.parse_args()
    print(conditions())
    every = [one for one in read_questions(options.folder / "questions.jsonl") if one.answerable]
    asked = sample_questions(every, options.questions)
    latin = [replace(one, question=romanised(one.question, options.language)) for one in asked]
    with tempfile.TemporaryDirectory() as temporary:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": options.folder / "articles"},
            "index": {"folder": options.index or Path(temporary)},
            "encoder": {"model": "multilingual"},
        }
        library = open_library(Settings.load(None, overrides), print)
        search = library.settings.search
        stands = AsItStands(FixedSnapshot(library.searcher.snapshot), library.encoder, search)
        _print("in Cyrillic", library.answerer, asked)
        _print("in Latin letters", library.answerer, latin)
        _print("searched as they stand", Answerer(stands, search), latin)


def _print(name: str, answerer: Answerer, asked: Sequence[Question]) -> None:
    found = summarize(ask_questions(answerer, asked))
    print(
        f"{name}: {len(asked)} questions, answer_at_1 {found.answer_at_1:.3f}, "
        f"answer_at_3 {found.answer_at_3:.3f}, answered {found.answered_answerable:.3f}"
    )


if __name__ == "__main__":
    main()
