"""Models with a head, which reads a question and a passage together: loading them with care."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Read when transformers is imported: what is loaded here lies on disk, and the hub is not asked.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from safetensors import safe_open
from transformers import PreTrainedModel
from transformers.utils import logging as transformers_logging

from embeddings.errors import ModelRefused
from embeddings.models import Model

# Progress bars, and warnings that concern training.
transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

# Tokens of question and passage that are read at a time. Most models read as many; those that read
# thousands are kept to it, for time grows faster than length.
_WINDOW = 512

# Longer than any window: tried on a model, it shows whether a whole window is computed.
SAMPLE = ("Where does the minefield end?", "It ends where the field does. " * 100)

# How weights are loaded: never from a pickle, and in the precision that a CPU computes best.
LOADING: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}


@contextmanager
def refusing(model: Model, device: str, wanted: str) -> Iterator[None]:
    """Turn whatever loading a model or trying it out raises into one line.

    Args:
        model: Which is loaded.
        device: Onto which.
        wanted: For the message: what kind of model, and what to do.

    Raises:
        ModelRefused: It cannot be loaded, or does not compute.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModelRefused:
            raise
        except Exception as exc:  # safetensors, tokenizers and models raise kinds of their own
            told = str(exc).strip() or type(exc).__name__
            raise ModelRefused(
                f"cannot load {model.name} on {device}: {told.splitlines()[0]}; wanted {wanted}"
            ) from exc


def check_head(model: Model, loaded: PreTrainedModel, wanted: str) -> None:
    """Compare a head with the weights on disk: transformers makes a missing one up, at random.

    Args:
        model: Where it was loaded from.
        loaded: With its head.
        wanted: For the message: what kind of model, and what to do.

    Raises:
        ModelRefused: A parameter outside of the model's body is not in the weights.
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
        declared: What the tokenizer says; one without a limit says 10^30 or nothing.
        loaded: Whose positions are a limit, too.
    """
    positions = getattr(loaded.config, "max_position_embeddings", None)
    return min(_WINDOW, declared or _WINDOW, positions or _WINDOW)
