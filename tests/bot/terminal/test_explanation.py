from __future__ import annotations

import re
from dataclasses import replace
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import RenderableType

from bot.answers import Answer, Trace
from bot.display import plain
from bot.terminal import AnswerDrawing, ExplanationDrawing, reasons_below
from retrieval.questions import Correction, UnknownLanguage
from retrieval.search import Features, Ranking, Window, similarity
from retrieval.search.late import maxsim
from retrieval.types import Chunk, Excerpt, Hit, Sentence, Source, Stage
from tests.bot.terminal.drawn import HARMLESS, drawn
from tests.fakes import HashEncoder

ENCODER = HashEncoder(dim=512)
# Lone surrogates never come as far.
ANYTHING = st.text(st.characters(codec="utf-8"))


def trace(
    question: str = "Who holds grudges, and where?",
    text: str = "Crows hold grudges for years.",
    title: str = "Crows",
    answered: bool = True,
    confidence: float = 0.93,
    count: int = 1,
    absent: frozenset[str] = frozenset(),
    wanted: dict[str, float] | None = None,
    **hits: Any,  # noqa: ANN401
) -> Trace:
    """Answer with one chunk, so many times."""
    query = ENCODER.encode_query(question)
    (passage,) = ENCODER.encode_passages([text])
    matrix = similarity(query.tokens, passage.codes)
    source = Source("crows.md", title)
    weights = np.full(len(matrix), 1 / max(1, len(matrix)), np.float32)
    late = maxsim(matrix, weights)
    hit = Hit(
        chunk_id=1,
        source=source,
        chunk=Chunk(text, (Sentence(0, len(text), 1),)),
        rank=1,
        score=0.9,
        dense=Stage(2, 0.5),
        lexical=Stage(3, 4.25),
        late=Stage(1, late),
        similarity=matrix,
        starts=passage.starts,
        weights=weights,
    )
    window = Window(replace(hit, **hits), 0, 0, 0, len(text), late)
    excerpt = Excerpt(source, 1, 0, len(text), text, (), 1.0)
    terms = {"en": {"hold": 0.25, "grudg": 0.75} if wanted is None else wanted}
    ranking = Ranking(question, (window.hit,) * count, terms, 1, query, {"en": absent})
    answer = Answer(question, (excerpt,) * count, answered, confidence, 1, 12.3)
    return Trace(answer, ranking, (window,) * count, Features(0.55, 0.48, 1.0, 0.5, 0.25, 0.0, 0.0))


def text(one: Trace, threshold: float = 0.5) -> str:
    return plain(AnswerDrawing(one.answer, reasons_below(one, threshold)))


def lines(renderable: RenderableType, width: int = 80) -> str:
    return re.sub(r" +$", "", drawn(renderable, width), flags=re.MULTILINE)


def test_reasons_stand_below_their_excerpts_and_the_confidence_at_the_end() -> None:
    shown = text(trace()).split("\n")
    assert shown == [
        "“Crows hold grudges for years.”",
        "[1] Crows · paragraph 1",
        "words in it: grudges 0.75 · holds 0.25",
        "closest words: grudges → grudges 0.79",
        "rank (score): by meaning 2 (0.50) · by words 3 (4.25) · word by word 1 (0.16) · "
        "together 1 (0.90) · excerpt alone (0.16)",
        "",
        "12 ms · confidence 93 %",
        "",
        "The confidence is 93.0 %; from 50 % on it counts as an answer.",
        "It comes from the closest excerpt, 0.55 word by word, the closest passage, 0.48 by "
        "meaning, and the question's words in the first excerpt: 100 % in one sentence, their "
        "neighbours 0.50 near; 25 % of its names and numbers missing.",
        "The number behind a word is its rarity in the articles, up to 1; behind a pair of words "
        "it is their closeness in meaning, up to 1.",
    ]


def test_what_the_first_excerpt_lacks_is_said() -> None:
    one = trace()

    told = text(replace(one, judged=replace(one.judged, unmet=1.0, denied=1.0)))

    assert "The first excerpt has nothing of the kind that the question asks for." in told
    assert "The question denies something, and what the first excerpt says does not." in told


def test_without_reasons_an_answer_is_as_it_was() -> None:
    one = trace()
    assert text(one).startswith(plain(AnswerDrawing(one.answer)).split("\n12 ms")[0].rstrip())
    assert "words in it" not in plain(AnswerDrawing(one.answer))


def test_a_terminal_gets_the_stages_as_a_table() -> None:
    assert lines(ExplanationDrawing(trace(), 0.5, 1)) == (
        "[1] Crows · paragraph 1\n"
        "  words in it    grudges 0.75 · holds 0.25\n"
        "  closest words  grudges → grudges 0.79\n"
        "                 rank  score\n"
        "  by meaning        2   0.50  closeness to the question\n"
        "  by words          3   4.25  your rare words count more\n"
        "  word by word      1   0.16  each word's closest, on average\n"
        "  together          1   0.90  all of these\n"
        "  excerpt alone         0.16  word by word, in its own sentences\n"
        "\n"
        "The number behind a word is its rarity in the articles, up to 1; behind a pair\n"
        "of words it is their closeness in meaning, up to 1.\n"
    )


