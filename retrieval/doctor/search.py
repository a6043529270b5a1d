"""Checks by searching: articles that their own titles do not find, and near-duplicates."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from config import SearchSettings
from retrieval.doctor.findings import Finding, FindingKind, are, counted, warning
from retrieval.index import FixedSnapshot, IndexReader, Snapshot
from retrieval.refresh import KnownItemQuery, title_queries
from retrieval.search import Searcher, Shingles
from retrieval.types import Encoder

SAMPLE = 200
"""Articles that are looked for unless all are."""
# Articles that are loaded together.
_TITLES_AT_ONCE = 20
# Where FAISS compares all chunks with all, 10,000 take three seconds; beyond this many comparisons
# only a sample of the articles is compared with all.
_COMPARISONS = 200_000_000
# Words are compared of the nearest chunks to each that have at least this cosine; of 10,000 unlike
# articles 38 reach it.
_NEAREST, _COSINE = 10, 0.8
_AT_ONCE = 256
# Characters of an article that are compared, and articles whose shingles are kept.
_CHARS, _KEPT = 20_000, 128


def sample_articles(store: IndexReader, generation: int, every: bool) -> tuple[list[int], int]:
    """Choose the articles that are looked for, the same ones every time.

    Returns:
        Ids of the chosen articles, and the number of all.
    """
    articles = store.article_ids(generation)
    if every or len(articles) <= SAMPLE:
        return articles, len(articles)
    return sorted(random.Random(generation).sample(articles, SAMPLE)), len(articles)


def check_titles(
    snapshot: Snapshot,
    encoder: Encoder,
    search: SearchSettings,
    articles: Sequence[int],
    on_progress: Callable[[int], None],
) -> Iterator[Finding]:
    """Find articles that are not among the hits of their own titles.

    Args:
        snapshot: Snapshot that is searched.
        encoder: Encoder of the index.
        search: Settings of the search.
        articles: Ids of articles; those without a title of their own are passed over.
        on_progress: Called with how many were looked for.
    """
    missing = _missing(snapshot, encoder, search, articles, on_progress)
    if missing:
        count = len(missing)
        yield warning(
            FindingKind.NOT_FOUND,
            f"{counted(count, 'article')} {are(count)} not found by "
            f"{'its' if count == 1 else 'their'} own title",
            "give each a title of its own that names what it is about, then excerpta refresh",
            sorted(missing),
        )


def _missing(
    snapshot: Snapshot,
    encoder: Encoder,
    search: SearchSettings,
    articles: Sequence[int],
    on_progress: Callable[[int], None],
) -> list[str]:
    searcher = Searcher(FixedSnapshot(snapshot), encoder, search)
    missing = []
    for at in range(0, len(articles), _TITLES_AT_ONCE):
        on_progress(at)
        queries = _title_queries(snapshot, articles[at : at + _TITLES_AT_ONCE])
        missing += [one.path for one in queries if not one.is_found(searcher)]
    return missing


def _title_queries(snapshot: Snapshot, articles: Sequence[int]) -> list[KnownItemQuery]:
    chunks = snapshot.store.middle_chunks(articles)
    return list(title_queries(snapshot.chunks(chunks).values()))


def sample_comparisons(snapshot: Snapshot, every: bool) -> tuple[list[int], int]:
    """Choose the articles that are compared with all others, the same ones every time.

    Returns:
        Ids of the chosen articles, and the number of all.
    """
    generation = snapshot.generation
    articles = snapshot.store.article_ids(generation.number)
    affordable = _COMPARISONS / max(1, generation.chunks) / max(1, generation.chunks)
    if every or affordable >= 1:
        return articles, len(articles)
    count = max(1, int(affordable * len(articles)))
    return sorted(random.Random(generation.number).sample(articles, count)), len(articles)


def check_near_duplicates(snapshot: Snapshot, articles: Sequence[int]) -> Iterator[Finding]:
    """Find groups of articles of which one says what another one says.

    Args:
        snapshot: Snapshot whose chunks are compared.
        articles: Ids of the articles that are compared with all others.
    """
    chunks = snapshot.store.chunks_of_articles(snapshot.generation.number)
    owners = {number: path for path, ids in chunks.items() for number in ids}
    compared = {owners[number] for number in snapshot.store.middle_chunks(articles)}
    groups = _Groups()

    @lru_cache(_KEPT)
    def words(path: str) -> Shingles:
        article = snapshot.store.article(path)
        return Shingles.of(article.text[:_CHARS] if article else "")

    for one, other in _pairs(snapshot, owners, compared):
        if not groups.hold(one, other) and words(one).is_near_duplicate_of(words(other)):
            groups.join(one, other)
    for group in sorted(map(sorted, groups.all())):
        yield warning(
            FindingKind.NEAR_DUPLICATES,
            f"{len(group):,} articles say nearly the same in the same words",
            "keep the best of them and delete the others, then excerpta refresh",
            group,
        )


def _pairs(
    snapshot: Snapshot, owners: Mapping[int, str], articles: set[str]
) -> Iterator[tuple[str, str]]:
    """Yield pairs of articles with chunks that are near each other, in order, each once or more.

    Args:
        snapshot: Snapshot whose chunks are compared.
        owners: Path of the article of each chunk.
        articles: Paths of the articles that are compared with all others.
    """
    chunks = np.array(
        [i for i in snapshot.dense.ids if owners.get(int(i)) in articles], dtype=np.int64
    )
    for at in range(0, len(chunks), _AT_ONCE):
        some = chunks[at : at + _AT_ONCE]
        near, cosines = snapshot.dense.neighbours(some, _NEAREST)
        found = {
            (min(pair), max(pair))
            for row, column in np.argwhere(cosines >= _COSINE).tolist()
            if len(pair := {owners[int(some[row])], owners[int(near[row, column])]}) > 1
        }
        yield from sorted(found)


class _Groups:
    """Articles that belong together, directly or by others between them."""

    def __init__(self) -> None:
        self._of: dict[str, list[str]] = {}

    def hold(self, one: str, other: str) -> bool:
        """Whether both are in one group already."""
        return one in self._of and self._of[one] is self._of.get(other)

    def join(self, one: str, other: str) -> None:
        """Put two into one group, with all that belong to either."""
        small, large = sorted((self._of.get(n, [n]) for n in (one, other)), key=len)
        large.extend(small)
        self._of.update(dict.fromkeys([*small, large[0]], large))

    def all(self) -> list[list[str]]:
        """Return the groups."""
        return list({id(group): group for group in self._of.values()}.values())
