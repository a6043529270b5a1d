"""Text to vectors and token vectors."""

from embeddings.encoder import Encoder
from embeddings.errors import EncoderError, ModelNotFound, ModelRefused, NotCompilable
from embeddings.loader import load

__all__ = [
    "Encoder",
    "EncoderError",
    "ModelNotFound",
    "ModelRefused",
    "NotCompilable",
    "load",
]
