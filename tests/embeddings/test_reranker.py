from __future__ import annotations

import json
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import CrossEncoder

from embeddings import ModelNotFound, ModelRefused, load_reranker, locate
from embeddings.heads import Reranker
from tests.embeddings import heads, tiny

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


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "copy")


def refused(folder: Path, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        load_reranker(locate(str(folder), setting="reranker.model"), "cpu")


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


def test_a_model_of_several_labels_is_refused(tmp_path: Path) -> None:
    folder = heads.reranker(tmp_path / "model", labels=3)
    refused(folder, r"has 3 labels; wanted a cross-encoder .*; set reranker.model to one")


def test_a_model_without_a_trained_head_is_refused(tmp_path: Path) -> None:
    message = r"is a BertModel without classifier\.\w+; wanted a cross-encoder"
    refused(heads.body(tmp_path / "body"), message)
    refused(tiny.build(tmp_path / "encoder"), message)


def test_a_reader_is_no_reranker(tmp_path: Path) -> None:
    refused(heads.reader(tmp_path / "reader"), "BertForQuestionAnswering without classifier")


def test_a_folder_without_a_model_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"nor config.json is in it; set reranker.model to the"):
        locate(str(tmp_path), setting="reranker.model")


def test_a_pickle_is_never_loaded(copy: Path) -> None:
    weights = copy / "model.safetensors"
    torch.save(load_file(weights), copy / "pytorch_model.bin")
    weights.unlink()
    refused(copy, r"pytorch_model.bin is a pickle.*convert the model to safetensors")


def test_code_of_the_models_own_is_never_run(copy: Path, tmp_path: Path) -> None:
    config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
    ran = tmp_path / "ran"
    (copy / "own.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    refused(copy, r"cannot load .* on cpu: .*; wanted a cross-encoder")
    assert not ran.exists()


def test_damaged_weights_are_refused(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    refused(copy, r"cannot load .* on cpu: .")


def test_a_model_that_computes_no_numbers_is_refused(copy: Path) -> None:
    from safetensors.torch import save_file

    weights = copy / "model.safetensors"
    tensors = load_file(weights)
    tensors["classifier.bias"] = torch.full_like(tensors["classifier.bias"], float("nan"))
    save_file(tensors, weights, metadata={"format": "pt"})
    refused(copy, r"computes no finite scores; wanted")
