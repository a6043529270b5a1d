"""What an index holds and finds, to be compared with that of one that is built from nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from retrieval.index.dense import DenseIndex
from retrieval.index.lexical_files import open_lexical
from retrieval.index.store import Store
from retrieval.types import Chunk, Source
from tests.fakes import HashEncoder, Passage
from tests.retrieval.library import Library

WORDS = ["river", "mill", "bridge", "town", "flood", "hill", "spring", "ferry", "market", "tower"]
_ASKED = Random(100)
QUESTIONS = [
    *("Where does the river rise?", "Who rebuilt the mill?", "bridge", "spring flood town"),
    *(
        f"{' '.join(_ASKED.sample(WORDS, _ASKED.randint(1, 3)))} {_ASKED.randrange(60)}"
        for _ in range(96)
    ),
]
# Of cosines of the same vectors that are summed in another order.
_ROUNDING = 1e-4

Indexed = dict[Source, list[Chunk]]
Found = dict[str, dict[tuple[str, str], "Match"]]


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """How a chunk meets a question.

    Attributes:
        matching: Whether it has one of the question's terms.
    """

    cosine: float
    matching: bool

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Match)
            and self.matching == other.matching
            and abs(self.cosine - other.cosine) < _ROUNDING
        )

    __hash__ = None  # type: ignore[assignment]


class StoppedEncoder(HashEncoder):
    """Is interrupted, as by Ctrl-C, before it has encoded more than so many passages."""

    def __init__(self, passages: int) -> None:
        super().__init__()
        self._passages = passages

    def encode_passages(self, texts: Sequence[str]) -> list[Passage]:
        if len(self.encoded) + len(texts) > self._passages:
            raise KeyboardInterrupt("enough")
        return super().encode_passages(texts)


def prose(seed: int, sentences: int) -> str:
    random = Random(seed)
    return " ".join(
        f"The {' '.join(random.choices(WORDS, k=6))} {seed} {n} end." for n in range(sentences)
    )


def indexed(library: Library, generation: int | None = None) -> Indexed:
    """Return what a generation holds, by default the current one."""
    store = library.store()
    generation = store.current() if generation is None else generation
    articles: Indexed = {}
    # Sources without a chunk, which only the current generation lists.
    if generation == store.current():
        articles = {source: [] for source in store.sources()}
    for some in batches(_ids(store, generation)):
        for stored in store.chunks(some, generation).values():
            for source in stored.sources:
                articles.setdefault(source, []).append(stored.chunk)
    store.close()
    return {source: sorted(found, key=lambda c: c.start) for source, found in articles.items()}


def found(library: Library) -> Found:
    """Return every chunk's cosine with some questions, and whether it has a term of theirs.

    BM25 scores are left out: in an updated index they still count terms of removed chunks.
    """
    library.searcher()
    store = library.store()
    generation = store.current()
    dense = DenseIndex.build(store.origin.dim, store.vectors(generation))
    lexical = open_lexical(store, generation)
    assert lexical is not None
    names = {
        i: (stored.source.path, stored.chunk.text)
        for some in batches(_ids(store, generation))
        for i, stored in store.chunks(some, generation).items()
    }
    everything: Found = {}
    for question in QUESTIONS:
        near = dense.search(library.encoder.encode_query(question).vector, 10_000)
        matching = lexical.search(question, store.languages(generation), 10_000)
        assert matching.keys() <= near.keys()
        everything[question] = {names[i]: Match(near[i], i in matching) for i in near}
    store.close()
    return everything


def batches(ids: Iterable[int]) -> list[list[int]]:
    whole = list(ids)
    return [whole[at : at + 500] for at in range(0, len(whole), 500)]


def rebuilt(library: Library) -> Library:
    """Return a library of the same articles that is indexed from nothing."""
    other = Library(library.root / "rebuilt", library.chunk_tokens)
    shutil.rmtree(other.root)
    shutil.copytree(library.articles, other.articles)
    other.refresh()
    return other


def assert_like_rebuilt(library: Library) -> None:
    assert_like(library, both(rebuilt(library)))


def both(library: Library) -> tuple[Indexed, Found]:
    """Return what the current generation holds, and what is found in it."""
    return indexed(library), found(library)


def assert_like(library: Library, wanted: tuple[Indexed, Found]) -> None:
    assert indexed(library) == wanted[0]
    assert found(library) == wanted[1]


def _ids(store: Store, generation: int) -> list[int]:
    return [i for some, _ in store.vectors(generation) for i in some.tolist()]
