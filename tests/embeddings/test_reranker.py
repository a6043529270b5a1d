from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder

from embeddings import load_reranker, locate
from embeddings.heads import Reranker
from tests.embeddings import heads

QUESTION = "When does the ferry leave?"
PASSAGES = [
    "No boat leaves.",
    "The ferry leaves.",
    "",
    "The ferry, the ferry!",
    "Пароплав відходить о сьомій 🚜",
    "word " * 300,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return heads.reranker(tmp_path_factory.mktemp("reranker") / "model")


@pytest.fixture(scope="module")
def reranker(folder: Path) -> Reranker:
    return load_reranker(locate(str(folder)), "cpu")


def test_scores_are_those_of_the_cross_encoder_before_its_sigmoid(
    reranker: Reranker, folder: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        expected = theirs.predict(
            [(QUESTION, passage) for passage in PASSAGES],
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
    found = reranker.score(QUESTION, PASSAGES)
    assert found.dtype == np.float32
    assert found.shape == (len(PASSAGES),)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert int(found.argmax()) == 3
    assert found.max() > 1


def test_a_batch_gives_what_each_passage_gives_alone(reranker: Reranker) -> None:
    alone = [reranker.score(QUESTION, [passage])[0] for passage in PASSAGES * 7]
    np.testing.assert_allclose(reranker.score(QUESTION, PASSAGES * 7), alone, atol=1e-4)


def test_no_passages_have_no_scores(reranker: Reranker) -> None:
    assert reranker.score(QUESTION, []).shape == (0,)


def test_what_exceeds_the_window_is_cut(reranker: Reranker) -> None:
    hidden, without = reranker.score(QUESTION, ["word " * 300 + "ferry", "word " * 300])
    assert hidden == without
    seen, without = reranker.score("when " * 300, ["The ferry leaves.", "The boat leaves."])
    assert seen > without


def test_several_threads_get_their_own_scores(reranker: Reranker) -> None:
    alone = [reranker.score(QUESTION, [passage])[0] for passage in PASSAGES]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda passage: reranker.score(QUESTION, [passage])[0], PASSAGES * 4))
    np.testing.assert_allclose(found, alone * 4, atol=1e-4)
