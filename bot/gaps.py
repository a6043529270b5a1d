"""Gaps: questions that the articles do not answer, grouped by what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.types import FloatArray

_ALIKE = 0.8
"""The cosine from which on two questions ask for the same. With MiniLM, 70 % of 30 pairs that ask
the same in other words are above it, and 80 % of 30 pairs that ask different things about one
subject are below. The sum is less for any other cosine: at 0.7, they are 93 and 43 %."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that was not answered well, and the number of thumbs down for its answer."""

    question: str
    downs: int = 0


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that ask for the same.

    Attributes:
        questions: The different ones, the newest first.
        size: The number of times that they were asked.
        downs: The number of thumbs down for their answers.
    """

    questions: tuple[str, ...]
    size: int
    downs: int


def group_questions(
    opened: Sequence[OpenQuestion], encode: Callable[[str], FloatArray]
) -> list[QuestionGroup]:
    """Group questions, the most asked first.

    Each question joins the group whose first question is nearest, if that is near enough, and
    begins a group otherwise. Each different question is encoded once.

    Args:
        opened: The questions, the newest first.
        encode: Returns a question's vector, (dim,) of unit length.
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
