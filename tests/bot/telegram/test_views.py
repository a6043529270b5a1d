"""Views of an answer, and the golden files of all views."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineQueryResultArticle, InputTextMessageContent, LinkPreviewOptions

from bot.answers import Answer
from bot.languages import LANGUAGES
from bot.telegram.views import answers as views
from bot.telegram.views.message import (
    ENTITIES,
    TEXT_UNITS,
    Action,
    Button,
    Entity,
    Message,
    Press,
)
from retrieval.search.explain import Explanation, QueryTerm, TermPlace, WordMatch
from retrieval.types import Source, Stage

from .emulator import units
from .samples import (
    ENGLISH,
    answer,
    answers,
    excerpt,
    few,
    flaws,
    numbers,
    plain,
    reasons,
    texts,
    under,
    unhurried,
)
from .specimens import CASES, GOLDEN, SPECIMENS, golden

REASON = Explanation(
    terms=(
        QueryTerm("crows", "crows", 0.9, TermPlace.EXCERPT),
        QueryTerm("grudges", "grudges", 0.5, TermPlace.TITLE),
    ),
    pairs=(WordMatch("crows", 0, "Crows", 0, 0.9, 0.2, telling=True),),
    dense=Stage(3, 0.62),
    lexical=Stage(2, 14.237),
    late=Stage(1, 0.6),
    rerank=None,
    fused=Stage(1, 1.0),
    boost=0.0,
    excerpt=0.714,
)


def answered(
    one: Answer, shown: int | None = 99, more: bool = False, preview: bool = False
) -> Message:
    return views.answer(one, ENGLISH, number=7, shown=shown, more=more, preview=preview)


def explained(one: Answer, *given: Explanation, shown: int = 3) -> Message:
    return views.why(one, given, ENGLISH, number=7, shown=shown, threshold=0.5)


def buttons(message: Message) -> list[list[tuple[str, Press | None]]]:
    return [[(button.text, button.press) for button in row] for row in message.buttons]


def test_more_is_offered_only_where_there_is_more_and_room_for_it() -> None:
    labels = [button.text for button in answered(answer(excerpt("One."))).buttons[0]]
    assert labels == ["Context", "Article"]
    full = answered(answer(*[excerpt("word " * 500)] * 3), more=True)
    assert [button.text for button in full.buttons[0]] == ["Context", "Article"]
    assert buttons(full)[1][0] == ("Why this?", Press(Action.WHY, 7, 1))


@pytest.mark.parametrize(
    ("scores", "count"),
    [
        ([], 0),
        ([0.8], 1),
        ([0.8, 0.65, 0.65, 0.65], 3),
        ([0.8, 0.63, 0.63], 1),
        ([0.8, 0.7, 0.5], 2),
        ([0.8, 0.5, 0.7], 1),
    ],
)
def test_an_answer_opens_with_the_excerpts_near_the_first(scores: list[float], count: int) -> None:
    one = answer(*(excerpt(f"{score} is it.", score=score) for score in scores))
    assert views.opened_with(one) == count
    if scores:
        assert len(under(answered(one, shown=None), "blockquote")) == count


def test_what_a_follow_up_was_understood_as_is_said_first() -> None:
    message = answered(answer(excerpt("One."), understood="Do crows\n@hold grudges?"))
    (first,) = under(message, "italic")
    assert plain(first) == "Understood as: Do crows @hold grudges?"
    assert message.text.startswith(f"{first}\n\nOne.")


def test_the_first_article_is_previewed_if_that_is_wanted() -> None:
    first, second = excerpt(url="https://a.org/x"), excerpt(url="https://b.org")
    assert answered(answer(first, second), preview=True).preview == "https://a.org/x"
    assert answered(answer(first, second)).preview is None
    assert answered(answer(excerpt(), second), preview=True).preview is None


def test_whole_excerpts_are_left_out_from_the_end() -> None:
    texts = [f"Excerpt {number}: " + "word " * 300 for number in range(1, 5)]
    message = answered(answer(*map(excerpt, texts)))
    assert list(map(plain, under(message, "expandable_blockquote"))) == list(map(plain, texts[:2]))
    assert "[3]" not in message.text


def test_many_excerpts_stay_within_the_number_of_entities() -> None:
    many = [excerpt("a b", ((0, 1),), url="http://a.org") for _ in range(60)]
    message = answered(answer(*many))
    assert ENTITIES - 3 < len(message.entities) <= ENTITIES
    assert flaws(message) == []


def test_long_addresses_stay_within_the_size_of_entities() -> None:
    many = [excerpt(url=f"http://a.org/{number}/" + "x" * 1_900) for number in range(8)]
    message = answered(answer(*many))
    assert len(under(message, "text_link")) == 4
    assert flaws(message) == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("A sentence of six words here. " * 200, "words here. …"),
        ("word " * 2_000, "word …"),
        ("👩‍👩‍👧‍👦" * 1_000, "👩‍👩‍👧‍👦 …"),
        ("e\u0301" * 4_000, "e\u0301 …"),
        ("鸦科鸟类能认人脸。" * 900, "脸。 …"),
        ("कौवे चेहरे पहचानते हैं। " * 300, "हैं। …"),
        ("هل تعرف الغربان الوجوه؟ " * 300, "الوجوه؟ …"),
    ],
)
def test_a_first_excerpt_that_is_too_long_is_cut(text: str, ends: str) -> None:
    message = answered(answer(excerpt(text), excerpt(), understood="Do they?"))
    (quote,) = under(message, "expandable_blockquote")
    assert quote.endswith(ends)
    assert text.startswith(quote.removesuffix(" …"))
    assert TEXT_UNITS - 40 < units(message.text) <= TEXT_UNITS
    assert flaws(message) == []


def test_without_an_answer_the_closest_sentence_and_the_next_articles_are_named() -> None:
    found = excerpt(
        "One.\n\nTwo. Three.", ((6, 10),), date=dt.date(2024, 5, 3), url="https://a.org"
    )
    refused = replace(
        answer(found, excerpt("Four."), answered=False),
        near=(Source("jays.md", "Jays"), Source("ravens.md", "Ravens")),
    )
    message = views.unanswered(refused, ENGLISH, number=7)
    assert message.text == (
        "The articles do not answer this.\n\n"
        "Closest, but not an answer:\nTwo.\n[1] On corvids · May 3, 2024 · paragraph 5\n\n"
        "• Jays\n• Ravens\n\n"
        "Say “more” for the closest excerpts."
    )
    assert buttons(message) == [[("Show closest excerpts", Press(Action.ANSWER, 7, 3))]]


def test_what_may_answer_is_quoted_as_a_whole_and_said_to_be_no_more() -> None:
    may = replace(answer(excerpt("One. Two.", ((5, 9),)), answered=False), perhaps=True)
    message = views.unanswered(may, ENGLISH, number=7)
    assert message.text.startswith("Perhaps this answers it:\nOne. Two.\n[1] On corvids")
    assert under(message, "bold") == ["Two."]
    closest = views.closest(may, ENGLISH, number=7)
    assert closest.text.startswith("Perhaps one of these answers it:")
    several = views.several([may, may], ENGLISH, number=7, asked=2)
    assert "do not answer" not in several.text
    assert several.text.count("Perhaps this answers it:") == 2
    assert [flaws(one) for one in (message, closest, several)] == [[], [], []]


def test_without_anything_close_it_is_one_sentence() -> None:
    message = views.unanswered(answer(answered=False), ENGLISH, number=7)
    assert message == Message("The articles do not answer this.")


def test_a_reason_without_words_says_so() -> None:
    apart = replace(
        REASON, terms=(QueryTerm("tides", "tides", 1.0, None),), dense=Stage(9, -0.1), lexical=None
    )
    message = explained(answer(excerpt()), apart)
    assert "None of your words stands in it" in message.text
    assert "These do not" not in message.text


def test_a_reason_names_missing_words_and_what_comes_close_to_them() -> None:
    pairs = [
        *REASON.pairs,
        WordMatch("?", 9, ".", 9, 0.8, 0.1, telling=False),
        WordMatch("hold", 3, "keep", 4, 0.6, 0.1, telling=True),
        WordMatch("Hold", 8, "kept", 9, 0.5, 0.1, telling=True),
        *(WordMatch(f"word{n}", 9, "other", 9, 0.4, 0.1, telling=True) for n in range(3)),
    ]
    terms = (*REASON.terms, QueryTerm("hold", "hold", 0.4, None))
    message = explained(answer(excerpt()), replace(REASON, terms=terms, pairs=tuple(pairs)))
    lines = message.text.split("\n")
    assert "These do not: hold" in lines
    assert "Close in meaning: hold → keep, word0 → other, word1 → other" in lines


def test_reasons_beyond_the_limit_are_left_out() -> None:
    terms = tuple(QueryTerm(f"word{n}", f"word{n}", 0.5, TermPlace.EXCERPT) for n in range(99))
    long = replace(REASON, terms=terms)
    message = explained(answer(*[excerpt()] * 20), *[long] * 20, shown=20)
    assert "[5]" in message.text
    assert "[20]" not in message.text
    assert flaws(message) == []


def test_a_notice_keeps_its_lines_and_fits() -> None:
    said = views.notice("Ask @me,\nnot more than 9 words.\n\nThen: x.org ")
    assert said.text == "Ask @\u2060me,\nnot more than 9 words.\n\nThen: x.\u2060org"
    assert flaws(views.notice("x.org " * 2_000)) == []


shown = st.none() | st.integers(1, 99)


@few
@given(answers(least=1), numbers, shown, st.booleans(), st.booleans())
def test_whatever_the_articles_hold_an_answer_is_valid(
    one: Answer, number: int, shown: int | None, more: bool, preview: bool
) -> None:
    message = views.answer(one, ENGLISH, number=number, shown=shown, more=more, preview=preview)
    assert flaws(message) == []


@few
@given(answers(answered=False), numbers, st.integers(1, 99))
def test_whatever_the_articles_hold_no_answer_is_valid(
    one: Answer, number: int, shown: int
) -> None:
    assert flaws(views.unanswered(one, ENGLISH, number=number)) == []
    assert flaws(views.closest(one, ENGLISH, number=number, shown=shown)) == []


@few
@given(answers(), st.lists(reasons, max_size=4), numbers)
def test_whatever_was_asked_its_reasons_are_valid(
    one: Answer, given: list[Explanation], number: int
) -> None:
    message = views.why(one, given, ENGLISH, number=number, shown=4, threshold=0.5)
    assert flaws(message) == []


@unhurried
@given(texts)
def test_whatever_a_notice_repeats_it_is_valid(text: str) -> None:
    assert flaws(views.notice(f"You wrote {text}.")) == []


def posted(card: InlineQueryResultArticle) -> Message:
    content = card.input_message_content
    assert isinstance(content, InputTextMessageContent)
    assert content.link_preview_options == LinkPreviewOptions(is_disabled=True)
    entities = (Entity(one.type, one.offset, one.length, one.url) for one in content.entities)
    return Message(content.message_text, tuple(entities))


def test_a_card_is_named_by_its_place() -> None:
    found = [excerpt(), excerpt(start=9), excerpt(path="other.md")]
    names = [card.id for card in views.cards(answer(*found), ENGLISH)]
    assert len(set(names)) == 3
    assert names == [card.id for card in views.cards(answer(*found, understood="Else?"), ENGLISH)]


@few
@given(answers(answered=True) | answers(answered=False))
def test_whatever_the_articles_hold_the_cards_are_valid(one: Answer) -> None:
    for card in views.cards(one, ENGLISH):
        assert flaws(posted(card)) == []
        assert 1 <= len(card.id.encode()) <= 64
        assert card.title.strip()
        assert units(card.title) <= 250
        assert units(card.description or "") <= 200


@pytest.mark.parametrize("button", [{}, {"press": Press(Action.WHY, 7, 2), "url": "https://a.org"}])
def test_a_button_does_one_thing(button: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'Why': wanted either a press or a URL"):
        Button("Why", **button)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_message_looks_as_it_did(name: str, code: str) -> None:
    file, drawn = golden(name, code)
    assert drawn == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {golden(*case)[0].name for case in CASES}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in SPECIMENS if "card" not in name])
def test_a_message_is_valid_in_every_language(name: str, code: str) -> None:
    found = flaws(SPECIMENS[name](LANGUAGES[code]))
    if name == "help":
        # Its commands, and the bot that a group is to mention, can be pressed.
        found = [
            flaw for flaw in found if "bot_command" not in flaw and "@emulated_bot" not in flaw
        ]
    assert found == []
