"""Preferences: what a question asks for beyond its words, dates and phrases word for word."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.chunking import passage
from retrieval.languages import is_unspaced
from retrieval.search.dates import DatePreference, date_preference, match_dates
from retrieval.types import Hit, Source

# Added to scores from 0 to 1: what matches clearly better still wins. More for phrases put wrong
# articles first, for a title in quotation marks is named in others too.
_DATE, _PHRASE = 0.15, 0.15
# Straight, English, French and Russian, German and Ukrainian, Chinese and Japanese; single ones are
# apostrophes too, and a straight one behind a number is inches. The limit keeps a line of opening
# marks from costing its square.
_QUOTED = re.compile(
    r"(?<!\w)\"([^\"]{1,300})\"|“([^”]{1,300})”|«([^»]{1,300})»"
    r"|„([^“”]{1,300})[“”]|»([^«]{1,300})«|「([^」]{1,300})」|『([^』]{1,300})』|《([^》]{1,300})》"
)
_SPACE = re.compile(r"\s+")
_NOT_IN_WORD = re.compile(r"[\W_]")
# A question quotes one or two. Each is looked for in a hundred passages.
_MOST_PHRASES = 5


@dataclass(frozen=True, slots=True)
class Preferences:
    """The dates and phrases that a question prefers; false if there are none.

    Attributes:
        phrases: Phrases in quotation marks, as `quoted_phrases` yields them, the first few.
        dates: Dates of articles; None if any date will do.
    """

    phrases: tuple[str, ...]
    dates: DatePreference | None

    @classmethod
    def of(cls, question: str, today: dt.date) -> Preferences:
        """Find the preferences in a question."""
        found = dict.fromkeys(phrase for _, phrase in quoted_phrases(question))
        return cls(tuple(found)[:_MOST_PHRASES], date_preference(question, today))

    def __bool__(self) -> bool:
        return bool(self.phrases or self.dates)

    def boosts(self, passages: Mapping[int, tuple[Source, str]]) -> dict[int, float]:
        """Return what is added to the score of each passage that meets a preference.

        Args:
            passages: Article and text of the candidates, by key.
        """
        boosts: dict[int, float] = {}
        if self.dates:
            dated = {key: source.date for key, (source, _) in passages.items() if source.date}
            for key, share in match_dates(self.dates, dated).items():
                boosts[key] = _DATE * share
        for key, (source, text) in passages.items() if self.phrases else ():
            share = share_of_phrases(self.phrases, passage(source.title, text))
            boosts[key] = boosts.get(key, 0.0) + _PHRASE * share
        return {key: boost for key, boost in boosts.items() if boost}

    def boosted(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Add each hit's boost to its score and rank the hits anew; equals keep their order."""
        boosts = self.boosts({hit.chunk_id: (hit.source, hit.chunk.text) for hit in hits})
        if not boosts:
            return tuple(hits)
        boosted = [
            replace(hit, score=hit.score + boost, boost=boost)
            for hit in hits
            for boost in [boosts.get(hit.chunk_id, 0.0)]
        ]
        boosted.sort(key=lambda hit: -hit.score)
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(boosted, start=1))


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
