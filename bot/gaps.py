"""Gaps: questions that the articles leave open, grouped by likeness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.types import FloatArray

_ALIKE = 0.8
"""Cosine from which two questions ask for the same. Of 30 pairs that ask it in other words, MiniLM
puts 70 % above; of 30 pairs that ask different things about one subject, 80 % below. No other
cosine does better in sum: at 0.7 it is 93 and 43 %."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that was left open, and how many thumbs its answer got down."""

    question: str
    downs: int = 0


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that ask for the same.

    Attributes:
        questions: Different ones, the newest first.
        size: How often they were asked.
        downs: Thumbs down on answers to them.
    """

    questions: tuple[str, ...]
    size: int
    downs: int


def group_questions(
    opened: Sequence[OpenQuestion], encode: Callable[[str], FloatArray]
) -> list[QuestionGroup]:
    """Group questions, the most asked first.

    Each joins the group whose first question is nearest, if that is near enough: one pass, which
    costs an encoding for each different question.

    Args:
        opened: The newest first.
        encode: A question's vector, (dim,) of unit length.
    """
    leaders: list[FloatArray] = []
    members: list[list[OpenQuestion]] = []
    known: dict[str, int] = {}
    for one in opened:
        folded = " ".join(one.question.casefold().split()).rstrip("?!. ")
        at = known.get(folded)
        if at is None:
            vector = encode(one.question)
            near = np.stack(leaders) @ vector if leaders else np.zeros(0, np.float32)
            at = int(near.argmax()) if near.size and near.max() >= _ALIKE else len(leaders)
            if at == len(leaders):
                leaders.append(vector)
                members.append([])
            known[folded] = at
        members[at].append(one)
    groups = [
        QuestionGroup(
            tuple(dict.fromkeys(one.question for one in group)),
            len(group),
            sum(one.downs for one in group),
        )
        for group in members
    ]
    return sorted(groups, key=lambda group: -(group.size + group.downs))
