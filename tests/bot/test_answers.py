"""Answers from the articles that ship, with the encoders that ship."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot import documents
from bot.answers import Answer, Answerer
from bot.errors import QuestionError
from bot.library import Library as OpenLibrary
from retrieval.index import SHIPPED, Calibration
from retrieval.questions import Correction
from retrieval.types import Source
from tests.retrieval.library import Library


@pytest.fixture
def answerer(each_answerer: Answerer) -> Answerer:
    return each_answerer


@pytest.fixture
def english(library: OpenLibrary) -> Answerer:
    """With the encoder for English: what the other one does is another thing."""
    return library.answerer


def test_a_question_that_says_nothing_alone_asks_the_one_before_in_another_way(
    answerer: Answerer,
) -> None:
    before = "Why did communications fail?"
    alone = answerer.answer("And when was that?")
    leaning = answerer.answer("And when was that?", earlier=["Who breaches minefields?", before])
    assert alone.understood is None
    assert not alone.answered
    assert leaning.question == "And when was that?"
    assert leaning.understood == leaning.searched == "When did communications fail?"
    first = answerer.answer(before).excerpts[0].source
    assert leaning.excerpts[0].source == first


def test_a_word_that_points_back_gives_way_to_what_it_stands_for(
    answerer: Answerer,
) -> None:
    before = "When did the Kursk incursion begin?"
    answer = answerer.answer("Who ordered it?", earlier=[before])
    assert answer.understood == "Who ordered the Kursk incursion?"
    assert answer.excerpts[0].source == answerer.answer(before).excerpts[0].source
    assert answer.excerpts[0].source != answerer.answer("Who ordered it?").excerpts[0].source


def test_a_word_that_points_within_its_own_question_takes_over_nothing(answerer: Answerer) -> None:
    question = "Where did Artem Kariakin live before he left his home?"
    assert answerer.answer(question, earlier=["What stops small drones?"]).understood is None


def test_an_answer_opens_with_what_comes_near_its_best_excerpt(answerer: Answerer) -> None:
    question = "Why did communications fail?"
    near, further = answerer.answer(question).excerpts, answerer.answer(question, 3).excerpts
    assert 0 < len(near) < len(further) == 3
    assert near == further[: len(near)]
    assert further[len(near)].score < 0.8 * near[0].score


def test_what_does_not_answer_comes_with_all_that_is_closest(answerer: Answerer) -> None:
    answer = answerer.answer("What is the capital of Mongolia?")
    assert not answer.answered
    assert len(answer.excerpts) == 3


@pytest.mark.parametrize("before", ["Why did communications fail?", "What stops small drones?"])
def test_a_complete_question_is_searched_as_it_stands(answerer: Answerer, before: str) -> None:
    question = "Where is Artem Kariakin's home?"
    answer = answerer.answer(question, earlier=[before])
    assert answer.understood is None
    assert answer.searched == question
    assert answer.excerpts == answerer.answer(question).excerpts
    assert answer.confidence == answerer.answer(question).confidence


@pytest.mark.parametrize(
    "question", ["What is the capital of Mongolia?", "zanzibar parliament?", "Kursk region?"]
)
def test_a_short_question_with_a_subject_of_its_own_is_complete(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question, earlier=["Where is Artem Kariakin's home?"])
    assert answer.understood is None
    assert answer.confidence == answerer.answer(question).confidence


def test_a_conversation_keeps_its_topic_until_another_comes_up(answerer: Answerer) -> None:
    understood: list[str | None] = []
    earlier: list[str] = []
    for question in (
        "Where is Artem Kariakin's home?",
        "Who lives there?",
        "And since when?",
        "How are minefields breached?",
        "How long does it take?",
    ):
        answer = answerer.answer(question, earlier=earlier)
        understood.append(answer.understood)
        earlier.append(answer.searched)
    assert understood[0] is None
    assert understood[1] == "Who lives there, Artem Kariakin's home?"
    assert understood[2] is not None
    assert "Artem" in understood[2]
    assert understood[3:] == [None, "How long does it take, minefields?"]


def test_follow_ups_are_understood_in_a_language_that_the_encoder_does_not_know(
    english: Answerer,
) -> None:
    answer = english.answer("А коли це було?", earlier=["Що сталося в Суджі?"])
    assert answer.understood == "Коли: Що сталося в Суджі?"
    assert answer.excerpts[0].source.path == "sudzha-a-border-town.md"


def test_the_same_is_asked_of_something_else_if_the_articles_answer_that(
    english: Answerer,
) -> None:
    before = ["How many inhabitants does Luhansk have?"]
    town = english.answer("What about Sudzha?", earlier=before)
    assert town.understood == "How many inhabitants does Sudzha have?"
    assert "six thousand inhabitants" in town.excerpts[0].text
    satellites = english.answer("What about Starlink?", earlier=before)
    assert (satellites.understood, satellites.answered) == (None, True)
    assert satellites.excerpts == english.answer("What about Starlink?").excerpts
    owner = english.answer("Who owns it?", earlier=[*before, satellites.searched])
    assert owner.understood == "Who owns Starlink?"


@pytest.mark.parametrize("before", ["Who won the football cup in 1998?", "How are mines laid?"])
def test_words_of_a_topic_that_was_left_are_not_dragged_along(
    english: Answerer, before: str
) -> None:
    earlier = [before]
    for question in ("What about Starlink?", "How high do its satellites fly?", "And in Sudzha?"):
        answer = english.answer(question, earlier=earlier)
        assert before.split()[-1].strip("?") not in answer.searched
        earlier.append(answer.searched)


def test_each_excerpt_has_its_reason(answerer: Answerer) -> None:
    question = "Where is Artem Kariakin's home?"
    trace = answerer.trace(question, 5)
    reasons = trace.reasons()
    assert trace.answer.excerpts == answerer.answer(question, 5).excerpts
    assert len(reasons) == len(trace.answer.excerpts) == 5
    assert {term.word for term in reasons[0].terms} == {"Artem", "Kariakin's", "home"}
    assert all(term.place == "excerpt" for term in reasons[0].terms)
    assert reasons[0].fused.rank == 1
    for excerpt, reason in zip(trace.answer.excerpts, reasons, strict=True):
        for pair in reason.pairs:
            assert excerpt.text[pair.match_at :].startswith(pair.match)


def test_a_misspelt_question_is_answered_as_it_was_meant(english: Answerer) -> None:
    meant = english.answer("How are minefields breached?")
    answer = english.answer("How are minefeilds breached?")
    assert answer.question == "How are minefeilds breached?"
    assert answer.searched == answer.corrected == meant.searched == meant.question
    assert answer.corrections == (Correction("minefeilds", "minefields"),)
    assert (answer.excerpts, answer.confidence) == (meant.excerpts, meant.confidence)
    assert (meant.corrected, meant.corrections) == (None, ())


def test_repairs_of_neighbours_are_told_as_one() -> None:
    words = {"comunications": "communications", "fial": "fail", "durng": "during"}
    repairs = tuple(Correction(*pair) for pair in [*words.items(), ("sapers", "sappers")])
    question = "why did comunications fial durng it, if all of the sapers had radios?"
    answer = Answer(question, (), False, 0.0, 1, 0.0, corrections=repairs)
    assert answer.repairs == (
        Correction("comunications fial durng", "communications fail during"),
        Correction("sapers", "sappers"),
    )


def test_what_is_asked_of_another_subject_is_to_be_met(answerer: Answerer) -> None:
    for question, before in [
        ("What about the Korean armistice?", "How is a minefield breached?"),
        ("What about anti-tank ditches?", "Which languages are spoken in Luhansk?"),
    ]:
        alone = answerer.answer(question)
        found = answerer.answer(question, earlier=[before])
        assert found.understood is None
        assert found.excerpts == alone.excerpts


@pytest.mark.parametrize("question", ["Where is the toilet?", "Хто переміг на виборах?"])
def test_a_short_question_about_something_else_is_asked_alone(
    answerer: Answerer, question: str
) -> None:
    before = "Where did Artem Kariakin live before he left his home?"
    found = answerer.answer(question, earlier=[before])
    assert (found.understood, found.answered) == (None, False)


def test_a_name_is_remembered_in_its_own_alphabet() -> None:
    repairs = (Correction("Суджа", "Sudzha"), Correction("minefeild", "minefield"))
    searched = "Has Sudzha a minefield?"
    answer = Answer(searched, (), True, 1.0, 1, 0.0, corrected=searched, corrections=repairs)
    assert answer.remembered == "Has Суджа a minefield?"


def test_a_name_is_remembered_with_its_accents() -> None:
    repairs = (Correction("Muler", "Müller"),)
    answer = Answer("Muler", (), True, 1.0, 1, 0.0, corrected="Müller", corrections=repairs)
    assert answer.remembered == "Müller"


def test_what_comes_closest_is_not_quoted_where_nothing_comes_near(answerer: Answerer) -> None:
    far = answerer.answer("How do I boil an egg?")
    assert far.far
    assert (far.answered, far.closest) == (False, None)
    assert far.excerpts
    near = answerer.answer("What do soldiers eat before they withdraw?")
    assert (near.far, near.answered) == (False, False)
    assert near.closest is not None


def test_what_comes_close_to_the_threshold_may_answer_and_is_quoted_as_a_whole(
    library: OpenLibrary,
) -> None:
    question = "What do soldiers eat before they withdraw?"
    confidence = library.answerer.answer(question).confidence

    def answer_from(threshold: float) -> Answer:
        search = library.settings.search.model_copy(update={"threshold": threshold})
        return Answerer(library.searcher, search).answer(question)

    below, far_below = answer_from(confidence * 1.1), answer_from(confidence * 1.5)
    assert (below.answered, below.perhaps) == (False, True)
    assert below.closest == below.excerpts[0]
    assert (far_below.answered, far_below.perhaps) == (False, False)
    assert far_below.closest is not None
    assert far_below.closest.text in far_below.excerpts[0].text
    assert not answer_from(0.0).perhaps


def test_the_confidence_is_taken_on_the_scale_of_the_index(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(ferry="A ferry crosses the river at noon.")
    library.refresh()
    answerer = Answerer(library.searcher(), library.search)
    before = answerer.answer("When does the ferry cross?")
    scale = replace(SHIPPED, late=SHIPPED.late + SHIPPED.late_spread)

    library.store().calibrations.keep(Calibration(scale, 1, 1, 60, "test"))

    after = answerer.answer("When does the ferry cross?")
    assert after.excerpts == before.excerpts
    assert 0 < after.confidence < before.confidence


@pytest.mark.parametrize("question", ["a", "what is it", "the of and to a", "?!?", "😀"])
def test_a_question_without_content_is_not_answered(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert (answer.answered, answer.confidence) == (False, 0)


def test_a_question_that_cannot_be_asked_says_why(answerer: Answerer) -> None:
    for question in ("", " \t\n", "\x00 \u200b", "\u202e\u200b"):
        with pytest.raises(QuestionError, match="The question is empty"):
            answerer.answer(question, earlier=["Why did communications fail?"])
    with pytest.raises(QuestionError, match="has 3,000 characters, the limit is 2,000"):
        answerer.answer("a" * 3000)


def test_of_thousands_of_copies_a_document_names_a_hundred(english: Answerer) -> None:
    answer = english.answer("Why did communications fail?")
    copies = tuple(Source(f"{number}.md", "A copy") for number in range(5000))
    copied = replace(answer, excerpts=(replace(answer.excerpts[0], also=copies),))

    [excerpt] = documents.of_answer(copied)["excerpts"]

    assert [one["article"] for one in excerpt["also"]] == [f"{number}.md" for number in range(100)]
