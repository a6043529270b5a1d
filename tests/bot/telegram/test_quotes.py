"""Quotes of excerpts, and how their text is normalised, cut and kept from making links."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.telegram.views import text
from bot.telegram.views.message import Message
from bot.telegram.views.quotes import address, best_sentence, cited, named, quoted, titled
from retrieval.types import Excerpt, Source

from .emulator import detected, units
from .samples import ENGLISH, TEXT, excerpt, excerpts, flaws, plain, texts, under, unhurried

safe_texts = texts.map(text.safe)
rooms = st.integers(-5, 600)


def block(one: Excerpt, **options: Any) -> Message:  # noqa: ANN401
    return quoted(one, ENGLISH, citation=1, **options)


def test_offsets_count_utf_16_units_after_folding() -> None:
    words = "  🐦‍⬛ first\n\n\tthen   e\u0301tude 🎼.  عربي: ok.  "
    start = words.index("e\u0301tude")
    message = block(excerpt(words, ((start, words.index("  عربي")),), title="🎼 T"))
    assert under(message, "blockquote") == ["🐦‍⬛ first then e\u0301tude 🎼. عربي: ok."]
    assert under(message, "bold") == ["e\u0301tude 🎼."]
    assert flaws(message) == []


def test_rows_of_a_table_have_lines_of_their_own() -> None:
    rows = "Fares of\nold.\n\nGull | Single:  9\n\n\nTern | Single: 31"
    message = block(excerpt(rows, ((rows.index("Tern"), len(rows)),)))
    (quote,) = under(message, "blockquote")
    assert quote == "Fares of old.\nGull | Single: 9\nTern | Single: 31"
    assert under(message, "bold") == ["Tern | Single: 31"]
    assert flaws(message) == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "also in T0"), (3, "also in T0, T1, T2"), (5, "also in T0, T1, T2 (+2)")],
)
def test_other_articles_of_the_same_words_are_named(count: int, said: str) -> None:
    also = tuple(Source(f"{n}.md", f"T{n}") for n in range(count))
    message = block(replace(excerpt(), also=also))
    assert message.text.endswith(f" · paragraph 4 · {said}")
    assert flaws(message) == []


@pytest.mark.parametrize(
    ("page", "last", "place"),
    [
        (None, None, "paragraph 4"),
        (None, 5, "paragraphs 4–5"),
        (2, None, "page 2, paragraph 4"),
        (2, 5, "page 2, paragraphs 4–5"),
    ],
)
def test_the_place_has_the_page_and_all_paragraphs(
    page: int | None, last: int | None, place: str
) -> None:
    message = block(replace(excerpt(), page=page, last_paragraph=last))
    assert message.text.endswith(f"[1] On corvids · {place}")


def test_highlights_side_by_side_become_one() -> None:
    spans = ((23, 51), (0, 22), (10, 30))
    assert under(block(excerpt(highlights=spans)), "bold") == [TEXT[:51]]


def test_a_long_quote_can_be_expanded() -> None:
    for words, kind in ((80, "blockquote"), (81, "expandable_blockquote")):
        assert [one.type for one in block(excerpt("word " * words)).entities] == [kind]


def test_an_excerpt_that_is_too_long_is_cut_behind_a_sentence() -> None:
    words = "A sentence of six words here. " * 200
    message = block(excerpt(words, ((0, 29), (5_000, 5_020))), room=1_000)
    (quote,) = under(message, "expandable_blockquote")
    assert quote.endswith("words here. …")
    assert 960 < units(message.text) <= 1_000
    assert under(message, "bold") == ["A sentence of six words here."]
    assert flaws(message) == []


def test_a_bold_sentence_ends_where_the_quote_is_cut() -> None:
    message = block(excerpt("word " * 200, ((0, 999),)), room=200)
    (quote,) = under(message, "blockquote")
    assert under(message, "bold") == [quote.removesuffix(" …")]


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
    one = excerpt("Self-made, it is.", url=url)
    links = [entity.url for entity in block(one).entities if entity.type == "text_link"]
    assert links == ([expected] if expected else [])
    assert address(one.source) == (url if expected else None)
    assert flaws(block(one)) == []


def test_a_long_sentence_is_found_by_its_first_and_last_words() -> None:
    words = "One two three, four five six seven-eight nine ten & eleven."
    (link,) = block(excerpt(words, url="https://a.org")).entities[1:]
    assert link.url is not None
    fragment = link.url.partition("#:~:text=")[2]
    assert fragment == "One%20two%20three%2C%20four,nine%20ten%20%26%20eleven."
    assert list(map(unquote, fragment.split(","))) == ["One two three, four", "nine ten & eleven."]


@pytest.mark.parametrize(
    "words",
    [
        "Ask @somebody or (@some_body2), @everyone.",
        "Write to a.person@example.org or mailto:x@example.org.",
        "See https://example.org/x?y=z#t, http://10.0.0.1/ or example.com.",
        "See www.example.co.uk, 192.168.1.1:80 and tg://resolve?domain=x.",
        "Tap /start or /stop@emulated_bot; but and/or is nothing.",
        "#tag, #été_2024 and $USD.",
        "/start",
        "<b>bold</b> <a href='http://x.org'>x</a> *a* [x](http://x.org) `c` ||s||",
    ],
)
def test_links_mentions_and_markup_of_articles_come_out_as_text(words: str) -> None:
    message = block(excerpt(words, title=words))
    assert plain(message.text) == plain(f"{words}\n[1] {words} · paragraph 4")
    assert [entity.type for entity in message.entities] == [MessageEntity.BLOCKQUOTE]
    assert flaws(message) == []


def test_ordinary_text_is_left_as_it_is() -> None:
    words = "In 2024, 3.14 of 10:30; e.g. and/or 1/2, no. 5 at 50 % ... done. A # and an @ alone."
    assert block(excerpt(words)).text.startswith(words.replace("e.g", "e.\u2060g"))


def test_a_title_cannot_reorder_its_citation() -> None:
    overridden = titled(excerpt(title="\u202eOn \u2067corvids").source)
    assert overridden == "On corvids"
    assert titled(excerpt(title="عن الغربان").source) == "\u2068عن الغربان\u2069"


def test_an_article_whose_title_cannot_be_shown_is_called_by_its_path() -> None:
    assert titled(excerpt(title="\u202e \u2066").source) == "corvids.\u2060md"


def test_an_article_can_be_linked_to_another_address() -> None:
    source = excerpt(date=dt.date(2024, 5, 3), url="https://a.org").source
    message = named(source, ENGLISH, lambda _: "https://t.me/emulated_bot?start=x")
    assert message.text == "On corvids · May 3, 2024"
    assert [entity.url for entity in message.entities] == ["https://t.me/emulated_bot?start=x"]


def test_a_citation_links_to_the_address_of_its_article_or_else_into_the_chat() -> None:
    def linked(**source: Any) -> list[str | None]:  # noqa: ANN401
        message = cited(excerpt(**source), ENGLISH, link=lambda one: f"https://t.me/{one.path}")
        return [entity.url for entity in message.entities]

    assert linked() == ["https://t.me/corvids.md-0-66"]
    (url,) = linked(url="https://a.org")
    assert str(url).startswith("https://a.org#:~:text=")
    assert linked(url="ftp://a.org") == ["https://t.me/corvids.md-0-66"]


@unhurried
@given(excerpts())
def test_what_is_bold_is_what_was_highlighted(found: Excerpt) -> None:
    message = block(found)
    bold = "".join(map(plain, under(message, "bold"))).replace(" ", "")
    marked = {place for start, end in found.highlights for place in range(start, end)}
    letters = "".join(found.text[place] for place in sorted(marked))
    expected = plain(best_sentence(excerpt(letters))).replace(" ", "")
    assert expected.startswith(bold)
    if len(found.text) < 1_000:
        assert bold == expected


@unhurried
@given(excerpts())
def test_whatever_an_article_holds_its_quote_is_valid(found: Excerpt) -> None:
    message = block(found)
    assert flaws(message) == []
    words = plain(best_sentence(excerpt(found.text)))
    for quote in under(message, "blockquote", "expandable_blockquote"):
        assert plain(quote) == words or words.startswith(plain(quote.removesuffix(" …")))


def test_what_reorders_text_is_dropped_and_the_spans_follow() -> None:
    normalised, spans = text.normalised("a \u202egrid\u202c  \ud800b", ((3, 7), (11, 12)))
    assert normalised == "a grid b"
    assert [normalised[start:end] for start, end in spans] == ["grid", "b"]


def test_a_title_from_right_to_left_is_isolated() -> None:
    assert text.one_line("שלום עולם", 50) == "\u2068שלום עולם\u2069"
    assert text.one_line("שלום " * 20, 20).endswith(" …\u2069")
    assert text.one_line("Left to right", 50) == "Left to right"


def test_a_sentence_that_ends_late_is_kept_whole() -> None:
    assert text.shortened("One two. Three four. Five six seven.", 30) == "One two. Three four. …"
    assert text.ending("One two three. Four five. Six.", 22) == "… Four five. Six."


def test_else_a_word_is_kept_whole() -> None:
    assert text.shortened("one two three four", 14) == "one two …"
    assert text.ending("one two three four", 15) == "… three four"


@pytest.mark.parametrize("character", ["👩‍👩‍👧‍👦", "e\u0301", "👍🏽", "鸦"])
def test_else_a_character_is_kept_whole(character: str) -> None:
    many = character * 40
    for room in range(2 * text.units(character) + 4, 60):
        start = text.shortened(many, room).removesuffix(" …")
        end = text.ending(many, room).removeprefix("… ")
        assert start.replace(character, "") == end.replace(character, "") == ""
        assert start
        assert end


def test_a_cut_at_the_start_lays_no_command_bare() -> None:
    for room in range(4, 40):
        assert not list(detected(text.ending(text.safe("x" * 30 + "/command/" * 3), room), []))


def test_a_text_is_cut_on_both_sides_of_what_must_stay() -> None:
    long = "First one here. Second one here. Third one here. Fourth one here. Fifth one here."
    start = long.index("Third")
    short, shift = text.around(long, start, start + 15, 60)
    assert short == "… Second one here. Third one here. Fourth one here. …"
    assert short[start + shift :].startswith("Third")


def test_what_needs_less_leaves_its_room_to_the_other_side() -> None:
    long = "Short. KeptAnswer. " + "Another sentence. " * 9
    assert text.around(long.strip(), 7, 12, 60)[0].count("Another sentence.") == 2


@unhurried
@given(safe_texts, rooms)
def test_cut_texts_keep_to_their_room(full: str, room: int) -> None:
    for short in (text.shortened(full, room), text.ending(full, room)):
        assert text.units(short) <= max(room, 0) or short == full
        assert not list(detected(short, []))
    assert full.startswith(text.shortened(full, room).removesuffix(" …").rstrip())


@unhurried
@given(safe_texts, st.integers(50, 600), st.data())
def test_what_must_stay_stays(full: str, room: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(full)))
    end = data.draw(st.integers(start, len(full)))
    short, shift = text.around(full, start, end, room)
    assert text.units(short) <= room
    if text.units(full[start:end]) <= room - 4:
        assert short[max(0, start + shift) :].startswith(full[start:end].rstrip())
    assert short.replace("…", "").strip() in full.replace("…", "") or "/" in short


@unhurried
@given(texts)
def test_harmless_text_stays_as_it_is(anything: str) -> None:
    once = text.safe(anything)
    assert text.safe(once) == once
    assert not list(detected(once, []))
    assert once == once.strip()


@unhurried
@given(texts, st.data())
def test_spans_cover_the_same_words_after_folding(anything: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(anything)))
    end = data.draw(st.integers(start, len(anything)))
    normalised, (span,) = text.normalised(anything, ((start, end),))
    (kept,) = text.within(normalised, (span,)) or ((0, 0),)
    assert normalised[slice(*kept)] == text.normalised(anything[start:end])[0]
