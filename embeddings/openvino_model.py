"""Models compiled by OpenVINO: they run without torch, and are kept in a cache folder."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.encoder import Batch, FloatArray
from embeddings.errors import EncoderError, MemoryShort, NotCompilable
from embeddings.models import CARD, FORMAT, Card, card_of, digest, document_of
from embeddings.runtime import ov
from embeddings.tokenizing import JSON, PIECES, TextTokenizer, open_tokenizer

if TYPE_CHECKING:
    from embeddings.packed_model import PackedModel
    from embeddings.torch_model import TorchModel

logger = logging.getLogger(__name__)

_MODEL, _WEIGHTS = "model.xml", "model.bin"
# The least cosine of the compiled model's vectors, in float32 or bfloat16, with the original ones,
# and where matrices are rounded.
_LEAST_COSINE, _LEAST_COSINE_ROUNDED = 0.999, 0.995
# Compiling takes seconds to minutes, so an older draft was left by a killed process.
_DRAFT, _DRAFT_S = ".draft-", 3600.0
# OpenVINO and torch report in these words, in errors of any kind, that memory ran out.
_SHORTAGES = ("bad_alloc", "not enough memory", "out of memory", "allocate memory")


class OpenVinoModel:
    """A forward pass by OpenVINO.

    Each core computes a batch of its own. With all cores for one question, its answer would come a
    little sooner and take half as much CPU time again, which a busy bot lacks.
    """

    def __init__(self, folder: Path, inputs: tuple[str, ...]) -> None:
        core = ov.Core()
        # The weights are read, for 40 MB more: where a mapped file is cut off, the system ends
        # whoever reads it.
        core.set_property({"ENABLE_MMAP": False})
        self._inputs = inputs
        self.streams = max(1, len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2)
        options = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": str(self.streams),
            "INFERENCE_PRECISION_HINT": "bf16" if _has_bfloat16() else "f32",
        }
        self._requests = _Requests(core.compile_model(folder / _MODEL, "CPU", options))

    def compute(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        """Compute vectors and token vectors."""
        return self._requests.infer(batch.feed(self._inputs))


class _Requests:
    """Inference requests of a compiled model; each is used by one thread at a time."""

    def __init__(self, model: ov.CompiledModel) -> None:
        self._model = model
        self._idle: SimpleQueue[ov.InferRequest] = SimpleQueue()

    def infer(self, feed: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._model.create_infer_request()
        request.infer(feed)
        # The arrays are copies, as the next inference writes into the request's memory.
        outputs = tuple(request.get_output_tensor(n).data.astype(np.float32) for n in (0, 1))
        self._idle.put(request)
        return outputs[0], outputs[1]


def read(folder: Path) -> tuple[Card, TextTokenizer, OpenVinoModel] | None:
    """Load the model that was written to the folder; None if there is none.

    A folder that cannot be used is deleted.

    Raises:
        NotCompilable: `refuse` noted that this version of OpenVINO cannot compile the model.
        EncoderError: The folder can neither be used nor deleted.
    """
    try:
        if not folder.exists():
            return None
        document = document_of(folder)
        if "refused" in document:
            if document["openvino"] != ov.__version__:
                raise ValueError(f"refused by OpenVINO {document['openvino']}")
            raise NotCompilable(document["refused"])
        card = card_of(document)
        # All three release the interpreter's lock, so they run at the same time.
        with ThreadPoolExecutor(2) as pool:
            tokenizer = pool.submit(open_tokenizer, folder, card.window)
            verified = pool.submit(_verify, folder, document["sha256"])
            forward = OpenVinoModel(folder, card.inputs)
            verified.result()
            return card, tokenizer.result(), forward
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as exc:
        logger.warning("compiling again: what %s holds is damaged or of another version", folder)
        logger.debug("what was wrong with %s: %r", folder, exc)
    # Deleted now, as another process may save a good one while this one compiles.
    try:
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise EncoderError(
            f"the compiled encoder {folder} can neither be used nor deleted ({exc.strerror}); "
            "delete it, or set encoder.cache to a folder that can be written"
        ) from exc
    return None


def _verify(folder: Path, digests: dict[str, str]) -> None:
    for name, expected in digests.items():
        if digest(folder / name) != expected:
            raise ValueError(f"{name} has changed")


def write(reference: TorchModel, folder: Path) -> None:
    """Trace a model, and save in the folder, all at once, what is needed to run it without torch.

    Raises:
        NotCompilable: OpenVINO cannot trace it, or computes something else, or memory ran out.
        EncoderError: The folder cannot be made or written.
    """
    with _drafting(folder) as draft:
        card = reference.card
        module, example = reference.traceable()
        try:
            with _muffled():
                traced = ov.convert_model(module, example_input=example)
        except Exception as exc:  # OpenVINO raises whatever its frontend met
            raise _refusal(exc, f"{type(exc).__name__}: {exc}".splitlines()[0]) from exc
        for port, name in zip(traced.inputs, card.inputs, strict=True):
            port.get_tensor().set_names({name})
        traced.reshape({name: [-1, -1] for name in card.inputs})
        _save(traced, draft)
        (draft / JSON).write_text(reference.tokenizer_json, encoding="utf-8")
        try:
            if _has_bfloat16() or not _rounded(reference, traced, draft):
                _compare(reference, OpenVinoModel(draft, card.inputs))
        except (RuntimeError, MemoryError) as exc:
            raise _refusal(exc, "what it traced does not run on texts of other lengths") from exc
        _describe(draft, card, JSON)


def write_packed(packed: PackedModel, folder: Path) -> None:
    """Save in the folder, all at once, what is needed to run packed weights.

    Raises:
        NotCompilable: OpenVINO computes something else, or memory ran out.
        EncoderError: The folder cannot be made or written.
    """
    with _drafting(folder) as draft:
        try:
            _save(packed.graph(packs_products=not _has_bfloat16()), draft)
            (draft / PIECES).write_bytes(packed.tokenizer)
            packed.check(OpenVinoModel(draft, packed.card.inputs))
        except (RuntimeError, MemoryError) as exc:
            raise _refusal(exc, f"{type(exc).__name__}: {exc}".splitlines()[0]) from exc
        _describe(draft, packed.card, PIECES)


def _has_bfloat16() -> bool:
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _save(model: ov.Model, draft: Path) -> None:
    try:
        ov.save_model(model, draft / _MODEL)
    except RuntimeError as exc:
        raise _unkept(draft.parent, "it cannot be written") from exc


def _rounded(reference: TorchModel, traced: ov.Model, draft: Path) -> bool:
    """Put a model with matrices in eight bits in place of the draft's, if it computes the same.

    It takes 70 MB less memory, and as long in float32; where a processor multiplies bytes, less.
    Bfloat16 would gain little.
    """
    # Imported here, as only compiling needs it.
    from embeddings.quantized import round_matrices

    with tempfile.TemporaryDirectory(dir=draft) as folder:
        round_matrices(traced)
        _save(traced, Path(folder))
        try:
            rounded = OpenVinoModel(Path(folder), reference.card.inputs)
            _compare(reference, rounded, _LEAST_COSINE_ROUNDED)
        except NotCompilable as exc:
            logger.debug("the matrices of %s are not rounded: %s", draft, exc)
            return False
        for name in (_MODEL, _WEIGHTS):
            (Path(folder) / name).replace(draft / name)
    return True


def _describe(draft: Path, card: Card, tokenizer: str) -> None:
    digests = {name: digest(draft / name) for name in (_MODEL, _WEIGHTS, tokenizer)}
    document = {"format": FORMAT, "card": asdict(card), "sha256": digests}
    (draft / CARD).write_text(json.dumps(document, indent=1), encoding="utf-8")


@contextmanager
def _muffled() -> Iterator[None]:
    """Silence the warnings of a conversion, and restore the level of the root logger."""
    root = logging.getLogger()
    level = root.level
    try:
        with warnings.catch_warnings():
            # They warn of branches that the tracer makes constant; `_compare` finds a wrong one.
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)


def _refusal(cause: Exception, reason: str) -> NotCompilable:
    # OpenVINO wraps errors in errors of its own.
    error: BaseException | None = cause
    while error is not None:
        message = str(error).lower()
        if isinstance(error, MemoryError) or any(shortage in message for shortage in _SHORTAGES):
            return MemoryShort("memory ran out")
        error = error.__cause__ or error.__context__
    return NotCompilable(reason)


def refuse(folder: Path, refusal: NotCompilable) -> None:
    """Note in the folder that the model cannot be compiled, so that no start tries it again.

    The note counts for this version of OpenVINO. A shortage of memory is not noted, as it may pass.
    """
    if isinstance(refusal, MemoryShort):
        return
    with _drafting(folder) as draft:
        document = {"format": FORMAT, "refused": str(refusal), "openvino": ov.__version__}
        (draft / CARD).write_text(json.dumps(document), encoding="utf-8")


def _compare(reference: TorchModel, compiled: OpenVinoModel, least: float = _LEAST_COSINE) -> None:
    for batch in reference.samples():
        for expected, found in zip(reference.compute(batch), compiled.compute(batch), strict=True):
            # Token vectors of padding are not compared.
            keep = batch.mask.astype(bool) if expected.ndim == 3 else np.ones(len(expected), bool)
            cosine = _cosines(expected[keep], found[keep]).min()
            if not cosine >= least:
                raise NotCompilable(f"its vectors differ from the model's (cosine {cosine:.4f})")


def _cosines(a: FloatArray, b: FloatArray) -> FloatArray:
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.asarray((a * b).sum(axis=-1) / np.maximum(norms, 1e-12), dtype=np.float32)


class _drafting:
    """A draft that becomes `folder` if the block succeeds, unless another process was first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Path:
        parent = self._folder.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _sweep(parent)
            self._draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=parent))
        except OSError as exc:
            raise _unkept(parent, exc.strerror) from exc
        return self._draft

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, _: object
    ) -> None:
        if kind is None:
            try:  # a folder can only be renamed onto an empty one
                self._draft.rename(self._folder)
            except OSError:
                logger.debug("another process has compiled %s meanwhile", self._folder)
        shutil.rmtree(self._draft, ignore_errors=True)
        if isinstance(exc, OSError):
            raise _unkept(self._folder.parent, exc.strerror) from exc


def _unkept(parent: Path, why: str | None) -> EncoderError:
    return EncoderError(
        f"the compiled encoder cannot be kept in {parent} ({why}); set encoder.cache to a folder "
        "that can be written, on a disk that has room"
    )


def _sweep(parent: Path) -> None:
    """Delete the drafts of processes that were killed."""
    for draft in parent.glob(f"{_DRAFT}*"):
        with suppress(FileNotFoundError):  # its process has finished it meanwhile
            if draft.stat().st_mtime < time.time() - _DRAFT_S:
                shutil.rmtree(draft, ignore_errors=True)
