"""Headings: the paragraphs that a file says are headings, or else those that look like it.

A reader puts `HEADING` before a paragraph that its file calls a heading. Where a file says so of
none, as plain text cannot, short lines above longer paragraphs are taken for headings.
"""

from __future__ import annotations

import re

from retrieval.articles.tables import is_row
from retrieval.articles.text import clean
from retrieval.chunking import is_terminated, paragraphs_of

HEADING = "\x01"
"""Stands before a paragraph that is a heading; no article has this character in its text."""

# Longer lines are no headings where nobody says so, and a text below one is as long, or a sentence.
_LONGEST, _LEAST_TEXT = 80, 80

_BULLET = re.compile(r"[•‣▪◦●■*–—-] |\(?\d{1,3}\) |\(?[a-z][.)] ")
# Digits number a heading, or are those of a year; others are prices, hours and telephones.
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?:\.\d{1,2})*\.? |(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_DIGIT = re.compile(r"\d")


def marked(text: str) -> str:
    """Return a paragraph marked as a heading; one without text stays as it is."""
    return HEADING + text if text else text


def cleaned(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text as an `Article` promises it, and where in it the headings are."""
    parts: list[str] = []
    headings = []
    length = 0
    for number, piece in enumerate(f"\n{text}".split(f"\n{HEADING}")):
        if part := clean(piece):
            if number:
                headings.append(length)
            parts.append(part)
            length += len(part) + len("\n\n")
    return "\n\n".join(parts), tuple(headings)


def guessed(text: str, *, titled: bool) -> tuple[int, ...]:
    """Return where paragraphs begin that look like headings.

    They end as no sentence does, and stand above longer text. Several short lines below each other
    are a list.

    Args:
        text: The text of an article.
        titled: Whether its first line, if it is a paragraph, is its title.
    """
    found = []
    held: tuple[int, int] | None = None
    was_short = False
    for number, (start, end) in enumerate(paragraphs_of(text)):
        below = text[max(start, end - _LEAST_TEXT) : end]
        if held and (_is_text(below, held[1] - held[0]) or (titled and number == 1)):
            found.append(held[0])
        short = end - start <= _LONGEST and _is_short(below)
        held = (start, end) if short and not was_short else None
        was_short = short
    return tuple(found)


def _is_short(text: str) -> bool:
    """Whether a paragraph of few characters may be a heading."""
    if "\n" in text or is_row(text) or is_terminated(text):
        return False
    if _BULLET.match(text) or _DIGIT.search(_NUMBER.sub("", text)):
        return False
    return any(map(str.isalpha, text))


def _is_text(end: str, length: int) -> bool:
    """Whether a paragraph, of which this is the end, is a text below a heading of some length."""
    return len(end) >= _LEAST_TEXT or (len(end) > length and is_terminated(end))
