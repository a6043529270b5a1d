from __future__ import annotations

from hypothesis import given
from telegram import InlineQueryResultArticle, InputTextMessageContent, LinkPreviewOptions

from bot.answers import Answer
from bot.telegram.views.answers import cards
from bot.telegram.views.message import Message

from .emulator import units
from .samples import ENGLISH, answer, answers, excerpt, flaws, under, unhurried


def message(card: InlineQueryResultArticle) -> Message:
    content = card.input_message_content
    assert isinstance(content, InputTextMessageContent)
    assert content.link_preview_options == LinkPreviewOptions(is_disabled=True)
    return Message(content.message_text, tuple(content.entities))


def test_a_card_shows_its_best_sentence_and_posts_the_excerpt() -> None:
    (card,) = cards(answer(excerpt(highlights=((23, 51),), url="https://a.org")), ENGLISH)
    assert (card.title, card.description) == ("On corvids", "They hold grudges for years.")
    posted = message(card)
    assert posted.text == (
        "Crows recognise faces. They hold grudges for years. So do magpies.\n"
        "On corvids · paragraph 4"
    )
    assert under(posted, "bold") == ["They hold grudges for years."]
    assert under(posted, "text_link") == ["On corvids"]


def test_a_card_that_does_not_answer_says_so_before_and_after_it_is_posted() -> None:
    (card,) = cards(answer(excerpt("One."), answered=False), ENGLISH)
    assert card.title == "Closest, not an answer: On corvids"
    assert message(card).text == (
        "The articles do not answer “What is a corvid?”. This excerpt comes close:\n\n"
        "One.\nOn corvids · paragraph 4"
    )


def test_there_are_ten_cards_at_most_and_none_without_excerpts() -> None:
    assert len(cards(answer(*(excerpt(f"{n} is it.") for n in range(12))), ENGLISH)) == 10
    assert cards(answer(answered=False), ENGLISH) == []


def test_a_card_is_named_by_its_place() -> None:
    found = [excerpt(), excerpt(start=9), excerpt(path="other.md")]
    names = [card.id for card in cards(answer(*found), ENGLISH)]
    assert len(set(names)) == 3
    assert names == [card.id for card in cards(answer(*found, understood="Else?"), ENGLISH)]


@unhurried
@given(answers(answered=True) | answers(answered=False))
def test_whatever_the_articles_hold_the_cards_are_valid(one: Answer) -> None:
    for card in cards(one, ENGLISH):
        assert flaws(message(card)) == []
        assert 1 <= len(card.id.encode()) <= 64
        assert card.title.strip()
        assert units(card.title) <= 250
        assert units(card.description or "") <= 200
