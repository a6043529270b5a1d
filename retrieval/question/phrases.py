"""Phrases that a question puts in quotation marks: they are wanted word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.words import is_unspaced

# Straight, English, French and Russian, German and Ukrainian; single ones are apostrophes too, and
# a straight one behind a number is inches. The limit keeps a line of opening marks from costing
# its square.
_QUOTED = re.compile(
    r"(?<!\w)\"([^\"]{1,300})\"|“([^”]{1,300})”|«([^»]{1,300})»"
    r"|„([^“”]{1,300})[“”]|»([^«]{1,300})«"
)
_SPACE = re.compile(r"\s+")


def quoted(question: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the span of each phrase, quotation marks included, and the phrase as it is compared."""
    for match in _QUOTED.finditer(question):
        phrase = folded(match[match.lastindex or 0]).strip(" .,;:!?")
        if phrase:
            yield match.span(), phrase


def folded(text: str) -> str:
    """Return a text as phrases are compared: case and white space do not count."""
    return _SPACE.sub(" ", text).casefold().strip()


def share(phrases: Sequence[str], text: str) -> float:
    """Return the share of folded phrases that stand in a text, 0 to 1.

    The last word may have an ending: languages that inflect quote a title's first form.
    """
    whole = folded(text)
    return sum(_stands(phrase, whole) for phrase in phrases) / len(phrases) if phrases else 0.0


def _stands(phrase: str, text: str) -> bool:
    """Whether a phrase begins where a word does, "art" not being in "part"."""
    at = text.find(phrase)
    while at > 0 and text[at - 1].isalnum() and phrase[0].isalnum() and not is_unspaced(phrase[0]):
        at = text.find(phrase, at + 1)
    return at >= 0
