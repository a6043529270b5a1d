"""What a model declares - pooling, layers, prompts - is what the encoder computes."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import embeddings
from embeddings import ModelRefused, NotCompilable, load, locate
from embeddings import openvino_model as compiled
from embeddings.torch_model import TorchModel
from tests.embeddings import tiny

PROMPTS = {"query": "query: ", "document": "passage: "}
KINDS: dict[str, dict[str, Any]] = {
    "mean": {},
    "cls": {"pooling": "cls"},
    "last token": {"pooling": "lasttoken"},
    "dense": {"dense": 16},
    "not normalised": {"normalize": False},
    "cased": {"kind": "cased"},
    "lower-cased before the tokenizer": {"kind": "cased", "do_lower_case": True},
    "prompts": {"prompts": PROMPTS},
    "no token types": {"kind": "distilbert"},
    "positions depend on padding": {"kind": "roberta", "prompts": PROMPTS},
    "no more positions than its window": {"kind": "narrow", "window": tiny.NARROW},
}
# Of these, which differ most, each is compiled in every run of the tests.
QUICK = {"dense", "positions depend on padding"}
# Traced for one length only, and not traced at all (by OpenVINO 2026.4).
NOT_COMPILABLE = {"longformer": "texts of other lengths", "gemma": "TorchScript"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("kinds")
    return {name: tiny.build(base / name, **kind) for name, kind in KINDS.items()}


@pytest.fixture(scope="module", params=NOT_COMPILABLE)
def not_compilable(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    kind: str = request.param
    return tiny.build(tmp_path_factory.mktemp("refused") / kind, kind=kind)


@pytest.mark.parametrize(
    ("kind", "backend"),
    [
        *[pytest.param(kind, "openvino", marks=() if kind in QUICK else pytest.mark.slow)
          for kind in KINDS],
        *[(kind, "torch") for kind in KINDS],
    ],
)  # fmt: skip
def test_vectors_are_those_of_sentence_transformers(
    folders: dict[str, Path], encoder_cache: Path, kind: str, backend: tiny.Backend
) -> None:
    encoder = load(str(folders[kind]), backend=backend, cache=encoder_cache)
    plain = tiny.reference(folders[kind])
    queries = [encoder.encode_query(text) for text in tiny.TEXTS]
    passages = encoder.encode_passages(tiny.TEXTS)
    for encodings, expected in (
        ([query.vector for query in queries], plain.encode_query(tiny.TEXTS)),
        ([passage.vector for passage in passages], plain.encode_document(tiny.TEXTS)),
    ):
        assert tiny.cosines(encodings, expected).min() >= 0.999
        np.testing.assert_allclose(np.linalg.norm(encodings, axis=1), 1, atol=1e-5)
        # So that agreement means something: no text's vector passes for another's.
        alike = np.stack(encodings) @ np.stack(encodings).T
        assert alike[~np.eye(len(alike), dtype=bool)].max() < 0.99
    assert encoder.dim == expected.shape[1] == len(queries[0].vector)


def test_kinds_differ(folders: dict[str, Path]) -> None:
    """Each option of `tiny.build` reaches the saved model, or the test above proves little."""
    text = "Where does the Minefield begin?"
    weights = ("mean", "cls", "last token", "prompts", "cased", "no token types")
    vectors = [tiny.reference(folders[kind]).encode_query([text])[0] for kind in weights]
    alike = np.stack(vectors) @ np.stack(vectors).T
    assert alike[~np.eye(len(alike), dtype=bool)].max() < 0.999
    lowered = tiny.reference(folders["lower-cased before the tokenizer"])
    assert tiny.cosines([lowered.encode([text])[0]], lowered.encode([text.lower()])) > 0.9999


def test_tokens_keep_their_dimension_beside_a_dense_layer(
    folders: dict[str, Path], encoder_cache: Path
) -> None:
    encoder = load(str(folders["dense"]), cache=encoder_cache)
    for text, count in (("mines and wire", 3), ("", 0)):
        query = encoder.encode_query(text)
        (passage,) = encoder.encode_passages([text])
        assert (encoder.dim, query.vector.shape) == (16, (16,))
        assert query.tokens.shape == (count, tiny.HIDDEN)
        assert passage.codes.shape == (count, tiny.HIDDEN // 8)


def test_prompts_are_read_and_overridden(folders: dict[str, Path], encoder_cache: Path) -> None:
    folder = str(folders["prompts"])
    declared = load(folder, cache=encoder_cache)
    without = load(folder, cache=encoder_cache, query_prompt="", passage_prompt="")
    other = load(folder, cache=encoder_cache, query_prompt="ask: ", passage_prompt="tell: ")
    plain = tiny.reference(folders["prompts"])
    text = "Who holds the bridge?"
    for encoder, query_prompt, passage_prompt in (
        (declared, "query: ", "passage: "),
        (without, "", ""),
        (other, "ask: ", "tell: "),
    ):
        query = encoder.encode_query(text)
        (passage,) = encoder.encode_passages([text])
        assert tiny.cosines([query.vector], plain.encode([text], prompt=query_prompt)) >= 0.999
        assert tiny.cosines([passage.vector], plain.encode([text], prompt=passage_prompt)) >= 0.999
        # The prompt's own tokens are not handed on, and spans count from the text's beginning.
        assert [text[a:b] for a, b in query.spans] == ["Who", "holds", "the", "bridge", "?"]
        assert passage.starts.tolist() == [0, 4, 10, 14, 20]
    unlike = [encoder.encode_query(text).vector for encoder in (declared, without, other)]
    assert (np.stack(unlike) @ np.stack(unlike).T)[np.triu_indices(3, 1)].max() < 0.999
    assert declared.max_tokens == without.max_tokens - 2
    assert len({encoder.fingerprint for encoder in (declared, without, other)}) == 3


@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_a_known_model_is_fed_and_read_as_such_wherever_it_lies(
    tmp_path: Path, encoder_cache: Path, backend: tiny.Backend
) -> None:
    """As the packed one is: with its prompts, layers and centre, which its files do not declare."""
    folder = tiny.build(tmp_path / "multilingual-e5-small", kind="deep")
    encoder = load(str(folder), backend=backend, cache=encoder_cache)
    text = "Who holds the bridge?"

    query = encoder.encode_query(text)

    plain = tiny.reference(folder)
    assert tiny.cosines([query.vector], plain.encode([text], prompt="query: ")) >= 0.999
    read = plain.preprocess(["query: " + text])
    transformer: Any = plain[0].model
    layers = transformer(**read, output_hidden_states=True).hidden_states[-3:]
    mixed = (layers[0] + layers[1] + 2 * layers[2])[0].detach().numpy()
    own = mixed[3:-1] - np.load(Path(embeddings.__file__).with_name("multilingual_centre.npy"))
    assert tiny.cosines(list(query.tokens), own).min() >= 0.998
    # A model of other sizes has only its name.
    other = tiny.build(tmp_path / "other" / "multilingual-e5-small")
    tokens = load(str(other), backend=backend, cache=encoder_cache).encode_query(text).tokens
    assert tokens.shape == (5, tiny.HIDDEN)


def test_prompts_by_older_names(tmp_path: Path, encoder_cache: Path) -> None:
    """Sentence-transformers knows "passage" by name only; a model that declares it means passages.

    A default prompt belongs to `encode` alone, which is neither for questions nor for passages.
    """
    prompts = {"passage": "passage: ", "clustering": "cluster: "}
    folder = tiny.build(tmp_path / "old", prompts=prompts, default_prompt_name="clustering")
    encoder = load(str(folder), cache=encoder_cache)
    plain = tiny.reference(folder)
    text = ["Who holds the bridge?"]
    assert tiny.cosines([encoder.encode_query(text[0]).vector], plain.encode_query(text)) >= 0.999
    found = encoder.encode_passages(text)[0].vector
    assert tiny.cosines([found], plain.encode(text, prompt_name="passage")) >= 0.999


def test_prompts_left_out_of_pooling_are_refused(tmp_path: Path, encoder_cache: Path) -> None:
    folder = tiny.build(tmp_path / "instructed", prompts=PROMPTS, include_prompt=False)
    with pytest.raises(ModelRefused, match=r"include_prompt is false .* choose another model"):
        load(str(folder), cache=encoder_cache)


@pytest.mark.slow
def test_fingerprints_tell_models_apart(
    folders: dict[str, Path], tmp_path: Path, encoder_cache: Path
) -> None:
    prints = {load(str(f), cache=encoder_cache).fingerprint for f in folders.values()}
    assert len(prints) == len(folders)
    copy = shutil.copytree(folders["mean"], tmp_path / "copy")
    assert load(str(copy), cache=encoder_cache).fingerprint in prints
    other = tiny.build(tmp_path / "other", seed=1)
    assert load(str(other), cache=encoder_cache).fingerprint not in prints
    settings = copy / "sentence_bert_config.json"
    shorter = json.loads(settings.read_text()) | {"max_seq_length": 32}
    settings.write_text(json.dumps(shorter))
    assert load(str(copy), cache=encoder_cache).fingerprint not in prints


@pytest.mark.slow
def test_what_does_not_compile_is_served_by_torch(
    not_compilable: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # OpenVINO's second attempt, by torch.export, sets the level to ERROR.
    caplog.set_level(logging.INFO)
    told: list[str] = []
    encoder = load(str(not_compilable), cache=tmp_path, announce=told.append)
    assert logging.getLogger().level == logging.INFO
    plain = tiny.reference(not_compilable)
    queries = [encoder.encode_query(text).vector for text in tiny.TEXTS]
    passages = [passage.vector for passage in encoder.encode_passages(tiny.TEXTS)]
    assert tiny.cosines(queries, plain.encode_query(tiny.TEXTS)).min() >= 0.999
    assert tiny.cosines(passages, plain.encode_document(tiny.TEXTS)).min() >= 0.999
    assert told == [
        "compiling the encoder (once, about 20 seconds)",
        "loading the encoder with torch",
    ]
    (refused,) = tmp_path.iterdir()
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert NOT_COMPILABLE[not_compilable.name] in warning
    assert warning.endswith(f"torch serves it; to try OpenVINO again, delete {refused}")

    again: list[str] = []
    load(str(not_compilable), cache=tmp_path, announce=again.append)
    assert again == told[1:], "a model that was refused once is traced again"


@pytest.mark.slow
def test_openvino_says_why_it_refuses(not_compilable: Path, tmp_path: Path) -> None:
    reason = NOT_COMPILABLE[not_compilable.name]
    message = f"cannot run {re.escape(str(not_compilable))}: .*{reason}.*; set encoder.backend = "
    with pytest.raises(NotCompilable, match=message):
        load(str(not_compilable), backend="openvino", cache=tmp_path)
    (card,) = tmp_path.glob("*/card.json")
    assert reason in json.loads(card.read_text(encoding="utf-8"))["refused"]
    before = card.stat().st_mtime_ns
    told: list[str] = []
    with pytest.raises(NotCompilable, match=message):
        load(str(not_compilable), backend="openvino", cache=tmp_path, announce=told.append)
    assert told == []
    assert card.stat().st_mtime_ns == before
    assert [path.name for path in card.parent.parent.iterdir()] == [card.parent.name]

    # A refusal by another version is forgotten.
    refusal = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps(refusal | {"openvino": "2020.1"}), encoding="utf-8")
    load(str(not_compilable), cache=tmp_path, announce=told.append)
    assert told[0].startswith("compiling the encoder")
    assert json.loads(card.read_text(encoding="utf-8")) == refusal


class Exhausting(TorchModel):
    """A model for which memory runs out while it is traced."""

    error: Exception

    def traceable(self) -> tuple[torch.nn.Module, tuple[torch.Tensor, ...]]:
        _, example = super().traceable()
        return Raising(self.error), example


class Raising(torch.nn.Module):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def forward(self, *_: torch.Tensor) -> torch.Tensor:
        raise self._error


@pytest.mark.parametrize(
    ("error", "remembered"),
    [
        (MemoryError(), False),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), False),
        (RuntimeError("Exception: std::bad_alloc"), False),
        (RuntimeError("an operation that is not known"), True),
    ],
)
def test_a_shortage_of_memory_is_not_remembered(
    folders: dict[str, Path], tmp_path: Path, error: Exception, remembered: bool
) -> None:
    reference = Exhausting.load(locate(str(folders["mean"])), "cpu")
    assert isinstance(reference, Exhausting)
    reference.error = error
    folder = tmp_path / "model"
    with pytest.raises(NotCompilable) as caught:
        compiled.write(reference, folder)
    compiled.refuse(folder, caught.value)
    assert folder.exists() == remembered
