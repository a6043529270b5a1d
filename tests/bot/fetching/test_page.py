from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fetching.fetched_folder import compose_page, fetched_day
from retrieval.articles import parse
from retrieval.articles.text import clean, one_line
from retrieval.types import Article, Source

PATH = "fetched/example-org-bees-0123456789ab.txt"
URL = "https://example.org/bees"
DAY = "2026-01-02"

# What front matter, titles and paragraphs are made of.
PIECES = st.sampled_from(
    [
        "---", "...", "\n", "\n\n", "title: x", "Bees", "null", "~", '"', "'", "\\", "#", ": ", "[",
        "{", "\U0001f41d", "\uffff", "\x85", "é", "e\u0301", "\u200f", "word ", ".", "- ", "&a",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=5), min_size=1, max_size=12).map("".join)


def has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Draw an article as a reader hands it over."""
    line = TEXTS.map(one_line)
    title = draw(line.filter(has_words) | st.just(""))
    text = draw(TEXTS.map(clean).filter(has_words))
    if draw(st.booleans()) and title:
        text = f"{title}\n\n{text}"
    source = Source(
        path=PATH,
        title=title or "example org bees",
        date=draw(st.none() | st.dates(dt.date(1500, 1, 1), dt.date(2050, 12, 31))),
        url=URL,
        author=draw(line) or None,
        language=draw(st.sampled_from(["en", "no", "uk"])),
        tags=tuple(dict.fromkeys(filter(None, draw(st.lists(line, max_size=4))))),
    )
    return Article(source, clean(text), titled=bool(title))


@given(articles())
def test_what_is_written_reads_back_as_it_was(article: Article) -> None:
    data = compose_page(article, URL, DAY)
    [found] = parse(PATH, data)
    assert found.text == article.text
    source = article.source
    assert (found.source.date, found.source.url) == (source.date, URL)
    assert found.source.language == source.language
    nothing = ("null", "~")
    if article.titled and source.title not in nothing:
        assert found.source.title == source.title
    if source.author not in nothing:
        assert found.source.author == source.author
    assert found.source.tags == tuple(tag for tag in source.tags if tag not in nothing)
    assert fetched_day(data) == DAY
    assert compose_page(article, URL, DAY) == data


def test_however_long_the_tags_of_a_page_are_the_rest_can_be_read() -> None:
    source = Source(PATH, "Bees", url=URL, tags=tuple(f"{one} {'bee' * 200}" for one in range(40)))
    data = compose_page(Article(source, "They fly."), URL, DAY)
    [found] = parse(PATH, data)
    assert found.text == "They fly."
    assert 10 < len(found.source.tags) < 40


@pytest.mark.parametrize("title", ["null", "~", "NULL"])
def test_a_title_that_yaml_takes_for_none_is_left_out(title: str) -> None:
    article = Article(Source(PATH, title, url=URL), f"{title}\n\nThey fly.")
    [found] = parse(PATH, compose_page(article, URL, DAY))
    assert found.text == article.text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"They fly.",
        b"---\nurl: https://example.org\n---\n",
        b"---\nfetched: 2026-01-02\n---\n",
        b"---\nurl: https://example.org\nfetched: soon\n---\n",
        b"---\nurl: [https://example.org]\nfetched: 2026-01-02\n---\n",
    ],
)
def test_what_was_not_fetched_has_no_day(data: bytes) -> None:
    assert fetched_day(data) is None


def test_a_date_stands_as_a_day() -> None:
    source = Source(PATH, "Bees", date=dt.date(2024, 3, 5), url=URL)
    assert b"\ndate: 2024-03-05\n" in compose_page(Article(source, "They fly."), URL, DAY)
    undated = compose_page(Article(replace(source, date=None), "They fly."), URL, DAY)
    assert b"\ndate:" not in undated
