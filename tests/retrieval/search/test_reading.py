from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.confidence import adjust_by_reader
from retrieval.search.excerpts import highlight_reading
from retrieval.types import Excerpt, Source


@dataclass(frozen=True, slots=True)
class Read:
    start: int
    end: int
    score: float
    no_answer: float = 0.0


EXCERPT = Excerpt(Source("a.txt", "A"), 1, 10, 33, "It leaves. At seven, so", ((0, 10),), 1.0)
margins = st.floats(-100, 100)


def test_words_that_answer_are_highlighted() -> None:
    found = highlight_reading(EXCERPT, Read(14, 19, 3.0))
    assert [found.text[start:end] for start, end in found.highlights] == ["seven"]
    assert EXCERPT.highlights == ((0, 10),)


@pytest.mark.parametrize("reading", [None, Read(14, 19, -3.0), Read(14, 19, 0.0)])
def test_the_sentence_stays_where_no_words_answer(reading: Read | None) -> None:
    assert highlight_reading(EXCERPT, reading) == EXCERPT


def test_no_answer_lowers_the_confidence_and_an_answer_raises_it() -> None:
    low, high = adjust_by_reader(0.6, [Read(0, 1, -5)]), adjust_by_reader(0.6, [Read(0, 1, 5)])
    assert low < 0.4
    assert high > 0.8


def test_the_likeliest_answer_counts() -> None:
    assert adjust_by_reader(0.6, [Read(0, 1, -9), None, Read(0, 1, 4)]) == adjust_by_reader(
        0.6, [Read(0, 1, 4)]
    )


def test_a_far_margin_turns_a_probable_answer_but_not_a_sure_one() -> None:
    assert adjust_by_reader(0.95, [Read(0, 1, -1000)]) == pytest.approx(0.49, abs=0.01)
    assert adjust_by_reader(0.99, [Read(0, 1, -1000)]) > 0.8


@pytest.mark.parametrize("readings", [[], [None], [None, None]])
def test_without_a_reading_the_confidence_stays(readings: list[None]) -> None:
    assert adjust_by_reader(0.6, readings) == 0.6


def test_nothing_found_stays_nothing() -> None:
    assert adjust_by_reader(0.0, [Read(0, 1, 100)]) == 0.0


@given(confidence=st.floats(0, 1), margin=margins)
def test_it_stays_a_probability(confidence: float, margin: float) -> None:
    assert 0 <= adjust_by_reader(confidence, [Read(0, 1, margin)]) <= 1


@given(confidence=st.floats(0, 1))
def test_an_even_reading_changes_nothing(confidence: float) -> None:
    assert adjust_by_reader(confidence, [Read(0, 1, 0)]) == pytest.approx(confidence, abs=1e-8)


@given(low=st.floats(0, 1), high=st.floats(0, 1), margin=margins)
def test_it_rises_with_the_confidence(low: float, high: float, margin: float) -> None:
    low, high = sorted([low, high])
    assert adjust_by_reader(low, [Read(0, 1, margin)]) <= adjust_by_reader(
        high, [Read(0, 1, margin)]
    )


@given(confidence=st.floats(0, 1), low=margins, high=margins)
def test_it_rises_with_the_margin(confidence: float, low: float, high: float) -> None:
    low, high = sorted([low, high])
    assert adjust_by_reader(confidence, [Read(0, 1, low)]) <= adjust_by_reader(
        confidence, [Read(0, 1, high)]
    )
