"""What a question wishes beyond the meaning of its words: dates, and phrases word for word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.chunking import passage
from retrieval.question import dates, phrases
from retrieval.types import Hit, Source

# Added to scores from 0 to 1: what matches clearly better still wins. More for phrases put wrong
# articles first, for a title in quotation marks is named in others too.
_DATE, _PHRASE = 0.15, 0.15


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wished; false if nothing is.

    Attributes:
        phrases: In quotation marks, as `phrases.quoted` gives them.
        dates: Of the articles; None if any date will do.
    """

    phrases: tuple[str, ...]
    dates: dates.Preference | None

    @classmethod
    def of(cls, question: str, today: dt.date) -> Wishes:
        """Read them from a question."""
        found = tuple(phrase for _, phrase in phrases.quoted(question))
        return cls(found, dates.preference(question, today))

    def __bool__(self) -> bool:
        return bool(self.phrases or self.dates)

    def bonuses(self, passages: Mapping[int, tuple[Source, str]]) -> dict[int, float]:
        """Return what is added to the score of each passage that fulfils a wish.

        Args:
            passages: Article and text of the candidates, by key.
        """
        bonuses: dict[int, float] = {}
        if self.dates:
            dated = {key: source.date for key, (source, _) in passages.items() if source.date}
            for key, share in dates.wanted(self.dates, dated).items():
                bonuses[key] = _DATE * share
        for key, (source, text) in passages.items() if self.phrases else ():
            share = phrases.share(self.phrases, passage(source.title, text))
            bonuses[key] = bonuses.get(key, 0.0) + _PHRASE * share
        return {key: bonus for key, bonus in bonuses.items() if bonus}

    def raised(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Add what each hit fulfils to its score, and rank them anew; equals keep their order."""
        bonuses = self.bonuses({hit.chunk_id: (hit.source, hit.chunk.text) for hit in hits})
        if not bonuses:
            return tuple(hits)
        raised = [
            replace(hit, score=hit.score + bonus, bonus=bonus)
            for hit in hits
            for bonus in [bonuses.get(hit.chunk_id, 0.0)]
        ]
        raised.sort(key=lambda hit: -hit.score)
        return tuple(replace(hit, rank=rank) for rank, hit in enumerate(raised, start=1))
