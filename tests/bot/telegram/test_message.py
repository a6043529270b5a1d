from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.answers import Answer
from bot.telegram import Message, render
from bot.telegram.message import CLOSEST, ENTITIES, NO_ANSWER, TEXT_UNITS, notice
from retrieval.types import Excerpt, Source

from .emulator import cut, detected, units, violations

TEXT = "Crows recognise faces. They hold grudges for years. So do magpies."


def excerpt(
    text: str = TEXT,
    highlights: tuple[tuple[int, int], ...] = (),
    paragraph: int = 4,
    **source: Any,  # noqa: ANN401 - any field of a source
) -> Excerpt:
    fields = {"path": "corvids.md", "title": "On corvids", **source}
    return Excerpt(Source(**fields), paragraph, 0, len(text), text, highlights, 1.0)


def answer(*excerpts: Excerpt, answered: bool = True) -> Answer:
    return Answer("What is a corvid?", excerpts, answered, 0.9, 1, 2.5)


def under(message: Message, *types: str) -> list[str]:
    return [
        cut(message.text, entity.offset, entity.length)
        for entity in message.entities
        if entity.type in types
    ]


def flaws(message: Message) -> list[str]:
    entities = [entity.to_dict() for entity in message.entities]
    return [*violations(message.text, entities), *map(str, detected(message.text, entities))]


def plain(text: str) -> str:
    return " ".join(text.replace("\u2060", "").split())


def test_an_excerpt_is_quoted_with_its_best_sentence_bold_and_cited() -> None:
    source: dict[str, Any] = {"date": dt.date(2024, 5, 3), "url": "https://example.org/corvids"}
    message = render(answer(excerpt(highlights=((23, 51),), **source)))
    assert message.text == f"{TEXT}\n[1] On corvids · 2024-05-03 · paragraph 4"
    quote, bold, link = message.entities
    assert (quote.type, quote.offset, quote.length) == ("blockquote", 0, len(TEXT))
    assert under(message, "bold") == ["They hold grudges for years."]
    assert under(message, "text_link") == ["On corvids"]
    assert bold.type == "bold"
    assert link.url == ("https://example.org/corvids#:~:text=They%20hold%20grudges%20for%20years.")
    assert flaws(message) == []


def test_excerpts_follow_each_other_with_their_numbers() -> None:
    message = render(answer(excerpt("One."), excerpt("Two.", paragraph=1, title="Other")))
    assert message.text == "One.\n[1] On corvids · paragraph 4\n\nTwo.\n[2] Other · paragraph 1"
    assert under(message, "blockquote") == ["One.", "Two."]
    assert flaws(message) == []


def test_without_an_answer_the_closest_excerpts_are_marked_as_such() -> None:
    message = render(answer(excerpt("One."), answered=False))
    assert message.text == f"{NO_ANSWER}\n\n{CLOSEST}\n\nOne.\n[1] On corvids · paragraph 4"
    assert under(message, "blockquote") == ["One."]
    assert flaws(message) == []


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_to_show_is_said_in_one_sentence(answered: bool) -> None:
    assert render(answer(answered=answered)) == Message(NO_ANSWER)


def test_offsets_count_utf_16_units_after_folding() -> None:
    text = "  🐦‍⬛ first\n\n\tthen   e\u0301tude 🎼.  عربي: ok.  "
    start = text.index("e\u0301tude")
    message = render(answer(excerpt(text, ((start, text.index("  عربي")),), title="🎼 T")))
    assert under(message, "blockquote") == ["🐦‍⬛ first then e\u0301tude 🎼. عربي: ok."]
    assert under(message, "bold") == ["e\u0301tude 🎼."]
    assert flaws(message) == []


def test_highlights_side_by_side_become_one() -> None:
    spans = ((23, 51), (0, 22), (10, 30))
    assert under(render(answer(excerpt(highlights=spans))), "bold") == [TEXT[:51]]


def test_a_long_quote_can_be_expanded() -> None:
    short, long = excerpt("word " * 80), excerpt("word " * 81)
    message = render(answer(short, long))
    assert [e.type for e in message.entities] == ["blockquote", "expandable_blockquote"]


def test_whole_excerpts_are_left_out_from_the_end() -> None:
    texts = [f"Excerpt {number}: " + "word " * 300 for number in range(1, 5)]
    message = render(answer(*map(excerpt, texts)))
    assert list(map(plain, under(message, "expandable_blockquote"))) == list(map(plain, texts[:2]))
    assert "[3]" not in message.text


def test_many_excerpts_stay_within_the_number_of_entities() -> None:
    many = [excerpt("a b", ((0, 1),), url="http://a.org") for _ in range(60)]
    message = render(answer(*many))
    assert ENTITIES - 3 < len(message.entities) <= ENTITIES
    assert flaws(message) == []


def test_long_addresses_stay_within_the_size_of_entities() -> None:
    many = [excerpt(url=f"http://a.org/{number}/" + "x" * 1_900) for number in range(8)]
    message = render(answer(*many))
    assert len(under(message, "text_link")) == 4
    assert flaws(message) == []


