from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.index.dense import DenseIndex
from retrieval.types import FloatArray


def unit_rows(count: int, dim: int, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def build(vectors: FloatArray, ids: NDArray[np.int64], batch: int = 7) -> DenseIndex:
    halves = vectors.astype(np.float16)
    return DenseIndex.build(
        vectors.shape[1],
        ((ids[at : at + batch], halves[at : at + batch]) for at in range(0, len(ids), batch)),
    )


@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 80), st.integers(0, 1000))
def test_finds_what_exact_search_finds(count: int, dim: int, top_k: int, seed: int) -> None:
    vectors = unit_rows(count, dim, seed)
    ids = np.arange(count, dtype=np.int64) * 3 + 10
    question = unit_rows(1, dim, seed + 1)[0]

    found = build(vectors, ids).search(question, top_k)

    cosines = vectors.astype(np.float16).astype(np.float32) @ question
    assert len(found) == min(top_k, count)
    assert found == pytest.approx({key: float(cosines[(key - 10) // 3]) for key in found}, abs=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert min(found.values()) >= np.sort(cosines)[-len(found)] - 1e-5


def test_half_precision_keeps_the_order_of_apart_cosines() -> None:
    vectors = unit_rows(500, 384)
    question = unit_rows(1, 384, seed=1)[0]

    found = build(vectors, np.arange(500)).search(question, 10)

    assert list(found) == np.argsort(-(vectors @ question))[:10].tolist()


def test_a_part_holds_its_own_chunks_and_what_they_have_in_common() -> None:
    vectors = unit_rows(40, 16)
    ids = np.arange(40, dtype=np.int64) * 3
    index = build(vectors, ids)
    question = unit_rows(1, 16, seed=1)[0]

    parts = index.parts({"uk": ids[:30], "en": ids[30:]})

    assert (parts["uk"].chunks, parts["en"].chunks) == (30, 10)
    found = index.search(question, 40, parts["en"])
    assert sorted(found) == ids[30:].tolist()
    whole = index.search(question, 40)
    assert found == pytest.approx({key: whole[key] for key in found})
    apart = (vectors[:30].mean(axis=0) - vectors[30:].mean(axis=0)) / 2
    np.testing.assert_allclose(parts["uk"].common, apart, atol=1e-3)
    np.testing.assert_allclose(parts["en"].common, -apart, atol=1e-3)


def test_chunks_come_and_go_without_those_that_stay() -> None:
    vectors = unit_rows(40, 16)
    ids = np.arange(40, dtype=np.int64) * 3
    index = build(vectors[:30], ids[:30])

    changed = index.changed(ids[4:7].tolist(), [(ids[30:], vectors[30:].astype(np.float16))])

    assert changed is not None
    left = np.r_[:4, 7:40]
    whole = build(vectors[left], ids[left])
    assert changed.ids.tolist() == ids[left].tolist()
    question = unit_rows(1, 16, seed=1)[0]
    assert changed.search(question, 40) == whole.search(question, 40)
    assert len(index.search(question, 40)) == 30, "others may search it still"
    assert changed.changed([], [(ids[4:5], vectors[4:5].astype(np.float16))]) is None


def test_an_empty_index_finds_nothing() -> None:
    index = DenseIndex.build(5, [])

    assert index.search(unit_rows(1, 5)[0], 3) == {}
    assert index.ids.tolist() == []


def test_a_vector_of_zeros_finds_nothing() -> None:
    index = build(unit_rows(4, 5), np.arange(4))

    assert index.search(np.zeros(5, dtype=np.float32), 3) == {}


def test_a_chunk_of_zeros_has_no_similarity() -> None:
    vectors = unit_rows(3, 5)
    vectors[1] = 0

    assert build(vectors, np.array([4, 5, 6])).search(vectors[0], 3)[5] == 0


@pytest.mark.parametrize("shape", [(4,), (6,), (1, 5)])
def test_a_vector_of_another_dimension_is_refused(shape: tuple[int, ...]) -> None:
    index = build(unit_rows(4, 5), np.arange(4))

    with pytest.raises(ValueError, match=r"a vector of shape .* the index has \(5,\)"):
        index.search(np.ones(shape, dtype=np.float32), 2)


def test_ids_are_kept_beyond_32_bits() -> None:
    ids = np.array([2**40, 2**40 + 1], dtype=np.int64)
    vectors = unit_rows(2, 5)

    assert next(iter(build(vectors, ids).search(vectors[1], 1))) == 2**40 + 1


def test_what_is_most_like_a_chunk_begins_with_it() -> None:
    ids = np.arange(20, dtype=np.int64) * 3 + 10
    index = build(unit_rows(20, 8), ids)

    found = index.alike(16, 5)

    assert next(iter(found)) == 16
    assert list(found) == list(index.search(unit_rows(20, 8)[2], 5))


def test_what_is_like_a_chunk_that_is_not_there_is_not_guessed() -> None:
    index = DenseIndex.build(2, [(np.array([3, 7]), np.eye(2, dtype=np.float16))])

    for absent in (1, 5, 9):
        with pytest.raises(ValueError, match=f"chunk {absent} is not in the index"):
            index.alike(absent, 1)
