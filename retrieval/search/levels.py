"""Levels: how near to a question any passage in a language is, whatever it says.

An encoder of many languages puts a question nearer to all passages in its own language than to
those in another, so that a question in Ukrainian would find nothing in English beside articles in
Ukrainian. Passages are ranked by how far they rise above the level of their language, after Yang et
al., A Simple and Effective Method To Eliminate the Self Language Bias in Multilingual
Representations (EMNLP 2021).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from retrieval.index import Snapshot
from retrieval.types import FloatArray

# So much of what a language has in common is taken: all of it would put chance above the asker's
# own language. Of what the encoder knows less, which is measured on sentences.
_SHARE, _KNOWN_SHARE = 0.9, 0.6
# What few chunks have in common may be what they say: what the encoder knows counts as so many.
_KNOWN_CHUNKS = 10
# What late interaction has in common, for each of what cosines have.
_LATE = 1.5


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of an index's languages for one question.

    Attributes:
        by_language: Cosines by language, the lowest 0; empty where there is but one language.
    """

    by_language: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, vector: FloatArray, snapshot: Snapshot, known: Mapping[str, FloatArray]) -> Levels:
        """Measure the levels.

        Args:
            vector: Vector of the question.
            snapshot: What is searched.
            known: What the encoder knows that passages in a language have in common.
        """
        found = {}
        for language, part in snapshot.parts.items():
            level = part.chunks * _SHARE * float(vector @ part.common)
            if language in known:
                level += _KNOWN_CHUNKS * _KNOWN_SHARE * float(vector @ known[language])
            found[language] = level / (part.chunks + _KNOWN_CHUNKS)
        least = min(found.values(), default=0.0)
        return cls({language: level - least for language, level in found.items()})

    def search(
        self, vector: FloatArray, snapshot: Snapshot, count: int, without: Collection[int]
    ) -> tuple[dict[int, float], dict[int, str]]:
        """Find the chunks that rise highest above the levels of their languages.

        Returns:
            How high, by chunk id, best first; the language of each.
        """
        risen, languages = {}, {}
        for language, level in self.by_language.items():
            part = snapshot.parts[language]
            found = snapshot.dense.search(vector, count + len(without), part)
            for key, cosine in found.items():
                if key not in without:
                    risen[key], languages[key] = cosine - level, language
        best = sorted(risen, key=lambda key: (-risen[key], key))[:count]
        return {key: risen[key] for key in best}, languages

    def late(self, language: str) -> float:
        """Return what late interaction with articles in a language has in common."""
        return _LATE * self.by_language.get(language, 0.0)

    def dense(self, language: str) -> float:
        """Return what cosines with articles in a language have in common."""
        return self.by_language.get(language, 0.0)
