"""Values for the tests of messages, drawn by hand or by Hypothesis, and what is wrong with them."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.answers import Answer
from bot.languages import LANGUAGES
from bot.telegram.views.message import Message
from retrieval.questions.spelling import Correction
from retrieval.search.explain import Explanation, QueryTerm, TermPlace, WordMatch
from retrieval.types import Article, Excerpt, Source, Stage

from .emulator import cut, detected, violations

ENGLISH = LANGUAGES["en"]
TEXT = "Crows recognise faces. They hold grudges for years. So do magpies."

# The first draw reads Unicode tables, which takes its time on a busy machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(unhurried, max_examples=40)
"""For what is slow to draw."""


def excerpt(
    text: str = TEXT,
    highlights: tuple[tuple[int, int], ...] = (),
    paragraph: int = 4,
    start: int = 0,
    score: float = 1.0,
    **source: Any,  # noqa: ANN401 - any field of a source
) -> Excerpt:
    fields = {"path": "corvids.md", "title": "On corvids", **source}
    return Excerpt(Source(**fields), paragraph, start, start + len(text), text, highlights, score)


def answer(*excerpts: Excerpt, answered: bool = True, understood: str | None = None) -> Answer:
    return Answer("What is a corvid?", excerpts, answered, 0.9, 1, 2.5, understood)


def under(message: Message, *types: str) -> list[str]:
    """Return the texts under the entities of these types."""
    return [
        cut(message.text, entity.offset, entity.length)
        for entity in message.entities
        if entity.type in types
    ]


def flaws(message: Message) -> list[str]:
    """Return what Telegram would refuse or change, or make links of."""
    entities = [entity.to_dict() for entity in message.entities]
    found = [*violations(message.text, entities), *map(str, detected(message.text, entities))]
    if message.text != message.text.strip():
        found.append("white space at an end")
    if sum(map(len, message.buttons)) > 100:
        found.append("too many buttons")
    for row in message.buttons:
        if not 1 <= len(row) <= 8:
            found.append(f"a row of {len(row)} buttons")
        for button in row:
            if not button.text.strip():
                found.append("a button without text")
            if button.press and not 1 <= len(button.press.encode().encode()) <= 64:
                found.append(f"callback data too long: {button.press}")
    return found


def plain(text: str) -> str:
    """Return the words of a text as it was before it was made harmless."""
    for mark in "\u2060\u2068\u2069":
        text = text.replace(mark, "")
    return " ".join(text.split())


_words = st.text() | st.sampled_from(
    [
        *("@name", "#tag", "a.org", "http://", "/cmd", "x/cmd/", "$USD", "1.2.3.4"),
        *("🐦‍⬛", "e\u0301", "\u202e", "\u2067", "עברית", "عربي", "\u200b", "\x00", "\ud800"),
        *(" ", "\n", "\n\n", ".", ". ", "a" * 200, "🎼" * 100, "\u0301" * 90, "{n}"),
    ]
)
texts = st.lists(_words, max_size=30).map("".join) | st.lists(_words, max_size=9).map(
    lambda parts: "".join(parts) * 60
)
urls = st.none() | st.just("https://a.org/x") | st.text() | st.text().map("http://".__add__)
numbers = st.integers(0, 10**9 - 1)
languages = st.just(ENGLISH)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    return Source(
        path=draw(st.sampled_from(["a.md", "b.md", "folder/c.txt", "d.md"])),
        title=draw(texts.filter(bool)),
        date=draw(st.none() | st.dates()),
        url=draw(urls),
        author=draw(st.none() | texts),
    )


@st.composite
def excerpts(draw: st.DrawFn) -> Excerpt:
    text = draw(texts)
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(place, place).map(sorted), max_size=4))
    return Excerpt(
        source=draw(sources()),
        paragraph=draw(st.integers(1, 10**6)),
        start=0,
        end=len(text),
        text=text,
        highlights=tuple((start, end) for start, end in spans),
        score=draw(st.floats(0, 1)),
        page=draw(st.none() | st.integers(1, 10**6)),
    )


@st.composite
def answers(draw: st.DrawFn, *, least: int = 0, answered: bool = True) -> Answer:
    found = draw(st.lists(excerpts(), min_size=least, max_size=4))
    return Answer(
        question=draw(texts),
        excerpts=tuple(found),
        answered=answered,
        confidence=draw(st.floats(0, 1)),
        generation=draw(numbers),
        elapsed_ms=1.0,
        understood=draw(st.none() | texts),
        corrections=tuple(draw(st.lists(st.builds(Correction, texts, texts), max_size=3))),
    )


stages = st.builds(Stage, st.integers(1, 1_000), st.floats(-1, 100))
terms = st.builds(QueryTerm, texts, texts, st.floats(0, 1), st.none() | st.sampled_from(TermPlace))
pairs = st.builds(
    WordMatch, texts, numbers, texts, numbers, st.floats(-1, 1), st.floats(-1, 1), st.booleans()
)
reasons = st.builds(
    Explanation,
    terms=st.lists(terms, max_size=9).map(tuple),
    pairs=st.lists(pairs, max_size=9).map(tuple),
    dense=st.none() | stages,
    lexical=st.none() | stages,
    late=stages,
    rerank=st.none() | stages,
    fused=stages,
    boost=st.floats(0, 1),
    excerpt=st.floats(0, 1),
)
articles = st.builds(Article, sources(), texts)
