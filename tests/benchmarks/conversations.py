"""Follow-ups: what it gains to understand them, and what it costs questions that are complete.

python -m tests.benchmarks.conversations FOLDER [COMPLETE ...] [--questions N] [--index FOLDER]

Each folder holds `articles/` and `questions.jsonl`. The questions of FOLDER end a conversation:
they are asked alone, in one text with the question before or with all before, and as in a chat.
Those of the COMPLETE are asked alone, after another one of the same file, in one text with it, and
after another one about the same article. The indexes are made anew, unless a folder to keep them in
is given.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.build import open_library
from bot.evaluation import Question, ask_questions, read_questions, sample_questions, summarize
from bot.library import Library
from config import Settings
from tests.benchmarks.conditions import conditions

_HEADING = """\
| {} | questions | touched | article_at_1 | article_at_5 | answer_at_1 | answer_at_3 | p50_ms |
|---|---|---|---|---|---|---|---|"""


def conversations(library: Library, questions: Sequence[Question]) -> Iterator[str]:
    """Yield a line for each way to ask the last question of a conversation."""
    last = [_joined(library, replace(one, history=one.history[-1:])) for one in questions]
    yield _line(library, "alone", [replace(one, history=()) for one in questions])
    yield _line(library, "in one with that before", last)
    yield _line(library, "in one with all before", [_joined(library, one) for one in questions])
    yield _line(library, "as a follow-up", questions)
    for half in (0, 1):
        yield _line(library, f"as a follow-up, half {half + 1}", questions[half::2])


def complete(library: Library, every: Sequence[Question], count: int) -> Iterator[str]:
    """Yield a line for each kind of question that is asked before a complete one."""
    asked = sample_questions(every, count)
    chance = random.Random(0)

    def after(one: Question, others: Sequence[Question]) -> Question:
        before = chance.choice([other for other in others if other.id != one.id])
        return replace(one, history=(before.question,))

    about: dict[tuple[str, ...], list[Question]] = {}
    for one in every:
        about.setdefault(one.articles, []).append(one)
    yield _line(library, "alone", asked)
    others = [after(one, every) for one in asked]
    yield _line(library, "after any other", others)
    yield _line(library, "in one with any other", [_joined(library, one) for one in others])
    beside = [one for one in asked if len(about[one.articles]) > 1]
    yield _line(library, "alone, if not the only one of its article", beside)
    same = [after(one, about[one.articles]) for one in beside]
    yield _line(library, "after another of its article", same)


def _joined(library: Library, one: Question) -> Question:
    """Return a question in one text with those before it, as much of them as can be asked."""
    longest = library.settings.search.max_question_chars
    text = " ".join([*one.history, one.question])[-longest:]
    return replace(one, question=text, history=())


def _line(library: Library, name: str, questions: Sequence[Question]) -> str:
    outcomes = ask_questions(library.answerer, questions)
    found = summarize(outcomes)
    figures = {
        "article_at_1": found.ranking.at_1,
        "article_at_5": found.ranking.at_5,
        "answer_at_1": found.answer_at_1,
        "answer_at_3": found.answer_at_3,
        "p50_ms": found.p50_ms,
    }
    touched = sum(one.answer is not None and one.answer.understood is not None for one in outcomes)
    shown = " | ".join("–" if value is None else f"{value:.3f}" for value in figures.values())
    return f"| {name} | {len(questions)} | {touched / max(1, len(questions)):.2f} | {shown} |"


def _opened(folder: Path, index: Path) -> Library:
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index / folder.name},
    }
    return open_library(Settings.load(None, overrides), lambda _: None)


def _answerable(folder: Path) -> list[Question]:
    return [one for one in read_questions(folder / "questions.jsonl") if one.answerable]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("complete", type=Path, nargs="*", metavar="COMPLETE")
    parser.add_argument("--questions", type=int, default=300, metavar="N", help="of each COMPLETE")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="keep the indexes here")
    options = parser.parse_args()
    print(conditions())
    with tempfile.TemporaryDirectory() as temporary:
        index = options.index or Path(temporary)
        for folder in [options.folder, *options.complete]:
            print(f"\n{_HEADING.format(folder.name)}")
            library = _opened(folder, index)
            every = _answerable(folder)
            lines = (
                conversations(library, every)
                if folder == options.folder
                else complete(library, every, options.questions)
            )
            for line in lines:
                print(line, flush=True)


if __name__ == "__main__":
    main()
