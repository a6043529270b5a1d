"""Models that read a question and a passage together: the reranker and the reader.

The reranker is a cross-encoder, which scores passages. The reader finds the words of a passage that
answer, or that none of them do. Both are a body with a head, and are refused if the weights of the
head are missing, or if the weights are a pickle.
"""

from __future__ import annotations

import inspect
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

# transformers reads this at its import: models are loaded from disk, and the hub is not asked.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from safetensors import safe_open
from sentence_transformers import CrossEncoder
from tokenizers import Encoding, Tokenizer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedModel
from transformers.utils import logging as transformers_logging

from embeddings.device import check_device
from embeddings.encoder import Batch, FloatArray
from embeddings.errors import ModelRefused
from embeddings.models import Model
from embeddings.tokenizing import Tokenized, backend_json

# These are progress bars, and warnings that concern training.
transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

# So many tokens of question and passage are read at a time. Models that can read thousands are kept
# to it, as time grows faster than length.
_WINDOW = 512

# A pair longer than any window: a model is tried on it, so that it has computed a whole window.
SAMPLE = ("Where does the minefield end?", "It ends where the field does. " * 100)

# Weights are never loaded from a pickle, and in the precision that a CPU computes best.
LOADING: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}


_WANTED_RERANKER = (
    "a cross-encoder (...ForSequenceClassification with one label); set reranker.model to one, or "
    "leave it out"
)
_RERANKER_BATCH = 16

_WANTED_READER = "a reader (...ForQuestionAnswering); set reader.model to one, or leave it out"
_READER_BATCH = 8
# The greatest length of an answer in tokens, as in BERT's evaluation (Devlin et al. 2019).
_ANSWER = 30
# The question has at most a half of a window, and two windows share an eighth.
_QUESTION_SHARE, _SHARED = 2, 8


