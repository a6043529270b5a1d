"""Answers from the articles that ship, with the encoder that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers import Answerer, QuestionError
from config import Settings
from embeddings import Encoder
from retrieval.refresh import refresh
from retrieval.search import Searcher
from retrieval.store import Store

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def answerer(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    index = tmp_path_factory.mktemp("index")
    settings = Settings.load(overrides={"articles": {"folder": SEEDS}, "index": {"folder": index}})
    refresh(settings.articles, settings.index, encoder)
    store = Store.open(index)
    assert store is not None
    return Answerer(Searcher(store, index, encoder, settings.search), settings.search)


def test_a_follow_up_without_words_of_its_own_is_searched_with_the_question_before(
    answerer: Answerer,
) -> None:
    before = "Why did communications fail?"
    alone = answerer.answer("And when was that?")
    leaning = answerer.answer("And when was that?", earlier=["Who breaches minefields?", before])
    assert alone.understood is None
    assert not alone.answered
    assert leaning.question == "And when was that?"
    assert leaning.understood == leaning.searched == f"{before} And when was that?"
    first = answerer.answer(before).excerpts[0].source
    assert first in [excerpt.source for excerpt in leaning.excerpts]


def test_a_complete_question_is_searched_as_it_stands(answerer: Answerer) -> None:
    question = "Where is Artem Kariakin's home?"
    answer = answerer.answer(question, earlier=["Why did communications fail?"])
    assert answer.searched == question
    assert answer.excerpts == answerer.answer(question).excerpts


def test_each_excerpt_has_its_reason(answerer: Answerer) -> None:
    question = "Where is Artem Kariakin's home?"
    answer, reasons = answerer.explain(question, 5)
    assert answer.excerpts == answerer.answer(question, 5).excerpts
    assert len(reasons) == len(answer.excerpts) == 5
    assert reasons[0].words == ("artem", "kariakin", "home")
    assert reasons[0].rank == 1
    assert 0 < reasons[0].late <= 1
    assert 0 < reasons[0].dense <= 1
    assert reasons[0].lexical > 0


def test_a_question_that_cannot_be_asked_says_why(answerer: Answerer) -> None:
    with pytest.raises(QuestionError, match="The question is empty"):
        answerer.answer("\x00 \u200b", earlier=["Why did communications fail?"])
    with pytest.raises(QuestionError, match="has 3,000 characters, the limit is 2,000"):
        answerer.answer("a" * 3000)
