"""Encoders, which make vectors and token vectors of text, and optional rerankers and readers.

    name -> models.locate -> Model on disk -> loader.load -> Encoder
    text -> tokenizing.TextTokenizer -> encoder.Batch -> openvino_model | torch_model -> vectors

`loader.identify` computes an encoder's fingerprint without loading it. `packed_model` builds the
multilingual encoder for OpenVINO from `packed_weights`; `quantized` keeps matrices in few bits.
`heads` holds the reranker and the reader, which are loaded only if the settings name them.
`cluster.ClusterEncoder` lets the nodes of a Ray cluster encode passages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config import imported_later
from embeddings.errors import EncoderError, ModelNotFound, ModelRefused, NotCompilable

if TYPE_CHECKING:
    from embeddings.cluster import ClusterEncoder
    from embeddings.encoder import Encoder
    from embeddings.loader import identify, load, load_in_thread, load_reader, load_reranker
    from embeddings.models import ALIASES, Model, locate

__all__ = [
    "ALIASES",
    "ClusterEncoder",
    "Encoder",
    "EncoderError",
    "Model",
    "ModelNotFound",
    "ModelRefused",
    "NotCompilable",
    "identify",
    "load",
    "load_in_thread",
    "load_reader",
    "load_reranker",
    "locate",
]

__getattr__ = imported_later(
    __name__,
    {
        "cluster": "ClusterEncoder",
        "encoder": "Encoder",
        "loader": "identify load load_in_thread load_reader load_reranker",
        "models": "ALIASES Model locate",
    },
)
