"""An evaluation of the articles that ship, with the encoder that ships."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from bot.answers import Answer
from bot.evaluation import (
    Question,
    QuestionOutcome,
    ask_questions,
    missing_articles,
    read_questions,
    summarize,
)
from bot.evaluation.command import (
    evaluation_document,
    outcome_document,
)
from bot.library import Library
from retrieval.types import Excerpt, Source
from tests.paths import ROOT

KEYS = [
    "questions", "article_at_1", "article_at_5", "answer_at_1", "answer_at_3", "mean_chars",
    "auroc", "answered_answerable", "answered_unanswerable", "p50_ms", "p95_ms",
    "article_recall_at_10", "article_mrr_at_10", "article_ndcg_at_10", "answered_answerable_at_5",
    "answerable", "unanswerable", "with_articles", "with_answers",
]  # fmt: skip
ACCOUNT = "leaving-sudzha-a-soldiers-account.md"
HOME = Question("Where is Artem Kariakin's home?", "home", ("Luhansk",), (ACCOUNT,))


def outcome(
    question: Question,
    texts: tuple[str, ...] = (),
    articles: tuple[str, ...] = (),
    *,
    confidence: float = 0.9,
    ms: float = 10.0,
) -> QuestionOutcome:
    """An outcome made by hand; it is answered from .5."""
    excerpts = tuple(
        Excerpt(Source("a.md", "A", dt.date(2024, 1, 5)), 1, 0, len(text), text, (), 1.0)
        for text in texts
    )
    answer = Answer(question.question, excerpts, confidence >= 0.5, confidence, 1, ms)
    return QuestionOutcome(question, answer, articles)


def test_questions_with_known_answers_are_answered_right(library: Library) -> None:
    questions = [
        HOME,
        Question("Why did communications fail?", articles=("how-a-withdrawal-is-run.md", ACCOUNT)),
        Question("What is the capital of Mongolia?", answerable=False),
        Question("Which vitamin prevents scurvy?", answerable=False),
    ]
    done: list[int] = []
    outcomes = ask_questions(library.answerer, questions, on_done=done.append)
    assert done == [1, 2, 3, 4]
    assert [one.right for one in outcomes] == [True, True, True, True]
    document = evaluation_document(summarize(outcomes))
    assert list(document) == KEYS
    assert document["questions"] == 4
    assert (document["answerable"], document["unanswerable"]) == (2, 2)
    assert (document["with_articles"], document["with_answers"]) == (2, 1)
    assert document["article_at_1"] == document["answer_at_1"] == document["auroc"] == 1
    assert document["answered_answerable"] == document["answered_answerable_at_5"] == 1
    assert document["answered_unanswerable"] == 0
    assert 0 < document["p50_ms"] <= document["p95_ms"]
    firsts = [one.answer.excerpts[0].text for one in outcomes[:2] if one.answer]
    assert document["mean_chars"] == pytest.approx(sum(map(len, firsts)) / 2)


def test_what_is_evaluated_is_what_is_answered(library: Library) -> None:
    (found,) = ask_questions(library.answerer, [HOME], excerpts=5)
    answer = library.answerer.answer(HOME.question, 5)
    assert found.answer is not None
    assert found.answer.excerpts == answer.excerpts
    assert found.confidence == answer.confidence
    shown = list(dict.fromkeys(one.source.path for one in answer.excerpts))
    assert list(found.articles[: len(shown)]) == shown
    assert len(set(found.articles)) == len(found.articles) > len(shown)


def test_three_excerpts_are_looked_at_though_fewer_are_shown(library: Library) -> None:
    (found,) = ask_questions(library.answerer, [HOME], excerpts=1)
    assert found.answer is not None
    assert len(found.answer.excerpts) == 3


def test_history_is_replayed_as_a_conversation(library: Library) -> None:
    before = "Why did communications fail?"
    # What cannot be asked is passed over, as in a chat.
    history = ("", "Who breaches minefields?", before, " ")
    alone, leaning = (
        one.answer
        for one in ask_questions(
            library.answerer,
            [Question("And when was that?"), Question("And when was that?", history=history)],
        )
    )
    assert alone is not None
    assert leaning is not None
    assert alone.understood is None
    chatted = library.answerer.answer(
        "And when was that?", earlier=["Who breaches minefields?", before]
    )
    assert leaning.understood
    assert leaning.understood == chatted.understood
    # A chat opens with fewer where the others are far from the first.
    assert leaning.excerpts[: len(chatted.excerpts)] == chatted.excerpts


def test_a_question_that_cannot_be_asked_is_not_answered(library: Library) -> None:
    questions = [
        Question(" ", answers=("Luhansk",), articles=(ACCOUNT,)),
        Question("word " * 1000, answerable=False),
    ]
    empty, long = ask_questions(library.answerer, questions)
    assert empty.fault == "The question is empty; ask something in a few words."
    assert long.fault is not None
    assert long.fault.startswith("The question has 4,999 characters, the limit is 2,000")
    assert (empty.answered, empty.right, long.right) == (False, False, True)
    report = summarize([empty, long])
    assert report.ranking.at_1 == report.answer_at_1 == report.answered_answerable == 0
    assert report.mean_chars is report.p50_ms is None
    assert outcome_document(empty)["ms"] is None


def test_the_page_s_questions_are_about_the_articles_that_ship(
    library: Library, tmp_path: Path
) -> None:
    page = (ROOT / "bot" / "evaluation" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^```json\n(\{\"question.+?)\n```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    path = tmp_path / "questions.jsonl"
    path.write_text(found.group(1), encoding="utf-8")
    questions = read_questions(path)
    assert missing_articles(questions, {one.path for one in library.store.sources()}) == []
    assert all(one.answer_rank for one in ask_questions(library.answerer, questions[:2]))
    for key in KEYS:
        assert f"`{key}`" in page


def test_shares_are_of_the_questions_that_tell() -> None:
    told = Question("One?", answers=("seven",))
    outcomes = [
        outcome(told, ("It was Seven.", "No."), ("a.md",), ms=10),
        outcome(told, ("No.", "No.", "It was seven."), confidence=0.1, ms=20),
        outcome(told, ("No.", "No.", "No.", "seven"), ms=30),
        outcome(told, (), confidence=0, ms=40),
        # Answers without a word tell nothing; neither do those of what is not answerable.
        outcome(Question("Two?", answers=("?",), articles=("b.md",)), ("?",), ("a.md", "b.md")),
        outcome(Question("Three?", answerable=False, answers=("x",), articles=("x.md",)), ("x",)),
    ]
    report = summarize(outcomes)
    assert (report.with_answers, report.with_articles) == (4, 1)
    assert report.answer_at_1 == 0.25
    assert report.answer_at_3 == 0.5
    assert (report.ranking.at_1, report.ranking.at_5, report.ranking.mrr_at_10) == (0, 1, 0.5)
    assert report.mean_chars == pytest.approx((13 + 3 + 3 + 1) / 4)
    assert report.answered_answerable == 0.6
    assert report.answered_unanswerable == 1
    assert report.p50_ms == 15
    assert [one.right for one in outcomes] == [True, False, False, False, False, False]
    assert outcome(Question("Four?"), ("x",)).right is None


def test_figures_that_nothing_tells_are_none() -> None:
    document = evaluation_document(summarize([outcome(Question("One?"), ("text",))]))
    assert {name for name, value in document.items() if value is None} == {
        "article_at_1", "article_at_5", "answer_at_1", "answer_at_3", "auroc",
        "answered_unanswerable", "article_recall_at_10", "article_mrr_at_10", "article_ndcg_at_10",
        "answered_answerable_at_5",
    }  # fmt: skip
    others = evaluation_document(summarize([outcome(Question("One?", answerable=False))]))
    assert others["answered_answerable"] is others["mean_chars"] is others["auroc"] is None
    assert others["answered_unanswerable"] == 1
