from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.late import maxsim, similarity, token_weights
from retrieval.types import ByteArray, FloatArray

SIZES = st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(1, 40), st.integers(0, 2**32))


def random_tokens(count: int, dim: int, seed: int) -> FloatArray:
    tokens = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return np.asarray(tokens / np.linalg.norm(tokens, axis=1, keepdims=True), dtype=np.float32)


def codes_of(tokens: FloatArray) -> ByteArray:
    return np.packbits(tokens > 0, axis=1)


@given(SIZES)
def test_codes_count_as_unit_vectors_of_signs(sizes: tuple[int, int, int, int]) -> None:
    n, m, dim, seed = sizes
    question, chunk = random_tokens(n, dim, seed), random_tokens(m, dim, seed + 1)

    found = similarity(question, codes_of(chunk))

    signs = np.where(chunk > 0, 1.0, -1.0) / np.sqrt(dim)
    np.testing.assert_allclose(found, question @ signs.T, atol=1e-5)
    assert found.shape == (n, m)
    assert found.dtype == np.float32


@given(SIZES)
def test_maxsim_is_the_weighted_mean_of_the_best(sizes: tuple[int, int, int, int]) -> None:
    n, m, dim, seed = sizes
    matrix = similarity(random_tokens(n, dim, seed), codes_of(random_tokens(m, dim, seed + 1)))
    weights = token_weights(["word"] * n, lambda _: 0.0)

    best = [max(row) for row in matrix.tolist() if row]

    assert maxsim(matrix, weights) == pytest.approx(sum(best) / n if best else 0.0, abs=1e-6)
    if best:
        only_first = np.eye(n, dtype=np.float32)[0]
        assert maxsim(matrix, only_first) == pytest.approx(best[0], abs=1e-6)


def test_a_rare_word_weighs_twice_a_common_one_and_punctuation_nothing() -> None:
    rarity = {"mill": 1.0, "river": 0.5}

    weights = token_weights(["the", "river", "mill", "?"], lambda word: rarity.get(word, 0.0))

    np.testing.assert_allclose(weights, np.array([1, 1.5, 2, 0]) / 4.5, rtol=1e-6)
    assert weights.dtype == np.float32


@pytest.mark.parametrize("words", [[], ["?", "..."]])
def test_a_question_without_words_weighs_nothing(words: list[str]) -> None:
    assert token_weights(words, lambda _: 1.0).tolist() == [0.0] * len(words)


@pytest.mark.parametrize("dim", [8, 13])
def test_a_row_on_its_codes_diagonal_has_similarity_one(dim: int) -> None:
    signs = np.where(random_tokens(3, dim, seed=7) > 0, 1, -1)
    diagonal = (signs / np.sqrt(dim)).astype(np.float32)

    found = similarity(diagonal, codes_of(diagonal))

    np.testing.assert_allclose(np.diag(found), 1, atol=1e-6)
    np.testing.assert_allclose(np.diag(similarity(-diagonal, codes_of(diagonal))), -1, atol=1e-6)


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
def test_an_empty_side_has_no_similarity(n: int, m: int) -> None:
    matrix = similarity(random_tokens(n, 12, 1), codes_of(random_tokens(m, 12, 2)))

    assert matrix.shape == (n, m)
    assert maxsim(matrix, np.ones(n, dtype=np.float32)) == 0.0
