"""Text to vectors and token vectors; optional models that score and read passages."""

from embeddings.encoder import Encoder
from embeddings.errors import EncoderError, ModelNotFound, ModelRefused, NotCompilable
from embeddings.loader import identify, load, load_reader, load_reranker
from embeddings.models import Model, locate

__all__ = [
    "Encoder",
    "EncoderError",
    "Model",
    "ModelNotFound",
    "ModelRefused",
    "NotCompilable",
    "identify",
    "load",
    "load_reader",
    "load_reranker",
    "locate",
]
