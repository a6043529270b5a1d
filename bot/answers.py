"""A question's answer: excerpts in the order of their citation numbers, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.types import Excerpt


class QuestionError(ValueError):
    """A question that cannot be asked; its text tells the asker what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one question.

    Attributes:
        excerpts: Best first; number n of `cited` is the citation `[n]`. Where `answered` is false
            these are the closest excerpts, which do not answer.
        confidence: 0 to 1.
        generation: Of the index that answered.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float

    def cited(self) -> Iterator[tuple[int, Excerpt]]:
        """Yield each excerpt with its citation number."""
        return enumerate(self.excerpts, start=1)
