"""Errors of encoders, rerankers and readers.

EncoderError
├── DeviceRefused     torch cannot compute on the device that the settings name
├── ModelNotFound     the model's weights are not on this machine
├── ModelRefused      the weights are damaged, pickled or of a kind that cannot be used
└── NotCompilable     OpenVINO cannot run the model as sentence-transformers does
    └── MemoryShort   memory ran out, and the next start may find more
"""

from __future__ import annotations


class EncoderError(Exception):
    """A model cannot be used; the message tells the operator what to do."""


class DeviceRefused(EncoderError):
    """Torch cannot compute on the device that the settings name."""


class ModelNotFound(EncoderError):
    """The model's weights are not on this machine, and could not be fetched."""


class ModelRefused(EncoderError):
    """The weights are damaged, pickled or of a kind that cannot be used."""


class NotCompilable(EncoderError):
    """OpenVINO cannot run the model as sentence-transformers does."""


class MemoryShort(NotCompilable):
    """Memory ran out while OpenVINO compiled the model; the next start may find more."""
