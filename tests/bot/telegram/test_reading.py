from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import Span
from bot.telegram.views import reading, text
from bot.telegram.views.message import TEXT_UNITS, Action, Message, Press
from retrieval.chunking import split_sentences
from retrieval.types import Article, Excerpt, Source

from .emulator import detected, units
from .samples import (
    ENGLISH,
    articles,
    excerpt,
    excerpts,
    few,
    flaws,
    numbers,
    plain,
    sources,
    texts,
    under,
    unhurried,
)

BEFORE = "Crows live in groups. They share what they know."
OWN = "Crows recognise faces. They hold grudges for years. So do magpies. Jays do not."
ARTICLE = f"Opening.\n\n{BEFORE}\n\n{OWN}\n\nMagpies\n\nMagpies know mirrors.\n\nThe end."
PRESS = Press(Action.ARTICLE, 7, 2, 1)


def in_article(
    sentences: str, whole: str = ARTICLE, highlights: tuple[tuple[int, int], ...] = ()
) -> Excerpt:
    return excerpt(sentences, highlights, paragraph=3, start=whole.index(sentences))


def context(one: Excerpt, whole: str = ARTICLE, citation: int = 1, citations: int = 1) -> Message:
    article = Article(one.source, whole, headings=(whole.find("Magpies\n"),))
    return reading.context(
        article, one, ENGLISH, number=7, shown=2, citation=citation, citations=citations
    )


def page_of(
    one: Article, page: int | None = 0, back: Press | None = None, marked: Span | None = None
) -> Message:
    return reading.article(
        one,
        ENGLISH,
        page=page,
        back=back,
        press=lambda page: Press(Action.READ, page=page),
        marked=marked,
    )


def listed(found: list[Source], page: int = 0) -> Message:
    return reading.sources(
        found,
        ENGLISH,
        page=page,
        link=lambda one: f"https://t.me/emulated_bot?start={one.path[:9]}",
    )


def labels(message: Message) -> list[list[str]]:
    return [[button.text for button in row] for row in message.buttons]


def presses(message: Message) -> list[Press | None]:
    return [button.press for row in message.buttons for button in row]


def test_all_of_an_excerpt_is_bold_if_no_sentence_is_best() -> None:
    assert under(context(in_article("So do magpies.")), "bold") == ["So do magpies."]


def test_the_first_and_the_last_paragraph_have_one_neighbour() -> None:
    assert context(in_article("Opening.")).text.startswith("Opening.\n\nCrows live")
    assert context(in_article("The end.")).text.startswith(
        "Magpies know mirrors.\n\nThe end.\n\n[1]"
    )


def test_a_neighbour_that_shows_nothing_is_left_out() -> None:
    """One of control characters alone is a paragraph, yet Telegram shows nothing of it."""
    message = context(in_article("The end."), f"{ARTICLE}\n\n\b\n\nJays.")
    assert message.text.startswith("Magpies know mirrors.\n\nThe end.\n\nJays.\n\n[1]")


def test_citations_can_be_switched() -> None:
    message = context(in_article("So do magpies."), citation=2, citations=3)
    assert labels(message) == [["1", "· 2 ·", "3"], ["‹ Back"]]
    assert presses(message)[2] == Press(Action.CONTEXT, 7, 2, 3)
    assert list(map(len, context(in_article("The end."), citations=10).buttons)) == [8, 2, 1]


def test_an_excerpt_that_has_moved_is_found() -> None:
    message = context(in_article("So do magpies."), f"News.\n\n{ARTICLE}")
    assert under(message, "blockquote") == [OWN]


def test_an_excerpt_that_is_gone_is_shown_alone() -> None:
    message = context(in_article("So do magpies."), "Rewritten.")
    assert message.text == "So do magpies.\n\n[1] On corvids · paragraph 3"


def test_long_paragraphs_are_cut_around_the_excerpt() -> None:
    filler = "Some words fill this sentence. " * 200
    whole = f"{filler.strip()}\n\n{filler}Crows hold grudges. {filler.strip()}\n\n{filler.strip()}"
    message = context(in_article("Crows hold grudges.", whole), whole)
    before, own, after, _ = message.text.split("\n\n")
    assert before.startswith("… Some words")
    assert before.endswith("sentence.")
    assert re.fullmatch(r"… Some .* sentence\. Crows hold grudges\. Some .* sentence\. …", own)
    assert own.index("Crows") == pytest.approx(len(own) / 2, rel=0.1)
    assert after.endswith("sentence. …")
    assert 3_000 < units(message.text) < TEXT_UNITS
    assert under(message, "bold") == ["Crows hold grudges."]


def test_an_article_without_an_address_or_a_way_back_has_no_buttons() -> None:
    message = page_of(Article(Source("a.md", "On corvids"), "One."))
    assert message == Message("On corvids\n\nOne.", message.entities)
    assert under(message, "bold") == ["On corvids"]


@pytest.mark.parametrize(
    ("page", "turning", "said"),
    [(-1, ["▶"], "1"), (0, ["▶"], "1"), (1, ["◀", "▶"], "2"), (2, ["◀"], "3"), (9, ["◀"], "3")],
)
def test_pages_are_turned(page: int, turning: list[str], said: str) -> None:
    message = page_of(Article(Source("a.md", "Long"), "A sentence of words. " * 400), page)
    assert labels(message) == [turning]
    assert message.text.endswith(f"\n\npage {said} of 3")
    to = {"◀": int(said) - 2, "▶": int(said)}
    assert presses(message) == [Press(Action.READ, page=to[label]) for label in turning]


