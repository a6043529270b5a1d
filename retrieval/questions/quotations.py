"""Quotations: what a question has in quotation marks, to be found word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.languages import is_unspaced

# Straight, English, French and Russian, German and Ukrainian, Chinese and Japanese; single ones are
# apostrophes too, and a straight one behind a number is inches. The limit keeps a line of opening
# marks from costing its square.
_QUOTED = re.compile(
    r"(?<!\w)\"([^\"]{1,300})\"|“([^”]{1,300})”|«([^»]{1,300})»"
    r"|„([^“”]{1,300})[“”]|»([^«]{1,300})«|「([^」]{1,300})」|『([^』]{1,300})』|《([^》]{1,300})》"
)
_SPACE = re.compile(r"\s+")
_NOT_IN_WORD = re.compile(r"[\W_]")


def quoted_phrases(question: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the span of each phrase, quotation marks included, and the phrase as it is compared."""
    for match in _QUOTED.finditer(question):
        phrase = fold_phrase(match[match.lastindex or 0]).strip(" .,;:!?。，、；：！？")
        if phrase:
            yield match.span(), phrase


def without_quoted(question: str) -> str:
    """Return a question with blanks in place of what is in quotation marks, as long as it was."""
    return _QUOTED.sub(lambda match: " " * len(match[0]), question)


def fold_phrase(text: str) -> str:
    """Return a text as phrases are compared: case and white space do not count."""
    return _SPACE.sub(" ", text).casefold().strip()


def share_of_phrases(phrases: Sequence[str], text: str) -> float:
    """Return the share of folded phrases that stand in a text, 0 to 1.

    The last word may have an ending: languages that inflect quote a title's first form.
    """
    whole = fold_phrase(text)
    return sum(_has_phrase(phrase, whole) for phrase in phrases) / len(phrases) if phrases else 0.0


def _has_phrase(phrase: str, text: str) -> bool:
    """Whether a text has a phrase that begins where a word does: "part" does not have "art"."""
    at = text.find(phrase)
    begins = phrase[0].isalnum() and not is_unspaced(phrase[0])
    while at > 0 and begins and text[at - 1].isalnum():
        # On from the end of this word: a word of a million letters is passed in one step.
        end = _NOT_IN_WORD.search(text, at)
        at = text.find(phrase, end.start()) if end else -1
    return at >= 0
