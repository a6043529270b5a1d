"""Loading of encoders: compiled by OpenVINO if that works, else by sentence-transformers itself."""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs

from embeddings.errors import ModelRefused, NotCompilable
from embeddings.models import (
    Card,
    Model,
    Prompts,
    card_of,
    centre_of,
    declared_languages,
    document_of,
    languages_common_of,
    locate,
)

if TYPE_CHECKING:
    from embeddings.encoder import Encoder, FloatArray, Forward
    from embeddings.heads import Reader, Reranker
    from embeddings.tokenizing import TextTokenizer

logger = logging.getLogger(__name__)


def load(
    name: str,
    *,
    backend: Literal["auto", "openvino", "torch"] = "auto",
    device: str = "cpu",
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
    cache: Path | None = None,
    download: bool = False,
    announce: Callable[[str], None] = logger.info,
) -> Encoder:
    """Load an encoder by its model's name or folder.

    Args:
        name: See `models.locate`.
        backend: `auto` takes OpenVINO on the CPU if it computes what sentence-transformers does.
        device: The device of torch: cpu, cuda, mps ...; OpenVINO serves the CPU only.
        query_prompt: The text before a question; None takes the model's own.
        passage_prompt: The text before a passage; None takes the model's own.
        cache: The folder of compiled models; None takes the user's cache folder.
        download: Whether the hub may be asked for a model that is not on this machine.
        announce: Called with a few words before something that takes long.

    Raises:
        ModelNotFound: See `models.locate`.
        DeviceRefused: Torch serves it, and cannot compute on the device.
        ModelRefused: The weights are damaged or cannot be loaded.
        NotCompilable: `backend` is openvino and OpenVINO cannot run this model.
        EncoderError: The compiled model cannot be kept in the cache folder.
    """
    # Imported here, as whoever only identifies an encoder needs no NumPy.
    from embeddings.encoder import Encoder

    model = locate(name, download=download)
    identity = model.fingerprint()
    card, tokenizer, forward = _forward(model, identity, backend, device, cache, announce)
    prompts = _prompts(model, card, query_prompt, passage_prompt)
    centre = centre_of(model, card.dim)
    return Encoder(
        name=model.name,
        fingerprint=_fingerprint(identity, prompts, centre),
        dim=card.dim,
        prompts=prompts,
        tokenizer=tokenizer,
        forward=forward,
        languages=declared_languages(model.folder),
        centre=centre,
        languages_common=languages_common_of(model, card.dim),
    )


def load_in_thread(load_it: Callable[[], Encoder]) -> Future[Encoder]:
    """Begin to load a compiled encoder; the caller may import what is none of this folder's.

    Args:
        load_it: Loads it, as `load` does.
    """
    # Imported here and not in the thread: two of them must not import one package at once.
    from embeddings import encoder, openvino_model  # noqa: F401

    pool = ThreadPoolExecutor(1, "encoder")
    loading = pool.submit(load_it)
    pool.shutdown(wait=False)
    return loading


def identify(
    name: str,
    *,
    query_prompt: str | None = None,
    passage_prompt: str | None = None,
    cache: Path | None = None,
) -> str | None:
    """Return the fingerprint that an encoder will have, without loading it.

    It is None if the model was not compiled on this machine, or cannot be.

    Args:
        name: As in `load`; the model is on this machine.
        query_prompt: As in `load`.
        passage_prompt: As in `load`.
        cache: As in `load`.

    Raises:
        ModelNotFound: See `models.locate`.
        ModelRefused: See `models.locate`.
    """
    model = locate(name)
    identity = model.fingerprint()
    try:
        card = card_of(document_of(_folder(cache, identity)))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    prompts = _prompts(model, card, query_prompt, passage_prompt)
    return _fingerprint(identity, prompts, centre_of(model, card.dim))