def test_pages_end_where_paragraphs_do() -> None:
    paragraph = "Some words fill this sentence. " * 40
    found = reading.pages("\n\n".join([paragraph.strip()] * 5))
    assert [page.text.count("\n\n") + 1 for page in found] == [2, 2, 1]


def test_what_is_cited_is_bold_in_its_paragraph_on_its_page() -> None:
    filler = "Some words  fill this sentence. " * 80
    whole = "\n\n".join([filler.strip(), filler.strip(), f"Rooks rest. {OWN}", filler.strip()])
    start = whole.index("They hold")
    marked = start, whole.index(" So do")
    for page, number in ((None, "2"), (1, "2")):
        message = page_of(Article(Source("a.md", "Crows"), whole), page, marked=marked)
        assert message.text.endswith(f"page {number} of 3")
        assert under(message, "blockquote") == [f"Rooks rest. {OWN}"]
        assert under(message, "bold") == ["Crows", "They hold grudges for years."]
    for page, cited in ((0, marked), (None, None)):
        message = page_of(Article(Source("a.md", "Crows"), whole), page, marked=cited)
        assert message.text.endswith("page 1 of 3")
        assert under(message, "blockquote") == []


def test_articles_are_listed_the_newest_first() -> None:
    found = [
        Source("b.md", "Bees"),
        Source("a.md", "ants"),
        Source("o.md", "Older", dt.date(2023, 1, 2)),
        Source("n.md", "Newer", dt.date(2024, 5, 3), "https://a.org"),
    ]
    message = listed(found)
    assert message.text == (
        "4 articles\n\n• Newer · May 3, 2024\n• Older · Jan 2, 2023\n• ants\n• Bees"
    )
    assert under(message, "text_link") == ["Newer", "Older", "ants", "Bees"]
    assert message.entities[1].url == "https://t.me/emulated_bot?start=n.md"
    assert message.buttons == ()


def test_a_long_list_has_pages() -> None:
    found = [Source(f"{n}.md", f"Article {n:02}") for n in range(23)]
    assert labels(listed(found)) == [["▶"]]
    assert presses(listed(found, 1)) == [
        Press(Action.SOURCES, page=0),
        Press(Action.SOURCES, page=2),
    ]
    last = listed(found, 99)
    assert last.text == ("23 articles\n\n• Article 20\n• Article 21\n• Article 22\n\npage 3 of 3")


def test_an_empty_list_says_so() -> None:
    assert listed([]) == Message("There are no articles yet.")


@unhurried
@given(excerpts(), texts, texts, texts, st.integers(1, 10), numbers)
def test_the_context_of_anything_is_valid_and_holds_the_excerpt(
    one: Excerpt, before: str, same: str, after: str, citations: int, number: int
) -> None:
    start = len(f"{before}\n\n{same} ")
    moved = Excerpt(
        one.source, 2, start, start + len(one.text), one.text, one.highlights, one.score
    )
    whole = f"{before}\n\n{same} {one.text} {same}\n\n{after}"
    article = Article(one.source, whole, headings=(whole.rfind("\n") + 1,))
    message = reading.context(
        article, moved, ENGLISH, number=number, shown=citations, citation=1, citations=citations
    )
    assert flaws(message) == []
    words = plain(text.safe(one.text))
    if units(text.safe(one.text)) < 3_000:
        assert words in plain(message.text)


@unhurried
@given(articles, st.none() | st.integers(-1, 5), numbers, st.tuples(numbers, numbers))
def test_any_article_is_shown_validly(
    one: Article, page: int | None, number: int, ends: tuple[int, int]
) -> None:
    start, end = sorted(each % (len(one.text) + 1) for each in ends)
    message = reading.article(
        one,
        ENGLISH,
        page=page,
        press=lambda page: Press(Action.ARTICLE, number, 9, 9, page),
        back=Press(Action.ANSWER, number, 9),
        marked=(start, end),
    )
    assert flaws(message) == []


@unhurried
@given(texts, st.tuples(numbers, numbers))
def test_pages_hold_all_of_an_article_in_order(whole: str, ends: tuple[int, int]) -> None:
    start, end = sorted(each % (len(whole) + 1) for each in ends)
    found = [page.text for page in reading.pages(whole, (start, end))]
    assert found == [page.text for page in reading.pages(whole)]
    assert plain("".join(found)).replace(" ", "") == plain(text.safe(whole)).replace(" ", "")
    for page in found:
        assert units(page) <= TEXT_UNITS * 3 // 4 + 100
        assert page == page.strip()
        assert not list(detected(page, []))


@given(st.lists(st.sampled_from(["Crows hold grudges.", "Rooks do not!", "Why?"]), max_size=600))
def test_pages_part_no_sentence(sentences: list[str]) -> None:
    found = reading.pages(" ".join(sentences))
    parts = [one for page in found for one in split_sentences(page.text, "en")]
    assert len(parts) == len(sentences)


@few
@given(st.lists(sources(), max_size=25), st.integers(-1, 4))
def test_any_list_of_articles_is_valid(found: list[Source], page: int) -> None:
    assert flaws(listed(found, page)) == []
