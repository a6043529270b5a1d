from __future__ import annotations

import pytest

from retrieval.questions import Asked, Kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("ferry launch year", Kind.TIME),
        ("year of the launch", Kind.TIME),
        ("Fähre Baujahr", Kind.TIME),
        ("what happened in the year of the flood", None),
        ("whose number is 555-0100?", None),
        ("чей это номер 555-0100?", None),
        ("Wem gehört die Nummer 555-0100?", None),
        ("whose boat is it?", Kind.PERSON),
    ],
)
def test_the_kind_is_told_by_a_question_word_or_a_noun(question: str, kind: Kind | None) -> None:
    assert Asked.of(question).kind is kind
