from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import LateInteraction
from embeddings import Encoder
from retrieval.search.excerpts import best_excerpts
from retrieval.search.late import match_tokens, maxsim, similarity, token_weights
from retrieval.types import ByteArray, FloatArray
from tests.fakes import HashEncoder
from tests.retrieval.library import SEARCH, Library

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


ARTICLES = {
    "mill": "The mill burnt down. It stood by a weir. Nobody was hurt.\n\n"
    "Ducks swim under the bridge at noon.",
    "ferry": "A ferry crosses the river.\n\nTickets are sold on the quay.",
}
QUESTION = "Where do ducks swim at noon?"


def library(root: Path, mode: LateInteraction) -> Library:
    made = Library(root, search=SEARCH.model_copy(update={"late_interaction": mode}))
    made.write(**ARTICLES)
    return made


@pytest.mark.parametrize("mode", LateInteraction)
def test_an_answer_is_found_wherever_tokens_come_from(
    tmp_path: Path, mode: LateInteraction
) -> None:
    made = library(tmp_path, mode)
    made.refresh()

    ranking = made.searcher().search(QUESTION)

    (excerpt, window), *_ = best_excerpts(ranking.hits, 3, 350)
    assert excerpt.text == "Ducks swim under the bridge at noon."
    assert 0 < window.late <= 1
    hit = window.hit
    assert hit.similarity.shape == (len(ranking.query.tokens), len(hit.starts))
    assert (hit.starts == sorted(hit.starts)).all()
    assert hit.starts[-1] < len(hit.chunk.text)


def test_computed_tokens_are_those_that_would_be_stored(tmp_path: Path) -> None:
    stored = library(tmp_path / "stored", LateInteraction.STORED)
    computed = library(tmp_path / "computed", LateInteraction.COMPUTED)
    stored.refresh()
    computed.refresh()

    one, other = (made.searcher().search(QUESTION) for made in (stored, computed))

    assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits])
    for mine, theirs in zip(one.hits, other.hits, strict=True):
        np.testing.assert_array_equal(mine.similarity, theirs.similarity)
        np.testing.assert_array_equal(mine.starts, theirs.starts)
    assert all(chunk.tokens is None for chunk in computed.store().chunks(range(9), 1).values())
    assert all(chunk.tokens is not None for chunk in stored.store().chunks(range(9), 1).values())


def test_tokens_come_into_an_index_that_was_made_without_them(tmp_path: Path) -> None:
    without = library(tmp_path, LateInteraction.OFF)
    without.refresh()
    wanted = len(without.store().chunks(range(9), 1))

    report = replace(without, search=SEARCH).refresh()

    assert report.encoded == wanted
    chunks = without.store().chunks(range(99), 2)
    assert any(chunk.tokens is not None for chunk in chunks.values())
    assert replace(without, search=SEARCH).refresh().encoded == 0


def test_without_late_interaction_only_equal_terms_meet(tmp_path: Path) -> None:
    made = library(tmp_path, LateInteraction.OFF)
    made.refresh()
    encoder = HashEncoder()
    chunks = made.store().chunks(range(9), 1)

    met = match_tokens(
        "Ducks swimming",
        encoder.encode_query("Ducks swimming"),
        chunks,
        LateInteraction.OFF,
        encoder,
    )

    (key,) = [key for key, one in chunks.items() if "Ducks" in one.chunk.text]
    one, text = met[key], chunks[key].chunk.text
    places = [[text[at:][:4] for at in one.starts[row > 0]] for row in one.similarity]
    assert places == [["Duck"], ["swim"]]
    assert set(np.unique(one.similarity)) == {0.0, 1.0}


def test_a_long_title_is_cut_for_computed_tokens(tmp_path: Path, encoder: Encoder) -> None:
    mode = LateInteraction.COMPUTED
    made = Library(
        tmp_path,
        chunk_tokens=200,
        search=SEARCH.model_copy(update={"late_interaction": mode}),
        encoder=encoder,
    )
    (made.articles / "a.md").write_text(
        f"---\ntitle: {'Very long title ' * 90}\n---\n\nDucks swim under the bridge at noon.\n"
    )
    made.refresh()

    (hit,) = made.searcher().search(QUESTION).hits

    places = [hit.chunk.text[at:][:5] for at in hit.starts if at >= 0]
    assert places[:2] == ["Ducks", "swim "]
    assert places[-1] == "noon."


@pytest.mark.parametrize("mode", [LateInteraction.STORED, LateInteraction.COMPUTED])
def test_punctuation_of_articles_is_left_out(tmp_path: Path, mode: LateInteraction) -> None:
    made = library(tmp_path, mode)
    made.write(rates="It is 5 % (or so), isn't it? — Yes!")
    made.refresh()

    hits = made.searcher().search("rates or so").hits

    (hit,) = [one for one in hits if one.source.path == "rates.txt"]
    words = [hit.chunk.text[at:][:4] for at in hit.starts.tolist() if at >= 0]
    assert words == ["It i", "is 5", "5 % ", "or s", "so),", "isn'", "'t i", "t it", "it? ", "Yes!"]
    assert hit.similarity.shape[1] == len(hit.starts)
