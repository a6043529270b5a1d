"""Calibrations: the scales on which an index's scores lie, as its database keeps them."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import PurePath

from retrieval.index.database import Database
from retrieval.index.rows import ARTICLES, VISIBLE

# Calibrations that are kept, so that an older generation can come back with its own.
_KEPT = 10


class KeptCalibrations(ABC):
    """The last calibrations of an index, kept as one text, wherever that is."""

    @abstractmethod
    def written(self) -> str:
        """Return all calibrations as JSON, as they are stored; empty if there is none."""

    @abstractmethod
    def write(self, written: str) -> None:
        """Store all calibrations in place of those that are stored."""

    def of(self, generation: int) -> Calibration | None:
        """Return the calibration of a generation's articles, else of the last before with one."""
        known = [one for one in self._all() if one.generation <= generation]
        return max(known, key=lambda one: one.generation, default=None)

    def keep(self, calibration: Calibration) -> None:
        """Store a calibration in place of another of its generation; the caller holds the lock."""
        others = [one for one in self._all() if one.generation != calibration.generation]
        kept = sorted([*others, calibration], key=lambda one: one.generation)[-_KEPT:]
        self.write(json.dumps([asdict(one) for one in kept]))

    def _all(self) -> list[Calibration]:
        try:
            rows = json.loads(self.written())
            return [Calibration(**{**row, "scale": Scale(**row["scale"])}) for row in rows]
        except (ValueError, TypeError, KeyError):
            # There is none, or another version wrote it in its own way.
            return []


class Calibrations(KeptCalibrations):
    """The calibrations of an index, in its database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def written(self) -> str:
        """Return all calibrations as JSON; empty if there is none."""
        found = self._db.query("SELECT value FROM meta WHERE key = 'calibrations'")
        return str(found[0][0]) if found else ""

    def write(self, written: str) -> None:
        """Store all calibrations."""
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('calibrations', ?)", (written,))

    def chunks(self, generation: int) -> list[list[int]]:
        """Return the ids of each article's chunks, the articles by their first path."""
        rows = self._db.rows(
            "SELECT c.article, c.id FROM chunks c JOIN (SELECT n.article AS article, "
            f"min(n.path) AS path FROM names n WHERE {VISIBLE} GROUP BY n.article) USING (article) "
            "ORDER BY path, c.id",
            {"g": generation},
        )
        by_article = itertools.groupby(rows, lambda row: row[0])
        return [[int(row[1]) for row in chunks] for _, chunks in by_article]

    def chunks_after(self, newest: int, generation: int) -> int:
        """Count the chunks of a generation that came after a chunk."""
        values = {"g": generation, "newest": newest}
        count = f"SELECT count(*) FROM chunks WHERE id > :newest AND article IN ({ARTICLES})"
        return int(self._db.one(count, values)[0])


@dataclass(frozen=True, slots=True)
class Scale:
    """Centre and spread of scores, of answered and unanswered questions alike.

    The centre lies half-way between the means of both; the spread is their pooled standard
    deviation.

    Attributes:
        late, late_spread: Centre and spread of the best window's late interaction.
        dense, dense_spread: Centre and spread of the best chunk's cosine.
    """

    late: float
    late_spread: float
    dense: float
    dense_spread: float


SHIPPED = Scale(late=0.437, late_spread=0.055, dense=0.386, dense_spread=0.088)
"""The mean of four corpora with the encoder for English; `tests/benchmarks/confidence.py --fit`."""
# Of other encoders, by name without the owner's or a folder's before it.
_SHIPPED = {
    "multilingual-e5-small": Scale(late=0.483, late_spread=0.044, dense=0.826, dense_spread=0.020)
}


def scale_that_ships(encoder: str) -> Scale:
    """Return the scale of an index that has none of its own; of an unknown encoder, a guess.

    Args:
        encoder: Name of the encoder.
    """
    return _SHIPPED.get(PurePath(encoder).name, SHIPPED)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A scale, and what it was measured on.

    Attributes:
        generation: Generation whose articles were asked.
        chunks: Number of chunks in that generation.
        pairs: Questions that were asked, each with and without its answer.
        questions_version: Version of how the questions were made.
        newest: Id of the newest of these chunks; their generation may be purged.
    """

    scale: Scale
    generation: int
    chunks: int
    pairs: int
    questions_version: str
    newest: int = 0
