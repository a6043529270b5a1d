"""The inverted file on disk: what it finds, and what becomes of one that does not fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexFault
from retrieval.index.approximate import ApproximateIndex
from retrieval.index.dense import DenseIndex
from retrieval.index.dense_files import described, load_dense
from retrieval.index.store import Store
from retrieval.types import FloatArray
from tests.retrieval.index.test_store import DIM, article_of, encoding_of, replace

CHUNKS, LISTS = 600, 16
KIND = f"IVF{LISTS},SQ8"


def texts(count: int = CHUNKS, begin: int = 0) -> list[str]:
    return [f"Chunk {number} says this." for number in range(begin, begin + count)]


def make(folder: Path, *, language: str = "en", count: int = CHUNKS) -> Store:
    store = Store.create(folder, "fingerprint", "hash", DIM, faiss=KIND)
    every = texts(count)
    articles = (
        article_of(f"a{at}", *every[at : at + 10], language=language if at < 50 else "en")
        for at in range(0, count, 10)
    )
    replace(store, *articles)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = make(tmp_path / "index")
    yield made
    made.close()


def unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def questions(count: int = 40) -> list[FloatArray]:
    rows = np.random.default_rng(0).standard_normal((count, DIM)).astype(np.float32)
    return [unit(row) for row in rows]


def exact(store: Store, generation: int | None = None) -> DenseIndex:
    number = store.current() if generation is None else generation
    return DenseIndex.build(DIM, store.vectors(number))


def loaded(store: Store, generation: int | None = None) -> ApproximateIndex:
    found = load_dense(store, store.current() if generation is None else generation)
    assert isinstance(found, ApproximateIndex)
    return found


def file_of(store: Store) -> Path:
    return store.place / "dense.faiss"


def check(store: Store, found: ApproximateIndex) -> None:
    """Compare with an exact search: the same chunks, nearly all neighbours, nearly their scores."""
    true = exact(store)
    assert found.ids.tolist() == true.ids.tolist()
    shared = 0
    for question in questions():
        near, own = true.search(question, 10), found.search(question, 10)
        assert len(own) == 10
        assert list(own.values()) == sorted(own.values(), reverse=True)
        shared += len(near.keys() & own.keys())
        every = true.search(question, CHUNKS)
        assert own == pytest.approx({key: every[key] for key in own}, abs=0.02 * 10)
    assert shared >= 0.9 * 10 * len(questions())


def test_finds_nearly_all_neighbours_and_tells_how_many(store: Store) -> None:
    check(store, loaded(store))
    note = described(store)

    assert note is not None
    assert (note.factory, note.chunks) == (KIND, CHUNKS)
    assert note.recall >= 0.97
    assert 1 <= note.probes <= LISTS


def test_the_file_is_read_the_next_time(store: Store) -> None:
    first = loaded(store)
    written = file_of(store).stat().st_mtime_ns

    again = loaded(store)

    assert file_of(store).stat().st_mtime_ns == written
    assert [again.search(one, 5) for one in questions()] == [
        first.search(one, 5) for one in questions()
    ]


def test_the_same_vectors_make_the_same_file(store: Store) -> None:
    loaded(store)
    first = file_of(store).read_bytes()
    file_of(store).unlink()

    loaded(store)

    assert file_of(store).read_bytes() == first


def test_what_a_refresh_changed_is_put_right(store: Store) -> None:
    before = loaded(store).ids.tolist()
    written = file_of(store).stat().st_mtime_ns
    replace(store, article_of("a0", "Something new.", *texts(9)))

    found = loaded(store)

    check(store, found)
    assert set(before) - set(found.ids.tolist())
    new = unit(encoding_of("Something new.").vector)
    ((best, cosine),) = found.search(new, 1).items()
    assert store.chunks([best], store.current())[best].chunk.text == "Something new."
    # Of vectors that are not normalised.
    assert cosine > 1
    assert file_of(store).stat().st_mtime_ns == written


def test_a_generation_goes_on_from_the_one_before(store: Store) -> None:
    base = loaded(store)
    before = [base.search(one, 10) for one in questions()]
    replace(store, article_of("a0", "Something new.", *texts(9)), remove=("a10",))

    found = store.dense_from(base, 1, 2)

    assert isinstance(found, ApproximateIndex)
    check(store, found)
    assert [base.search(one, 10) for one in questions()] == before
    store.writer().rollback()
    back = store.dense_from(found, 2, 3)
    assert isinstance(back, ApproximateIndex)
    check(store, back)


@pytest.mark.parametrize("kind", ["SQfp16", KIND])
def test_it_does_not_go_on_from_another_kind(store: Store, kind: str) -> None:
    store.faiss = kind
    base = load_dense(store, 1)
    store.faiss = "SQfp16" if kind == KIND else KIND
    replace(store, article_of("a0", "Something new."))

    assert store.dense_from(base, 1, 2) is None


def test_much_that_changed_is_written(store: Store) -> None:
    loaded(store)
    before = file_of(store).read_bytes()
    replace(store, *(article_of(f"b{at}", *texts(10, 1000 + at)) for at in range(0, 100, 10)))

    check(store, loaded(store))
    assert file_of(store).read_bytes() != before
    note = described(store)
    assert note is not None
    assert note.chunks == CHUNKS + 100


def test_a_rollback_finds_what_was_there(store: Store) -> None:
    replace(store, article_of("a0", "Something new."))
    loaded(store)
    store.writer().rollback()

    check(store, loaded(store))


def test_a_generation_before_it_is_published(store: Store) -> None:
    loaded(store)
    draft = store.writer()
    draft.drop(["a0"])

    assert len(loaded(store, draft.number).ids) == CHUNKS - 10
    assert len(loaded(store).ids) == CHUNKS


def edited(place: int) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        path.write_bytes(data)

    return edit


@pytest.mark.parametrize(
    "damage",
    [
        edited(0),
        edited(3000),
        edited(-1),
        edited(-12),
        edited(-20),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes()[100:]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"{}" + 12 * b"\0" + b"excerpta"),
        lambda path: path.unlink(),
    ],
)
def test_a_damaged_file_is_made_again(store: Store, damage: Callable[[Path], None]) -> None:
    loaded(store)
    whole = file_of(store).read_bytes()
    damage(file_of(store))

    check(store, loaded(store))
    assert file_of(store).read_bytes() == whole


def test_the_file_of_another_index_is_put_right(store: Store, tmp_path: Path) -> None:
    """Its chunks have the same ids."""
    other = Store.create(tmp_path / "other", "fingerprint", "hash", DIM, faiss=KIND)
    replace(other, *(article_of(f"b{at}", *texts(10, 5000 + at)) for at in range(0, CHUNKS, 10)))
    loaded(other)
    shutil.copy(file_of(other), file_of(store))
    other.close()

    check(store, loaded(store))


def test_where_it_cannot_be_written_it_is_searched_all_the_same(store: Store) -> None:
    file_of(store).mkdir()

    check(store, loaded(store))
    assert [path.name for path in store.place.glob("dense*")] == ["dense.faiss"]


@pytest.mark.parametrize("kind", ["IVF8,SQfp16", "IVF8,Flat", "IVF4,PQ4x4"])
def test_another_setting_makes_another_file(store: Store, kind: str) -> None:
    loaded(store)
    store.faiss = kind

    assert len(loaded(store).search(questions()[0], 10)) == 10
    note = described(store)
    assert note is not None
    assert note.factory == kind


@pytest.mark.parametrize("kind", ["auto", "SQfp16", "Flat"])
def test_few_chunks_are_all_compared(store: Store, kind: str) -> None:
    store.faiss = kind
    found = load_dense(store, store.current())

    assert isinstance(found, DenseIndex)
    assert described(store) is None
    assert not file_of(store).exists()
    for question in questions():
        assert list(found.search(question, 10)) == list(exact(store).search(question, 10))


def test_too_few_chunks_for_the_lists_are_all_compared(tmp_path: Path) -> None:
    store = make(tmp_path / "index", count=10)

    assert isinstance(load_dense(store, 1), DenseIndex)
    store.close()


@pytest.mark.parametrize(
    "kind", ["HNSW32", "IVF16", "IVF16,Nonsense", "nonsense", "IVF,SQ8", "PQ4"]
)
def test_a_kind_that_there_is_not_is_told(store: Store, kind: str) -> None:
    store.faiss = kind

    with pytest.raises(IndexFault, match=r"index\.faiss: .*set") as caught:
        load_dense(store, store.current())

    assert "\n" not in str(caught.value)


def test_a_part_is_searched_however_small_it_is(tmp_path: Path) -> None:
    store = make(tmp_path / "index", language="uk")
    found, true = loaded(store), exact(store)
    chunks = store.chunks_by_language(1)
    parts, true_parts = found.parts(chunks), true.parts(chunks)

    for language, part in parts.items():
        assert part.chunks == len(chunks[language])
        np.testing.assert_allclose(part.common, true_parts[language].common, atol=1e-3)
        shared = 0
        for question in questions():
            own = found.search(question, 10, part)
            assert len(own) == 10
            assert own.keys() <= set(chunks[language].tolist())
            shared += len(own.keys() & true.search(question, 10, true_parts[language]).keys())
        assert shared >= 0.9 * 10 * len(questions())
    everything = found.search(questions()[0], CHUNKS, parts["uk"])
    assert sorted(everything) == chunks["uk"].tolist()
    store.close()


def test_vectors_are_those_that_were_stored(store: Store) -> None:
    found, true = loaded(store), exact(store)
    some = [300, 7, 599, 7]

    np.testing.assert_array_equal(found.vectors(some), true.vectors(some))
    near, cosines = found.neighbours(np.array([7, 300]), 3)
    assert near.shape == cosines.shape == (2, 3)
    assert len(found.alike(7, 5)) == 5
    with pytest.raises(ValueError, match="not in the index"):
        found.alike(9999, 1)
    with pytest.raises(ValueError, match="shape"):
        found.search(np.ones(3, dtype=np.float32), 1)
    assert found.search(np.zeros(DIM, dtype=np.float32), 1) == {}
