from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.calibrations import SHIPPED, Scale
from retrieval.search.confidence import Features, adjust_by_reader, confidence_of, features
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.types import Hit
from tests.fakes import HashEncoder
from tests.retrieval.library import Read, hit_of

SHARES = st.floats(0, 1)


def ranking(hits: tuple[Hit, ...], terms: dict[str, dict[str, float]]) -> Ranking:
    return Ranking("", hits, terms, 1, HashEncoder().encode_query(""))


def window(of: Hit, late: float = 0.4) -> Window:
    return Window(of, 0, 0, 0, len(of.chunk.text), late)


@given(SHARES, SHARES, SHARES, SHARES, SHARES, st.sampled_from(["late", "dense", "coverage"]))
def test_confidence_grows_with_each_feature_but_the_missing(
    late: float, dense: float, coverage: float, missing: float, more: float, name: str
) -> None:
    found = Features(late, dense, coverage, missing)
    better = replace(found, **{name: max(getattr(found, name), more)})
    worse = replace(found, missing=max(missing, more))

    assert 0 <= confidence_of(worse) <= confidence_of(found) <= confidence_of(better) <= 1


@pytest.mark.parametrize("name", ["late", "dense", "coverage", "missing"])
def test_every_feature_counts(name: str) -> None:
    middle = Features(0.4, 0.4, 0.5, 0.5)
    more = confidence_of(replace(middle, **{name: 0.6}))

    assert more < confidence_of(middle) if name == "missing" else more > confidence_of(middle)


def test_confidence_spans_from_surely_not_to_surely() -> None:
    assert confidence_of(Features(0, 0, 0, 0)) == 0
    assert confidence_of(Features(0, 1, 1, 0)) == 0
    assert confidence_of(Features(0.1, 0.1, 0, 0)) < 0.01
    assert confidence_of(Features(0.9, 0.8, 1, 0)) > 0.99


@given(st.floats(0.3, 0.6), SHARES, SHARES, SHARES, st.floats(0.1, 2), st.floats(0, 0.5))
def test_an_encoder_whose_scores_lie_elsewhere_gets_the_same_confidence_on_its_own_scale(
    late: float, dense: float, coverage: float, missing: float, factor: float, shift: float
) -> None:
    def moved(value: float) -> float:
        return factor * value + shift

    scale = Scale(
        moved(SHIPPED.late),
        factor * SHIPPED.late_spread,
        moved(SHIPPED.dense),
        factor * SHIPPED.dense_spread,
    )
    elsewhere = Features(moved(late), moved(dense), coverage, missing)

    found = confidence_of(Features(late, dense, coverage, missing))

    assert confidence_of(elsewhere, scale) == pytest.approx(found)


def test_nothing_found_has_no_confidence() -> None:
    found = features(ranking((), {"en": {"river": 1.0}}), [])

    assert found == Features(0, 0, 0, 0)
    assert confidence_of(found) == 0


def test_features_are_the_best_of_all() -> None:
    low, high = hit_of("A mill.", dense=0.3), hit_of("A river.", dense=0.7)
    given = ranking((low, high), {"en": {"river": 1.0, "mill": 0.5}})

    found = features(given, [window(low, late=0.6), window(high, late=0.2)])

    assert (found.late, found.dense) == (0.6, 0.7)
    assert found.coverage == pytest.approx(1 / 1.5)


def test_features_are_never_negative() -> None:
    away = hit_of("A mill.", dense=-0.2)

    assert features(ranking((away,), {}), [window(away, late=-0.1)]) == Features(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("When did Anna build the mill?", 0.0),
        ("When did Boris build the mill?", 1.0),
        ("When did Anna and Boris build the mill?", 0.5),
        ("Which Rivers had floods in 1866 and 1901?", 1 / 3),
        ("Boris?", 0.0),
        ("who built it", 0.0),
    ],
)
def test_missing_counts_names_and_numbers_that_no_window_shows(
    question: str, missing: float
) -> None:
    found = hit_of("Anna built the mill in 1866.", title="The river")
    given = replace(ranking((found,), {}), question=question)

    assert features(given, [window(found)]).missing == pytest.approx(missing)


def test_missing_looks_at_the_window_that_has_most_and_not_beyond_it() -> None:
    found = hit_of("Anna built it. Boris paid for it.")
    given = replace(ranking((found,), {}), question="Was it Anna or Boris?")
    first = Window(found, 0, 0, 0, 14, 0.4)

    assert features(given, [first]).missing == 0.5
    assert features(given, [first, window(found)]).missing == 0


@pytest.mark.parametrize(
    ("question", "date", "covered", "missing"),
    [
        ("the mill in October 2025", dt.date(2025, 10, 27), 1.0, 0.0),
        ("the mill in October 2025", dt.date(2025, 9, 27), 0.5, 1.0),
        ("the mill in October 2025", dt.date(2024, 9, 27), 1 / 3, 1.0),
        ("the mill in October 2025", None, 1 / 3, 1.0),
    ],
)
def test_a_year_and_a_month_that_the_articles_date_shows_are_not_missed(
    question: str, date: dt.date | None, covered: float, missing: float
) -> None:
    found = hit_of("Anna built the mill.")
    found = replace(found, source=replace(found.source, date=date))
    words = {"mill": 1.0, "octob": 1.0, "2025": 1.0}
    given = replace(ranking((found,), {"en": words}), question=question)

    judged = features(given, [window(found)])

    assert judged.coverage == pytest.approx(covered)
    assert judged.missing == missing


@pytest.mark.parametrize(
    ("text", "title", "covered"),
    [
        ("The rivers of the town.", "Title", 0.6),
        ("The rivers of the town.", "Floods", 1.0),
        ("Nothing.", "Title", 0.0),
        ("RIVER FLOODS", "Title", 1.0),
    ],
)
def test_coverage_weighs_terms_by_rarity(text: str, title: str, covered: float) -> None:
    found = hit_of(text, title=title)
    given = ranking((found,), {"en": {"river": 0.6, "flood": 0.4}})

    assert features(given, [window(found)]).coverage == pytest.approx(covered)


@given(
    st.dictionaries(st.from_regex(r"[bcd]{2,5}x", fullmatch=True), st.floats(0.01, 1), min_size=1)
)
def test_a_question_whose_terms_all_stand_there_is_covered_to_the_last_bit(
    rarities: dict[str, float],
) -> None:
    found = hit_of(" ".join(rarities), language="xx")
    given = ranking((found,), {"xx": rarities})

    assert features(given, [window(found)]).coverage == 1


def test_stop_words_alone_answer_nothing_however_well_they_are_met() -> None:
    found = hit_of("What it was and what it is.")
    given = ranking((found,), {"en": {}, "de": {"what": 1.0}})

    judged = features(given, [window(found, late=0.9)])

    assert judged.late == 0
    assert confidence_of(judged) == 0


def test_coverage_is_taken_in_the_articles_language() -> None:
    german = hit_of("Die alten Brücken.", language="de")
    given = ranking((german,), {"en": {"brücke": 1.0}, "de": {"bruck": 1.0}})

    assert features(given, [window(german)]).coverage == 1
    assert features(replace(given, terms={"en": {"river": 1.0}}), [window(german)]).coverage == 0


margins = st.floats(-100, 100)


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
