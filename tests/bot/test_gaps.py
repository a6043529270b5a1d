from __future__ import annotations

import numpy as np

from bot.gaps import OpenQuestion, QuestionGroup, group_questions
from embeddings import Encoder
from retrieval.types import FloatArray

from ..fakes import HashEncoder

# A question, the same in other words, and another one about the same subject.
TRIPLES = (
    (
        "Why did the central bank raise interest rates?",
        "What made the central bank increase its rates?",
        "Who heads the central bank?",
    ),
    (
        "When does the new tram line open?",
        "From what date will the new tram line run?",
        "How much did the new tram line cost?",
    ),
    (
        "How many people were hurt in the train crash?",
        "What is the number of injured in the rail accident?",
        "What caused the train crash?",
    ),
    (
        "Who won the mayoral election in Lviv?",
        "Who was elected mayor of Lviv?",
        "How many voted in the mayoral election in Lviv?",
    ),
    (
        "Is the tap water safe to drink after the flood?",
        "Can we drink water from the tap after the flood?",
        "When will the flood recede?",
    ),
    (
        "What does the new law on short-term rentals forbid?",
        "What is banned by the law about short-term rentals?",
        "When does the law on short-term rentals come into force?",
    ),
    (
        "Why was the football match cancelled?",
        "What was the reason for calling off the football game?",
        "Where will the football match be played?",
    ),
    (
        "How much will bus tickets cost next year?",
        "What is the price of a bus ticket going to be next year?",
        "Where can I buy bus tickets?",
    ),
    (
        "When will schools reopen after the storm?",
        "On which day do children go back to school after the storm?",
        "Which schools were damaged by the storm?",
    ),
    (
        "Who founded the company that builds the satellites?",
        "Who is the founder of the satellite maker?",
        "How many satellites does the company build a year?",
    ),
    (
        "What started the fire at the warehouse?",
        "How did the warehouse fire begin?",
        "How long did firefighters fight the warehouse fire?",
    ),
    (
        "How many jobs will the car factory cut?",
        "How many workers is the car plant going to lay off?",
        "What cars does the factory build?",
    ),
    (
        "Does the vaccine protect against the new variant?",
        "Is the vaccine effective against the new variant?",
        "Who should get the vaccine first?",
    ),
    (
        "Who wrote the report on air pollution?",
        "Who are the authors of the air pollution report?",
        "What does the report on air pollution recommend?",
    ),
    (
        "Where will the climate summit be held?",
        "Which city hosts the climate summit?",
        "What was agreed at the climate summit?",
    ),
    (
        "How old is the oldest tree in the park?",
        "What is the age of the park's oldest tree?",
        "Which trees in the park were felled?",
    ),
    (
        "Why are farmers protesting in the capital?",
        "What are the farmers' protests in the capital about?",
        "How many farmers are protesting in the capital?",
    ),
    (
        "When was the bridge closed to traffic?",
        "Since when are cars not allowed over the bridge?",
        "Who pays for repairing the bridge?",
    ),
    (
        "Who will play the lead role in the film?",
        "Which actor stars in the film?",
        "When is the film released?",
    ),
    (
        "What is the unemployment rate in Germany?",
        "How high is unemployment in Germany?",
        "How is the unemployment rate in Germany measured?",
    ),
    (
        "How can I apply for the heating subsidy?",
        "What must I do to get help with heating costs?",
        "Who pays for the heating subsidy?",
    ),
    (
        "Which countries signed the trade agreement?",
        "Who are the parties to the trade deal?",
        "Why was the trade agreement criticised?",
    ),
    (
        "How strong was the earthquake?",
        "What was the magnitude of the earthquake?",
        "Where was the earthquake felt?",
    ),
    (
        "Why did the minister resign?",
        "What led to the minister stepping down?",
        "Who succeeds the minister?",
    ),
    (
        "When does the museum exhibition end?",
        "What is the last day of the exhibition at the museum?",
        "What is shown in the museum exhibition?",
    ),
    (
        "How many wolves live in the region?",
        "What is the wolf population of the region?",
        "What do the wolves in the region eat?",
    ),
    (
        "Who pays for the new hospital?",
        "Where does the money for the new hospital come from?",
        "How many beds will the new hospital have?",
    ),
    (
        "What caused the power outage on Monday?",
        "Why was there no electricity on Monday?",
        "How many homes were hit by the power outage on Monday?",
    ),
    (
        "Is it still allowed to swim in the lake?",
        "May one go swimming in the lake?",
        "How deep is the lake?",
    ),
    (
        "Which airline was fined for late refunds?",
        "What airline has to pay a fine because it refunded late?",
        "How do I get a refund from the airline?",
    ),
)


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