@contextmanager
def refusing(model: Model, device: str, wanted: str) -> Iterator[None]:
    """Turn any error of loading a model or trying it out into one line.

    Args:
        model: The model that is loaded.
        device: The device that it is loaded onto.
        wanted: The kind of model that is wanted, and what to do, for the message.

    Raises:
        DeviceRefused: Torch cannot compute on the device.
        ModelRefused: It cannot be loaded, or does not compute.
    """
    check_device(device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModelRefused:
            raise
        except Exception as exc:  # safetensors, tokenizers and models raise kinds of their own
            reason = str(exc).strip() or type(exc).__name__
            raise ModelRefused(
                f"cannot load {model.name} on {device}: {reason.splitlines()[0]}; wanted {wanted}"
            ) from exc


def check_head(model: Model, loaded: PreTrainedModel, wanted: str) -> None:
    """Check that the head's weights are on disk, as transformers makes random ones otherwise.

    Args:
        model: The model on disk.
        loaded: The loaded model with its head.
        wanted: The kind of model that is wanted, and what to do, for the message.

    Raises:
        ModelRefused: The weights of a parameter outside of the body are not on disk.
    """
    stored: set[str] = set()
    for file in model.folder.rglob("*.safetensors"):
        with safe_open(file, framework="pt") as weights:
            stored.update(weights.keys())
    body = f"{loaded.base_model_prefix}."
    missing = [
        name
        for name, _ in loaded.named_parameters()
        if not name.startswith(body) and stored.isdisjoint({name, body + name})
    ]
    if missing:
        kind, *_ = loaded.config.architectures or ["model of an unknown kind"]
        raise ModelRefused(f"{model.name} is a {kind} without {missing[0]}; wanted {wanted}")


def window(declared: int | None, loaded: PreTrainedModel) -> int:
    """Return how many tokens are read at a time, special tokens included.

    Args:
        declared: The tokenizer's limit; one without a limit declares 10^30 or nothing.
        loaded: The model, whose number of positions is a limit, too.
    """
    positions = getattr(loaded.config, "max_position_embeddings", None)
    return min(_WINDOW, declared or _WINDOW, positions or _WINDOW)


class Reranker:
    """Scores passages by a cross-encoder, as `retrieval.types.Reranker` describes."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model
        # Truncation is a state of the tokenizer, so it serves one call at a time.
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, model: Model, device: str) -> Reranker:
        """Load a model from disk, without running code that comes with it.

        Raises:
            ModelRefused: It cannot be loaded, or is no cross-encoder.
        """
        with refusing(model, device, _WANTED_RERANKER):
            loaded = CrossEncoder(
                str(model.folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs=LOADING,
            )
            # Raw scores are wanted, as a sigmoid makes the best ones nearly equal.
            loaded.activation_fn = torch.nn.Identity()
            if loaded.num_labels != 1:
                raise ModelRefused(
                    f"{model.name} has {loaded.num_labels} labels; wanted {_WANTED_RERANKER}"
                )
            body = loaded.model
            if not isinstance(body, PreTrainedModel):
                raise ModelRefused(
                    f"{model.name} is no model of transformers; wanted {_WANTED_RERANKER}"
                )
            check_head(model, body, _WANTED_RERANKER)
            loaded.max_seq_length = window(loaded.max_seq_length, body)
            reranker = cls(loaded)
            question, passage = SAMPLE
            if not np.isfinite(reranker.score(question, [passage, ""])).all():
                raise ModelRefused(
                    f"{model.name} computes no finite scores; wanted {_WANTED_RERANKER}"
                )
        return reranker

    def score(self, question: str, passages: Sequence[str]) -> FloatArray:
        """Score passages: (passages,) float32, any real number, higher is better.

        What exceeds the model's window, at most 512 tokens of question and passage, is cut from the
        longer of the two.
        """
        if not passages:
            return np.zeros(0, dtype=np.float32)
        pairs = [(question, passage) for passage in passages]
        with self._one_at_a_time:
            scores = self._model.predict(pairs, batch_size=_RERANKER_BATCH, show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reading:
    """The best answer in the words of a passage; see `retrieval.types.Reading`."""

    start: int
    end: int
    score: float
    no_answer: float


class Reader:
    """Reads passages by an extractive model, as `retrieval.types.Reader` describes.

    Args:
        model: A ...ForQuestionAnswering.
        tokenizer_json: Its tokenizer, as the tokenizers library writes it.
        inputs: The model's inputs, of `input_ids`, `token_type_ids`, `attention_mask`.
        tokens: The number of tokens in a window, special tokens included.
        null_id: The token whose place means "no answer"; None means the first place.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer_json: str,
        inputs: tuple[str, ...],
        tokens: int,
        null_id: int | None,
    ) -> None:
        self._model = model.eval()  # type: ignore[no-untyped-call]
        self._inputs = inputs
        self._null_id = null_id
        self._questions = Tokenizer.from_str(tokenizer_json)
        self._questions.no_padding()
        self._questions.enable_truncation(tokens // _QUESTION_SHARE)
        self._pairs = Tokenizer.from_str(tokenizer_json)
        self._pairs.no_padding()
        self._pairs.enable_truncation(tokens, stride=tokens // _SHARED, strategy="only_second")

    @classmethod
    def load(cls, model: Model, device: str) -> Reader:
        """Load a model from disk, without running code that comes with it.

        Raises:
            ModelRefused: It cannot be loaded, or is no extractive reader.
        """
        safe = {"local_files_only": True, "trust_remote_code": False}
        with refusing(model, device, _WANTED_READER):
            loaded = AutoModelForQuestionAnswering.from_pretrained(model.folder, **safe, **LOADING)
            check_head(model, loaded, _WANTED_READER)
            tokenizer = AutoTokenizer.from_pretrained(model.folder, **safe)
            tokens = window(tokenizer.model_max_length, loaded)
            # A tokenizer may name inputs that the model does not take.
            accepted = inspect.signature(loaded.forward).parameters
            inputs = tuple(name for name in tokenizer.model_input_names if name in accepted)
            json = backend_json(tokenizer, model.name)
            reader = cls(loaded.to(device), json, inputs, tokens, tokenizer.cls_token_id)
            question, passage = SAMPLE
            (reading,) = reader.read(question, [passage])
            if reading is None or not np.isfinite([reading.score, reading.no_answer]).all():
                raise ModelRefused(
                    f"{model.name} computes no finite scores; wanted {_WANTED_READER}"
                )
        return reader

    def read(self, question: str, passages: Sequence[str]) -> list[Reading | None]:
        """Find in each passage the span that answers best; None in a passage without words.

        A passage that exceeds the model's window is read in several windows that overlap. A
        question is cut to half a window.
        """
        encoding = self._questions.encode(question, add_special_tokens=False)
        cut = question[: max((end for _, end in encoding.offsets), default=0)]
        encodings = self._pairs.encode_batch([(cut, passage) for passage in passages])
        windows = [
            (n, text)
            for n, whole in enumerate(encodings)
            for one in (whole, *whole.overflowing)
            if len((text := _tokenized(one, passages[n])).content)
        ]
        readings: list[Reading | None] = [None] * len(passages)
        for at in range(0, len(windows), _READER_BATCH):
            part = windows[at : at + _READER_BATCH]
            starts, ends = self._logits(Batch.of([text for _, text in part]))
            for row, (n, text) in enumerate(part):
                found = self._best(text, starts[row], ends[row])
                readings[n] = _joined(readings[n], found)
        return readings

    def _logits(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        feed = batch.feed(self._inputs)
        with torch.inference_mode():
            device = self._model.device
            found = self._model(**{key: torch.from_numpy(feed[key]).to(device) for key in feed})
        return found.start_logits.float().cpu().numpy(), found.end_logits.float().cpu().numpy()

    def _best(self, text: Tokenized, starts: FloatArray, ends: FloatArray) -> Reading:
        """Return the span whose start and end score highest together; of equal ones, the first."""
        scores = starts[text.content][:, None] + ends[text.content][None, :]
        every = np.ones_like(scores, dtype=bool)
        # The end is not before the start, and not too far after it.
        scores = np.where(np.triu(every) & ~np.triu(every, _ANSWER), scores, -np.inf)
        first, last = np.unravel_index(int(scores.argmax()), scores.shape)
        null = int(np.argmax(text.ids == self._null_id))
        return Reading(
            start=int(text.spans[first, 0]),
            end=int(text.spans[last, 1]),
            score=float(scores[first, last]),
            no_answer=float(starts[null] + ends[null]),
        )


def _tokenized(encoding: Encoding, passage: str) -> Tokenized:
    """Select the tokens of the passage in a window, with spans that leave out white space."""
    content: list[int] = []
    spans: list[tuple[int, int]] = []
    for place, (sequence, (start, end)) in enumerate(
        zip(encoding.sequence_ids, encoding.offsets, strict=True)
    ):
        token = passage[start:end] if sequence == 1 else ""
        if token.strip():
            content.append(place)
            left = len(token) - len(token.lstrip())
            spans.append((start + left, start + left + len(token.strip())))
    return Tokenized(
        ids=np.array(encoding.ids, dtype=np.int64),
        types=np.array(encoding.type_ids, dtype=np.int64),
        content=np.array(content, dtype=np.int64),
        spans=np.array(spans, dtype=np.int32).reshape(-1, 2),
    )


def _joined(before: Reading | None, found: Reading) -> Reading:
    """Join the readings of two windows: the better span, and the lower score for no answer.

    This is how BERT is evaluated on SQuAD 2.0 (Devlin et al. 2019): a window without an answer
    means only that the answer is not in this window.
    """
    if before is None:
        return found
    best = max(before, found, key=lambda one: one.score)
    no_answer = min(before.no_answer, found.no_answer)
    return Reading(best.start, best.end, best.score, no_answer)
