"""The reranker: a cross-encoder, which reads a question and a passage together, and scores them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

# Read when transformers is imported: what is loaded here lies on disk, and the hub is not asked.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from sentence_transformers import CrossEncoder
from transformers import PreTrainedModel

from embeddings.encoder import FloatArray
from embeddings.errors import ModelRefused
from embeddings.heads import LOADING, SAMPLE, check_head, refusing, window
from embeddings.models import Model

_WANTED = (
    "a cross-encoder (...ForSequenceClassification with one label); set reranker.model to one, or "
    "leave it out"
)
_BATCH = 16


class Reranker:
    """Scores passages by a cross-encoder; `retrieval.types.Reranker` is what it promises."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model
        # A tokenizer of transformers keeps its truncation as a state, so it serves one at a time.
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, model: Model, device: str) -> Reranker:
        """Load a model; nothing is fetched and no code of the model's is run.

        Raises:
            ModelRefused: It cannot be loaded, or is no cross-encoder.
        """
        with refusing(model, device, _WANTED):
            loaded = CrossEncoder(
                str(model.folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs=LOADING,
            )
            # The raw score: what a sigmoid presses against 1 can hardly be told apart.
            loaded.activation_fn = torch.nn.Identity()
            if loaded.num_labels != 1:
                raise ModelRefused(f"{model.name} has {loaded.num_labels} labels; wanted {_WANTED}")
            body = loaded.model
            if not isinstance(body, PreTrainedModel):
                raise ModelRefused(f"{model.name} is no model of transformers; wanted {_WANTED}")
            check_head(model, body, _WANTED)
            loaded.max_seq_length = window(loaded.max_seq_length, body)
            reranker = cls(loaded)
            question, passage = SAMPLE
            if not np.isfinite(reranker.score(question, [passage, ""])).all():
                raise ModelRefused(f"{model.name} computes no finite scores; wanted {_WANTED}")
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
            scores = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32)
