from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answerable import Features, confidence, features
from retrieval.excerpts import Window
from retrieval.search import Ranking
from retrieval.types import Chunk, Hit, Sentence, Source, Stage
from tests.fakes import HashEncoder

SHARES = st.floats(0, 1)


def hit(text: str, dense: float = 0.5, title: str = "Title", language: str = "en") -> Hit:
    return Hit(
        chunk_id=1,
        source=Source("a.txt", title, language=language),
        chunk=Chunk(text, (Sentence(0, len(text), 1),)),
        rank=1,
        score=1.0,
        dense=Stage(1, dense),
        lexical=Stage(1, 1.0),
        late=Stage(1, 0.4),
        similarity=np.zeros((1, 1), np.float32),
        starts=np.zeros(1, np.int32),
    )


def ranking(hits: tuple[Hit, ...], terms: dict[str, dict[str, float]]) -> Ranking:
    return Ranking("", hits, terms, 1, HashEncoder().encode_query(""))


def window(of: Hit, late: float = 0.4) -> Window:
    return Window(of, 0, 0, 0, len(of.chunk.text), late)


@given(SHARES, SHARES, SHARES, SHARES, st.sampled_from(["late", "dense", "coverage"]))
def test_confidence_grows_with_each_feature(
    late: float, dense: float, coverage: float, more: float, name: str
) -> None:
    found = Features(late, dense, coverage)
    better = replace(found, **{name: max(getattr(found, name), more)})

    assert 0 <= confidence(found) <= confidence(better) <= 1


def test_confidence_spans_from_surely_not_to_surely() -> None:
    assert confidence(Features(0, 0, 0)) == 0
    assert confidence(Features(0, 1, 1)) == 0
    assert confidence(Features(0.1, 0.1, 0)) < 0.01
    assert confidence(Features(0.9, 0.8, 1)) > 0.99


def test_nothing_found_has_no_confidence() -> None:
    found = features(ranking((), {"en": {"river": 1.0}}), [])

    assert found == Features(0, 0, 0)
    assert confidence(found) == 0


def test_features_are_the_best_of_all() -> None:
    low, high = hit("A mill.", dense=0.3), hit("A river.", dense=0.7)
    given = ranking((low, high), {"en": {"river": 1.0, "mill": 0.5}})

    found = features(given, [window(low, late=0.6), window(high, late=0.2)])

    assert (found.late, found.dense) == (0.6, 0.7)
    assert found.coverage == pytest.approx(1 / 1.5)


def test_features_are_never_negative() -> None:
    away = hit("A mill.", dense=-0.2)

    assert features(ranking((away,), {}), [window(away, late=-0.1)]) == Features(0, 0, 0)


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
    found = hit(text, title=title)
    given = ranking((found,), {"en": {"river": 0.6, "flood": 0.4}})

    assert features(given, [window(found)]).coverage == pytest.approx(covered)


def test_coverage_is_taken_in_the_articles_language() -> None:
    german = hit("Die alten Brücken.", language="de")
    given = ranking((german,), {"en": {"brücke": 1.0}, "de": {"bruck": 1.0}})

    assert features(given, [window(german)]).coverage == 1
    assert features(replace(given, terms={"en": {"river": 1.0}}), [window(german)]).coverage == 0
