from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bot.gaps import OpenQuestion, QuestionGroup, group_questions
from embeddings import Encoder
from retrieval.types import FloatArray

from ..fakes import HashEncoder

# Of each line: a question, the same in other words, and another one about the same subject.
QUESTIONS = Path(__file__).with_name("open_questions.jsonl").read_text(encoding="utf-8")
TRIPLES = [tuple[str, str, str](json.loads(line)) for line in QUESTIONS.splitlines()]


def test_most_questions_are_told_apart_as_the_docstring_says(encoder: Encoder) -> None:
    def together(one: str, other: str) -> bool:
        opened = [OpenQuestion(one), OpenQuestion(other)]
        return (
            len(group_questions(opened, lambda question: encoder.encode_query(question).vector))
            == 1
        )

    assert len(TRIPLES) == 30
    same = sum(together(question, paraphrase) for question, paraphrase, _ in TRIPLES)
    apart = sum(not together(question, other) for question, _, other in TRIPLES)
    strangers = [
        (one[0], other[0]) for one, other in zip(TRIPLES, TRIPLES[1:] + TRIPLES[:1], strict=True)
    ]
    # One less than measured, as other processors round otherwise.
    assert same >= 20
    assert apart >= 23
    assert not any(together(*pair) for pair in strangers)


def test_the_most_asked_come_first_and_thumbs_down_weigh_as_much() -> None:
    groups = _grouped("Tides?", "Crows?", ("Bread?", 3), "Crows?")
    assert groups == [
        QuestionGroup(("Bread?",), 1, 3),
        QuestionGroup(("Crows?",), 2, 0),
        QuestionGroup(("Tides?",), 1, 0),
    ]


def test_case_spaces_and_a_final_mark_make_no_other_question_and_cost_no_encoding() -> None:
    encoder = HashEncoder()
    encoded: list[str] = []

    def encode(question: str) -> FloatArray:
        encoded.append(question)
        return encoder.encode_query(question).vector

    opened = [
        OpenQuestion("Why  crows?"),
        OpenQuestion("why crows"),
        OpenQuestion("WHY CROWS ?!"),
        OpenQuestion("Why  crows?"),
    ]
    (group,) = group_questions(opened, encode)
    assert encoded == ["Why  crows?"]
    assert group == QuestionGroup(("Why  crows?", "why crows", "WHY CROWS ?!"), 4, 0)


def test_a_question_joins_the_nearest_of_several_groups() -> None:
    vectors = {
        "east": np.array([1, 0], np.float32),
        "north": np.array([0, 1], np.float32),
        "north-north-east": np.array([0.38, 0.92], np.float32),
    }
    opened = [OpenQuestion("east"), OpenQuestion("north"), OpenQuestion("north-north-east")]
    groups = group_questions(opened, vectors.__getitem__)
    assert [group.questions for group in groups] == [("north", "north-north-east"), ("east",)]


def test_questions_without_a_word_are_no_error() -> None:
    groups = group_questions(
        [OpenQuestion("?"), OpenQuestion("!"), OpenQuestion("🙂")],
        lambda _: np.zeros(2, np.float32),
    )
    assert [group.size for group in groups] == [2, 1]


def test_nothing_open_is_no_group() -> None:
    assert _grouped() == []


def _grouped(*questions: str | tuple[str, int]) -> list[QuestionGroup]:
    opened = [OpenQuestion(*(one if isinstance(one, tuple) else (one,))) for one in questions]
    return group_questions(opened, lambda question: HashEncoder().encode_query(question).vector)
