from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from embeddings import Model, ModelNotFound, ModelRefused, load, locate
from embeddings.models import PACKAGED
from tests.embeddings import tiny
from tests.paths import ROOT

MODEL = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "copy")


def test_a_folder_is_taken_as_it_is(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate(str(tiny_model)) == Model(str(tiny_model), tiny_model.resolve())
    monkeypatch.chdir(tiny_model.parent)
    assert locate("mean") == Model("mean", tiny_model.resolve())


def test_packaged_weights_are_those_published() -> None:
    model = locate(MODEL)
    assert model.name == MODEL
    assert model.sha256 == PACKAGED[MODEL].sha256
    model.verify()


def test_a_changed_byte_of_packaged_weights_is_refused(tmp_path: Path) -> None:
    packaged = locate(MODEL)
    folder = shutil.copytree(packaged.folder, tmp_path / "model")
    copied = Model(MODEL, folder, packaged.sha256)
    copied.verify()
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        (byte,) = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelRefused, match=r"damaged or of another .*; install the package gt-all"):
        copied.verify()
    # As a folder of the user's own it is another model.
    assert Model(str(folder), folder).fingerprint() != packaged.fingerprint()


def test_the_packaged_model_and_its_copy_are_one(tmp_path: Path) -> None:
    packaged = locate(MODEL)
    folder = shutil.copytree(packaged.folder, tmp_path / "model")
    assert Model(str(folder), folder).fingerprint() == packaged.fingerprint()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/has-this-model", "not on this machine.*encoder.download = true.*encoder.model"),
        ("no/such/folder/anywhere", "neither a folder nor a hub name.*correct encoder.model"),
        ("what is this?", "neither a folder nor a hub name.*correct encoder.model"),
    ],
)
def test_a_missing_model_is_named_with_the_way_out(name: str, message: str) -> None:
    with pytest.raises(ModelNotFound, match=message) as caught:
        locate(name)
    assert name in str(caught.value)


def test_a_hub_out_of_reach_is_named_with_the_way_out() -> None:
    """In its own process: whether the hub may be asked is read at the first import."""
    code = "from embeddings.models import locate; locate('nobody/has-this-model', download=True)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"ModelNotFound: .*could not be fetched.*check the name", done.stderr)


@pytest.mark.parametrize(
    ("download", "message"),
    [
        (False, "is not on this machine.*encoder.download = true.*encoder.model"),
        (True, "could not be fetched from the hub.*check the name, the network"),
    ],
)
def test_a_cache_without_weights_is_no_model(tmp_path: Path, download: bool, message: str) -> None:
    """In its own process, as above."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    kept = tmp_path / "models--nobody--half-a-model"
    snapshot = kept / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json"):
        (snapshot / name).write_text("{}", encoding="utf-8")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(commit, encoding="utf-8")
    code = (
        f"from embeddings.models import locate;locate('nobody/half-a-model', download={download})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(f"ModelNotFound: the model nobody/half-a-model {message}", done.stderr)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a model", encoding="utf-8")
    with pytest.raises(ModelNotFound, match=r"neither modules.json nor config.json is in it; set"):
        locate(str(tmp_path))


def test_pickled_weights_are_refused(copy: Path) -> None:
    weights = copy / "model.safetensors"
    torch.save(load_file(weights), copy / "pytorch_model.bin")
    # Beside safe weights a pickle is not read.
    assert locate(str(copy)).folder == copy.resolve()
    weights.unlink()
    with pytest.raises(ModelRefused, match=r"pytorch_model.bin is a pickle.*convert the model"):
        locate(str(copy))


def test_pickled_weights_of_one_module_are_refused(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "dense", dense=16)
    weights = folder / "2_Dense" / "model.safetensors"
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    with pytest.raises(ModelRefused, match=r"2_Dense.pytorch_model.bin is a pickle"):
        locate(str(folder))


def test_a_folder_without_weights(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelRefused, match=r"no weights as .safetensors"):
        locate(str(copy))


@pytest.mark.parametrize("backend", ["openvino", "torch"])
@pytest.mark.parametrize("damage", ["truncated", "header", "empty"])
def test_damaged_weights_are_refused(
    copy: Path, tmp_path: Path, damage: str, backend: tiny.Backend
) -> None:
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    damaged = {"truncated": whole[:-1000], "header": b"\xff" * 64 + whole[64:], "empty": b""}
    weights.write_bytes(damaged[damage])
    message = f"cannot load {re.escape(str(copy))} from .* on cpu: ."
    with pytest.raises(ModelRefused, match=message):
        load(str(copy), backend=backend, cache=tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*")), "a damaged model leaves something in the cache"


def test_a_broken_configuration_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelRefused, match=r"cannot load .* from .* on cpu: ."):
        load(str(copy), cache=tmp_path / "cache")
