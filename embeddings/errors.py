"""What can go wrong with an encoder, a reranker or a reader.

EncoderError
├── ModelNotFound     no weights where they were sought
├── ModelRefused      weights that are damaged, pickled or of a kind that cannot be used
└── NotCompilable     OpenVINO cannot run the model as sentence-transformers does
    └── MemoryShort   not now, as memory ran out
"""

from __future__ import annotations


class EncoderError(Exception):
    """The world gives no usable model."""


class ModelNotFound(EncoderError):
    """No weights where they were sought."""


class ModelRefused(EncoderError):
    """Weights that are damaged, pickled or of a kind that cannot be used."""


class NotCompilable(EncoderError):
    """OpenVINO cannot run the model as sentence-transformers does."""


class MemoryShort(NotCompilable):
    """OpenVINO cannot compile the model now, as memory ran out; the next start may find more."""
