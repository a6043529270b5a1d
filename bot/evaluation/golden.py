"""Golden questions: those that the operator knows the answers to, and no refresh may lose."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answers import Answerer
from bot.evaluation.evaluate import ask_questions
from bot.evaluation.questions import Question
from config import SearchSettings
from retrieval.index import FixedSnapshot, Snapshot
from retrieval.refresh import Candidate
from retrieval.search import Searcher
from retrieval.types import Encoder

# Of the lost ones, so many are named.
_NAMED = 3


class GoldenGate:
    """Asks the current generation and the draft; a question answered rightly must stay so."""

    def __init__(
        self, encoder: Encoder, search: SearchSettings, questions: Sequence[Question]
    ) -> None:
        self._encoder = encoder
        self._search = search
        self._questions = questions

    def __call__(self, trial: Candidate) -> Sequence[str]:
        """Say which questions would be lost."""
        if trial.before is None:
            return []
        right = self._right(trial.before, self._questions)
        kept = self._right(trial.after, right)
        lost = [one.question for one in right if one not in kept]
        if not lost:
            return []
        named = "; ".join(repr(question) for question in lost[:_NAMED])
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        return [
            f"of {len(right)} golden questions that are answered rightly, {len(lost)} would be "
            f"lost: {named}{more}"
        ]

    def _right(self, view: Snapshot, questions: Sequence[Question]) -> list[Question]:
        searcher = Searcher(FixedSnapshot(view), self._encoder, self._search)
        outcomes = ask_questions(Answerer(searcher, self._search), questions)
        return [one.question for one in outcomes if one.holds]
