"""Near-duplicates: different articles that say nearly the same in the same words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from retrieval import samples
from retrieval.health.finding import Finding, Kind, warning
from retrieval.rows import VISIBLE
from retrieval.search.near_duplicates import Shingles
from retrieval.snapshot import Snapshot

# Where FAISS compares all chunks with all, 10,000 take three seconds; beyond this many comparisons
# only a sample of the articles is compared with all.
_COMPARISONS = 200_000_000
# Chunks of which the words are compared: the nearest to each that have at least this cosine. Of
# 10,000 unlike articles 38 reach it.
_NEAREST, _COSINE = 10, 0.8
_AT_ONCE = 256
# Of an article so much is compared, and so many articles are kept ready for it.
_CHARS, _KEPT = 20_000, 128


def sampled(view: Snapshot, every: bool) -> tuple[list[int], int]:
    """Choose the articles that are compared with all others, the same ones every time.

    Returns:
        Their rows, and of how many they are.
    """
    generation = view.generation
    contents = samples.contents(view.store, generation.number)
    affordable = _COMPARISONS / max(1, generation.chunks) / max(1, generation.chunks)
    if every or affordable >= 1:
        return contents, len(contents)
    count = max(1, int(affordable * len(contents)))
    return sorted(random.Random(generation.number).sample(contents, count)), len(contents)


def alike(view: Snapshot, contents: Sequence[int]) -> Iterator[Finding]:
    """Find groups of articles of which one says what another one says.

    Args:
        view: Whose chunks are compared.
        contents: Rows of the articles that are compared with all others.
    """
    owners = _owners(view)
    groups = _Groups()

    @lru_cache(_KEPT)
    def words(article: int) -> Shingles:
        text = view.store.db.one(
            "SELECT substr(text, 1, ?) FROM articles WHERE id = ?", (_CHARS, article)
        )[0]
        return Shingles.of(text)

    for one, other in _pairs(view, owners, set(contents)):
        if not groups.hold(one, other) and words(one).is_near_duplicate_of(words(other)):
            groups.join(one, other)
    paths = dict(
        view.store.db.query(
            f"SELECT n.article, min(n.path) FROM names n WHERE {VISIBLE} GROUP BY n.article",
            {"g": view.generation.number},
        )
    )
    for group in sorted(sorted(paths[one] for one in group) for group in groups.all()):
        yield warning(
            Kind.NEAR_DUPLICATES,
            f"{len(group):,} articles say nearly the same in the same words",
            "keep the best of them and delete the others, then excerpta refresh",
            group,
        )


def _owners(view: Snapshot) -> Mapping[int, int]:
    """Return the article of each chunk."""
    rows = view.store.db.query(
        "SELECT id, article FROM chunks WHERE article IN "
        f"(SELECT n.article FROM names n WHERE {VISIBLE})",
        {"g": view.generation.number},
    )
    return dict(rows)


def _pairs(
    view: Snapshot, owners: Mapping[int, int], contents: set[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of articles with chunks that are near each other, in order, each once or more."""
    chunks = np.array([i for i in view.dense.ids if owners.get(int(i)) in contents], dtype=np.int64)
    for at in range(0, len(chunks), _AT_ONCE):
        some = chunks[at : at + _AT_ONCE]
        near, cosines = view.dense.neighbours(some, _NEAREST)
        found = {
            (min(pair), max(pair))
            for row, column in np.argwhere(cosines >= _COSINE).tolist()
            if len(pair := {owners[int(some[row])], owners[int(near[row, column])]}) > 1
        }
        yield from sorted(found)


class _Groups:
    """Articles that belong together, directly or by others between them."""

    def __init__(self) -> None:
        self._of: dict[int, list[int]] = {}

    def hold(self, one: int, other: int) -> bool:
        """Whether both are in one group already."""
        return one in self._of and self._of[one] is self._of.get(other)

    def join(self, one: int, other: int) -> None:
        """Put two into one group, with all that belong to either."""
        small, large = sorted((self._of.get(n, [n]) for n in (one, other)), key=len)
        large.extend(small)
        self._of.update(dict.fromkeys([*small, large[0]], large))

    def all(self) -> list[list[int]]:
        """Return the groups."""
        return list({id(group): group for group in self._of.values()}.values())
