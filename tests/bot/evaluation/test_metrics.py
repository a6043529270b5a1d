"""Metrics against formulas of the textbooks."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.metrics import (
    RankingFigures,
    auroc,
    fold,
    passed_at_5,
    rank_of_answer,
    ranking_figures,
)

NAMES = [f"{letter}.md" for letter in "abcdefghijklmnop"]
SCORES = st.lists(st.sampled_from([n / 8 for n in range(9)]), min_size=1, max_size=60)


def textbook(right: set[str], found: Sequence[str]) -> list[float]:
    """Success at 1 and 5, recall, reciprocal rank and nDCG at 10 of one ranking."""
    gains = [path in right for path in found[:10]]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(right), 10) + 1))
    gained = sum(1 / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1) if gain)
    return [
        float(any(gains[:1])),
        float(any(gains[:5])),
        sum(gains) / len(right),
        1 / (gains.index(True) + 1) if any(gains) else 0.0,
        gained / ideal,
    ]


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_rankings_are_those_of_the_textbook(seed: int) -> None:
    chance = random.Random(seed)
    rankings = [
        (
            chance.sample(NAMES, chance.randint(1, 12)),
            chance.sample(NAMES, chance.choice([0, 1, 5, 15])),
        )
        for _ in range(20)
    ]
    wanted = [textbook(set(right), found) for right, found in rankings]
    means = [sum(column) / len(column) for column in zip(*wanted, strict=True)]
    figures = ranking_figures(rankings)
    assert [
        figures.at_1, figures.at_5, figures.recall_at_10, figures.mrr_at_10, figures.ndcg_at_10,
    ] == pytest.approx(means)  # fmt: skip


def test_a_right_article_that_is_named_twice_counts_once() -> None:
    figures = ranking_figures([(["a.md", "a.md"], ["a.md"])])
    assert figures == RankingFigures(1.0, 1.0, 1.0, 1.0, 1.0)


def test_a_question_that_found_nothing_counts_as_nothing() -> None:
    assert ranking_figures([(["a.md"], [])]) == RankingFigures(0.0, 0.0, 0.0, 0.0, 0.0)
    assert ranking_figures([(["a.md"], ["a.md"]), (["a.md"], [])]).at_1 == 0.5


def test_no_rankings_have_no_figures() -> None:
    assert ranking_figures([]) == RankingFigures()
    assert RankingFigures().at_1 is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Dead Sea", "the DEAD sea"),
        ("a one - year period .", "a one-year period"),
        ("  tabs\tand\nlines ", "tabs and lines"),
        ("“quoted”", '"quoted"'),
        ("``quoted ''", "quoted"),
        ("snake_case", "snake case"),
        ("Straße", "STRASSE"),
        ("cafe\u0301", "café"),
        ("１２３", "123"),
        ("no\u00a0break", "no break"),
    ],
)
def test_case_punctuation_and_white_space_are_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_words_are_not_run_together() -> None:
    assert fold("one-year") != fold("oneyear")
    assert fold("1 000") != fold("1000")
    assert fold("दिन") != fold("दान")
    assert fold("?! ...") == ""


@given(st.text())
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once == once.strip()


def test_the_first_text_that_holds_an_answer_gives_the_rank() -> None:
    texts = ["Nobody knows.", "It was in Luhansk, they say.", "Luhansk again."]
    assert rank_of_answer(texts, ["Kursk", "luhansk"]) == 2
    assert rank_of_answer(texts, ["Kursk"]) is None
    assert rank_of_answer([], ["Kursk"]) is None


def test_an_answer_without_a_word_stands_nowhere() -> None:
    assert rank_of_answer(["Nobody knows!"], ["!"]) is None
    assert rank_of_answer(["Nobody knows!"], ["!", "knows"]) == 1
    assert rank_of_answer(["Nobody knows!"], []) is None


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_the_right_order(
    positives: list[float], negatives: list[float]
) -> None:
    pairs = list(product(positives, negatives))
    wins = sum((one > other) + (one == other) / 2 for one, other in pairs)
    assert auroc(positives, negatives) == pytest.approx(wins / len(pairs))


@given(SCORES, SCORES)
def test_the_best_threshold_lets_at_most_one_in_twenty_pass(
    positives: list[float], negatives: list[float]
) -> None:
    thresholds = [
        one for one in negatives if sum(n > one for n in negatives) <= 0.05 * len(negatives)
    ]
    wanted = sum(one > min(thresholds) for one in positives) / len(positives)
    assert passed_at_5(positives, negatives) == pytest.approx(wanted)


def test_one_kind_alone_has_no_figure() -> None:
    assert auroc([0.5], []) is None
    assert auroc([], [0.5]) is None
    assert passed_at_5([0.5], []) is None
    assert passed_at_5([], [0.5]) is None
