"""Models that are no reranker, or no reader, are refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from embeddings import Model, ModelRefused, load_reader, load_reranker, locate
from tests.embeddings import heads, tiny


@dataclass(frozen=True)
class Kind:
    """A kind of model with a head: how one is made and loaded, and what is said of others."""

    save: Callable[[Path], Path]
    load: Callable[[Model, str], object]
    setting: str
    head: str
    wanted: str
    other: Callable[[Path], Path]

    def refuses(self, folder: Path, message: str) -> None:
        with pytest.raises(ModelRefused, match=message):
            self.load(locate(str(folder), setting=self.setting), "cpu")


KINDS = {
    "reader": Kind(
        heads.random_reader,
        load_reader,
        "reader.model",
        "qa_outputs",
        "a reader",
        heads.reranker,
    ),
    "reranker": Kind(
        heads.reranker,
        load_reranker,
        "reranker.model",
        "classifier",
        "a cross-encoder",
        heads.reader,
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def test_a_model_without_its_head(kind: Kind, tmp_path: Path) -> None:
    message = rf"is a Bert\w+ without {kind.head}\.\w+; wanted {kind.wanted} .*; set {kind.setting}"
    kind.refuses(heads.body(tmp_path / "body"), message)
    kind.refuses(tiny.build(tmp_path / "encoder"), message)
    kind.refuses(kind.other(tmp_path / "other"), message)


def test_a_model_of_several_labels(tmp_path: Path) -> None:
    folder = heads.reranker(tmp_path / "model", labels=3)
    KINDS["reranker"].refuses(folder, r"has 3 labels; wanted a cross-encoder .*; set reranker.mod")


def test_a_model_with_code_of_its_own_which_is_never_run(kind: Kind, tmp_path: Path) -> None:
    folder = kind.save(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\n", encoding="utf-8")
    kind.refuses(folder, rf"cannot load .* on cpu: .*; wanted {kind.wanted}")
    assert not ran.exists()


def test_damaged_weights(kind: Kind, tmp_path: Path) -> None:
    weights = kind.save(tmp_path / "model") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    kind.refuses(weights.parent, rf"cannot load .* on cpu: .*; wanted {kind.wanted}")


def test_a_model_that_computes_no_numbers(kind: Kind, tmp_path: Path) -> None:
    weights = kind.save(tmp_path / "model") / "model.safetensors"
    tensors = load_file(weights)
    bias = f"{kind.head}.bias"
    tensors[bias] = torch.full_like(tensors[bias], float("nan"))
    save_file(tensors, weights, metadata={"format": "pt"})
    kind.refuses(weights.parent, r"computes no finite scores; wanted")