def test_words_are_listed_by_where_they_were_found() -> None:
    one = trace(
        "Crows that hold owls' grudges",
        wanted={"crow": 0.5, "hold": 0.25, "owl": 1.0, "grudg": 0.75},
        title="On crows",
        text="They hold it.",
        chunk=Chunk("They hold it. Grudges.", (Sentence(0, 13, 1), Sentence(14, 22, 1))),
    )
    shown = text(one).split("\n")
    assert shown[2:6] == [
        "words in it: hold 0.25",
        "in the title: Crows 0.50",
        "around it: grudges 0.75",
        "not found: owls 1.00",
    ]


def test_a_misspelt_word_is_shown_with_what_was_searched() -> None:
    one = trace("Who holds grudges?")
    repaired = replace(one.ranking, corrections=(Correction("grugdes", "grudges"),))
    assert "words in it: grugdes (grudges) 0.75" in text(replace(one, ranking=repaired))


def test_a_stage_that_did_not_find_the_passage_says_so() -> None:
    assert "by words – · word by word" in text(trace(lexical=None))
    assert "not among the best" in lines(ExplanationDrawing(trace(lexical=None), 0.5))


def test_what_a_reranker_and_wishes_made_of_it_is_shown() -> None:
    said = text(trace(rerank=Stage(4, -7.5), boost=0.12))
    assert "· reranker 4 (-7.50) · wishes (+0.12) · together" in said
    assert "reranker" not in text(trace())
    assert "wishes" not in text(trace())


def test_long_lists_are_cut() -> None:
    words = [f"word{letter}x" for letter in ascii_lowercase[:20]]
    one = trace(" ".join(words), wanted=dict.fromkeys(words, 1.0))
    assert "wordhx 1.00 · 12 more\n" in text(one)
    assert re.search(r"^closest words: (\S+ → \S+ [\d.-]+ · ){5}\d+ more$", text(one), re.MULTILINE)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"absent": frozenset({"grudg"})},
            "Nowhere in the articles, in any form: grudges.\n"
            "Check the spelling, or ask with a word that the articles may use.",
        ),
        ({}, "They have all its words, but no excerpt is close enough to the question as a whole."),
        ({"wanted": {}}, "The question has only words that stand everywhere; name what it is"),
        (
            {"absent": frozenset({"grudg"}), "count": 0},
            "The articles do not answer this.\n\nThe confidence is 6.0 %; only from 50 % on it",
        ),
    ],
)
def test_what_is_not_answered_says_why_and_what_may_help(
    changed: dict[str, Any], said: str
) -> None:
    one = trace(answered=False, confidence=0.06, **changed)
    assert said in text(one)


def test_a_question_in_a_language_that_the_encoder_does_not_know_is_advised() -> None:
    one = trace(answered=False, absent=frozenset({"grudg"}))
    foreign = UnknownLanguage("uk", "hash", ("en",), "grudges", 0.5)
    said = text(replace(one, answer=replace(one.answer, unknown_language=foreign)))
    assert "Ask in a language that the encoder knows." in said
    assert "Nowhere" not in said


def test_an_answer_names_what_the_articles_lack_without_advice() -> None:
    said = text(trace(absent=frozenset({"grudg"})))
    assert "Nowhere in the articles, in any form: grudges." in said
    assert "Check the spelling" not in said


def test_a_confidence_just_below_the_threshold_reads_as_below() -> None:
    said = text(trace(answered=False, confidence=0.496), 0.5)
    assert "The confidence is 49.6 %; only from 50 % on it counts as an answer." in said
    assert "99.9 %" in text(trace(confidence=1.0))


def test_why_tells_of_all_excerpts_or_of_one() -> None:
    one = trace(count=3)
    every = plain(ExplanationDrawing(one, 0.5))
    assert re.findall(r"^\[\d\]", every, re.MULTILINE) == ["[1]", "[2]", "[3]"]
    assert "The confidence is 93.0 %" in every
    second = plain(ExplanationDrawing(one, 0.5, 2))
    assert re.findall(r"^\[\d\]", second, re.MULTILINE) == ["[2]"]
    assert "The confidence" not in second


@given(ANYTHING, ANYTHING.filter(str.strip))
def test_nothing_of_question_and_article_steers_the_terminal(question: str, article: str) -> None:
    one = trace(question, article, article, answered=False, count=2)
    assert HARMLESS.fullmatch(text(one))
    shown = lines(ExplanationDrawing(one, 0.5), 40)
    assert HARMLESS.fullmatch(shown)
    assert all(cell_len(line) <= 40 for line in shown.split("\n"))


def test_what_no_article_has_is_no_markup_either() -> None:
    one = trace("a\x1bz[bold]", wanted={"z": 1.0}, absent=frozenset({"a", "z", "bold"}))
    shown = lines(ExplanationDrawing(one, 0.5))
    assert "\x1b" not in shown
    assert np.all([word in shown for word in ("z", "bold")])