def _prompts(model: Model, card: Card, query: str | None, passage: str | None) -> Prompts:
    known = model.known
    return Prompts(
        query=(card.query_prompt or known.query_prompt) if query is None else query,
        passage=(card.passage_prompt or known.passage_prompt) if passage is None else passage,
    )


def _fingerprint(identity: str, prompts: Prompts, centre: FloatArray | None) -> str:
    parts = hashlib.sha256(f"{identity}\0{prompts.query}\0{prompts.passage}".encode())
    if centre is not None:
        parts.update(centre.tobytes())
    return parts.hexdigest()


def _folder(cache: Path | None, identity: str) -> Path:
    return (cache or Path(platformdirs.user_cache_dir("excerpta"))) / identity[:32]


def load_reranker(model: Model, device: str) -> Reranker:
    """Load a cross-encoder that `locate` has found.

    Raises:
        ModelRefused: It cannot be loaded, or is another kind of model.
    """
    # Imported here, as it imports torch, which takes seconds.
    from embeddings.heads import Reranker

    return Reranker.load(model, device)


def load_reader(model: Model, device: str) -> Reader:
    """Load an extractive reader that `locate` has found.

    Raises:
        ModelRefused: It cannot be loaded, or is another kind of model.
    """
    from embeddings.heads import Reader

    return Reader.load(model, device)


def _forward(
    model: Model,
    identity: str,
    backend: str,
    device: str,
    cache: Path | None,
    announce: Callable[[str], None],
) -> tuple[Card, TextTokenizer, Forward]:
    if backend == "openvino" or (backend == "auto" and device == "cpu"):
        folder = _folder(cache, identity)
        try:
            return _compiled(model, folder, announce)
        except NotCompilable as exc:
            if backend == "openvino" or model.packed:
                raise NotCompilable(
                    f"OpenVINO cannot run {model.name}: {exc}; {_instead(model)}"
                ) from exc
            again = f"delete {folder}" if folder.exists() else "start again"
            logger.warning(
                "OpenVINO cannot run %s (%s); torch serves it; to try OpenVINO again, %s",
                model.name,
                exc,
                again,
            )
    if model.packed:
        raise ModelRefused(
            f"torch cannot run the packed weights of {model.name} in {model.folder}; "
            f"{_instead(model)}"
        )
    announce("loading the encoder with torch")
    from embeddings.tokenizing import JsonTokenizer
    from embeddings.torch_model import TorchModel

    reference = TorchModel.load(model, device)
    tokenizer = JsonTokenizer(reference.tokenizer_json, reference.card.window)
    return reference.card, tokenizer, reference


def _instead(model: Model) -> str:
    if model.packed:
        return "set encoder.backend = auto and encoder.device = cpu, or encoder.model to another"
    return "set encoder.backend = auto or torch"


def _compiled(
    model: Model, folder: Path, announce: Callable[[str], None]
) -> tuple[Card, TextTokenizer, Forward]:
    # Imported here, so that OpenVINO is not imported before a model is needed.
    from embeddings import openvino_model as compiled

    found = compiled.read(folder)
    if found is None:
        try:
            _compile(model, folder, announce)
        except NotCompilable as exc:
            compiled.refuse(folder, exc)
            raise
        found = compiled.read(folder)
        if found is None:
            raise NotCompilable(f"what was just written to {folder} cannot be read")
    return found


def _compile(model: Model, folder: Path, announce: Callable[[str], None]) -> None:
    from embeddings import openvino_model as compiled

    if model.packed:
        announce("compiling the encoder (once, a few seconds)")
        from embeddings.packed_model import PackedModel

        compiled.write_packed(PackedModel.load(model), folder)
        return
    announce("compiling the encoder (once, about 20 seconds)")
    # Imported here, as torch takes seconds and a compiled model does not need it.
    from embeddings.torch_model import TorchModel

    compiled.write(TorchModel.load(model, "cpu"), folder)
    # A model of torch is full of cycles: 90 MB, which what was just compiled is about to take.
    gc.collect()
