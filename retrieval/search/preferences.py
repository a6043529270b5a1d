"""Preferences: what a question asks for beyond its words, dates and phrases word for word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.chunking import passage
from retrieval.questions import (
    DatePreference,
    date_preference,
    match_dates,
    quoted_phrases,
    share_of_phrases,
)
from retrieval.types import Hit, Source

# Added to scores from 0 to 1: what matches clearly better still wins. More for phrases put wrong
# articles first, for a title in quotation marks is named in others too.
_DATE, _PHRASE = 0.15, 0.15
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