def test_a_first_excerpt_that_is_too_long_is_cut_behind_a_sentence() -> None:
    text = "A sentence of six words here. " * 200
    message = render(answer(excerpt(text, ((0, 29), (5_000, 5_020))), excerpt(), answered=False))
    (quote,) = under(message, "expandable_blockquote")
    assert quote.endswith("words here. …")
    assert TEXT_UNITS - 40 < units(message.text) <= TEXT_UNITS
    assert under(message, "bold") == ["A sentence of six words here."]
    assert flaws(message) == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("word " * 2_000, "word …"),
        ("👩‍👩‍👧‍👦" * 1_000, "👩‍👩‍👧‍👦 …"),
        ("e\u0301" * 4_000, "e\u0301 …"),
        ("鸦科鸟类能认人脸。" * 900, "脸。 …"),
    ],
)
def test_a_cut_parts_no_word_and_no_character(text: str, ends: str) -> None:
    message = render(answer(excerpt(text)))
    (quote,) = under(message, "expandable_blockquote")
    assert quote.endswith(ends)
    assert text.startswith(quote.removesuffix(" …"))
    assert flaws(message) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.org/x#part", "https://a.org/x#part"),
        ("HTTP://a.org/?q=1", "HTTP://a.org/?q=1#:~:text=Self%2Dmade%2C%20it%20is."),
        ("javascript:alert(1)", None),
        ("tg://user?id=1", None),
        ("https://localhost/x", None),
        ("https://[broken", None),
        ("https://a.org/x y", None),
        ("https://a.org/\n", None),
        ("not a url", None),
        ("", None),
        ("https://a.org/" + "x" * 2_000, None),
    ],
)
def test_only_addresses_that_telegram_takes_become_links(url: str, expected: str | None) -> None:
    message = render(answer(excerpt("Self-made, it is.", url=url)))
    links = [entity.url for entity in message.entities if entity.type == "text_link"]
    assert links == ([expected] if expected else [])
    assert flaws(message) == []


def test_a_long_sentence_is_found_by_its_first_and_last_words() -> None:
    text = "One two three, four five six seven-eight nine ten & eleven."
    (link,) = render(answer(excerpt(text, url="https://a.org"))).entities[1:]
    assert link.url is not None
    fragment = link.url.partition("#:~:text=")[2]
    assert fragment == "One%20two%20three%2C%20four,nine%20ten%20%26%20eleven."
    assert list(map(unquote, fragment.split(","))) == [
        "One two three, four",
        "nine ten & eleven.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ask @somebody or (@some_body2).",
        "Write to a.person@example.org or mailto:x@example.org.",
        "See https://example.org/x?y=z#t, http://10.0.0.1/ or example.com.",
        "See www.example.co.uk, 192.168.1.1:80 and tg://resolve?domain=x.",
        "Tap /start or /stop@emulated_bot; but and/or is nothing.",
        "#tag, #été_2024 and $USD.",
        "/start",
        "<b>bold</b> <a href='http://x.org'>x</a> *a* [x](http://x.org) `c` ||s||",
    ],
)
def test_links_mentions_and_markup_of_articles_come_out_as_text(text: str) -> None:
    message = render(answer(excerpt(text, title=text)))
    assert plain(message.text) == plain(f"{text}\n[1] {text} · paragraph 4")
    assert [entity.type for entity in message.entities] == [MessageEntity.BLOCKQUOTE]
    assert flaws(message) == []


def test_ordinary_text_is_left_as_it_is() -> None:
    text = "In 2024, 3.14 of 10:30; e.g. and/or 1/2, no. 5 at 50 % ... done. A # and an @ alone."
    assert render(answer(excerpt(text))).text.startswith(text.replace("e.g", "e.\u2060g"))


def test_a_notice_is_text_and_fits() -> None:
    assert (
        plain(notice("Ask @me, not more than 9 words.").text) == "Ask @me, not more than 9 words."
    )
    message = notice("x.org " * 2_000)
    assert flaws(message) == []


words = st.text() | st.sampled_from(
    [
        "@name",
        "#tag",
        "a.org",
        "http://",
        "/cmd",
        "$USD",
        "🐦‍⬛",
        "e\u0301",
        "\u202e",
        " ",
        "\n",
        ".",
    ]
)
texts = st.lists(words, max_size=30).map("".join) | st.lists(words, max_size=9).map(
    lambda parts: "".join(parts) * 200
)


# The first draw reads Unicode tables, which takes its time on a busy machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def excerpts(draw: st.DrawFn) -> Excerpt:
    text = draw(texts)
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(place, place).map(sorted), max_size=4))
    return excerpt(
        text,
        tuple((start, end) for start, end in spans),
        paragraph=draw(st.integers(1, 10**6)),
        title=draw(texts.filter(bool)),
        date=draw(st.none() | st.dates()),
        url=draw(
            st.none() | st.just("https://a.org/x") | st.text() | st.text().map("http://".__add__)
        ),
    )


@unhurried
@given(st.lists(excerpts(), max_size=4), st.booleans())
def test_whatever_the_articles_hold_the_message_is_valid(
    found: list[Excerpt], answered: bool
) -> None:
    message = render(answer(*found, answered=answered))
    assert flaws(message) == []
    quotes = under(message, "blockquote", "expandable_blockquote")
    folded = [text for one in found if (text := plain(one.text))]
    for quote, text in zip(quotes, folded, strict=False):
        if plain(quote) != text:
            assert quote == quotes[0]
            assert text.startswith(plain(quote.removesuffix(" …")))


@unhurried
@given(excerpts())
def test_what_is_bold_is_what_was_highlighted(found: Excerpt) -> None:
    message = render(answer(found))
    bold = "".join(map(plain, under(message, "bold"))).replace(" ", "")
    marked = {place for start, end in found.highlights for place in range(start, end)}
    expected = plain("".join(found.text[place] for place in sorted(marked))).replace(" ", "")
    assert expected.startswith(bold)
    if len(found.text) < 1_000:
        assert bold == expected
