"""Tokens: cutting text to a model's window, and token vectors as one bit a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from embeddings.errors import ModelRefused


@dataclass(frozen=True, slots=True)
class Tokenized:
    """A text as a model reads it.

    Attributes:
        ids, types: (window,) int64 token ids and segment ids, special and prompt tokens included.
        content: (tokens,) positions of the text's own tokens among the ids.
        spans: (tokens, 2) int32, start and end of each of them in the text.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    content: NDArray[np.int64]
    spans: NDArray[np.int32]


class TextTokenizer:
    """A model's tokenizer with its window.

    Args:
        json: A `tokenizer.json` of the tokenizers library.
        window: Tokens that the model reads, special and prompt tokens included.
    """

    def __init__(self, json: str, window: int) -> None:
        self.window = window
        self._json = json
        self._cutting = Tokenizer.from_str(json)
        self._cutting.no_padding()
        self._cutting.enable_truncation(window)

    @classmethod
    def open(cls, path: Path, window: int) -> TextTokenizer:
        """Read a `tokenizer.json`."""
        return cls(path.read_text(encoding="utf-8"), window)

    @cached_property
    def _counting(self) -> Tokenizer:
        # Truncation is a state of a Tokenizer and other threads use the other one; few questions
        # need a count, so the others do not pay for a second copy.
        tokenizer = Tokenizer.from_str(self._json)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, without special tokens, nothing cut."""
        encodings = self._counting.encode_batch_fast(texts, add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    @cached_property
    def specials(self) -> int:
        """Number of special tokens that the model wants around a text."""
        return int(self._cutting.num_special_tokens_to_add(is_pair=False))

    def tokenize(self, texts: Sequence[str], prompt: str) -> list[Tokenized]:
        """Put the prompt before each text and cut what exceeds the window."""
        encodings = self._cutting.encode_batch([prompt + text for text in texts])
        return [_tokenized(encoding, len(prompt)) for encoding in encodings]


def _tokenized(encoding: Encoding, prompt_length: int) -> Tokenized:
    spans = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    special = np.array(encoding.special_tokens_mask, dtype=bool)
    # A token that begins in the prompt belongs to it; the last one may reach over a blank.
    content = np.flatnonzero(~special & (spans[:, 1] > prompt_length))
    own = np.maximum(spans[content] - prompt_length, 0).astype(np.int32)
    return Tokenized(
        ids=np.array(encoding.ids, dtype=np.int64),
        types=np.array(encoding.type_ids, dtype=np.int64),
        content=content,
        spans=own,
    )


def backend_json(tokenizer: object, name: str) -> str:
    """Write a tokenizer of transformers as a `tokenizer.json`.

    Raises:
        ModelRefused: It is none of the tokenizers library.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelRefused(
            f"the tokenizer of {name} is not one of the tokenizers library, so the place of a "
            "token in its text is unknown; choose a model that has a tokenizer.json"
        )
    return str(backend.to_str())


def pack(tokens: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Keep the sign of each dimension: (tokens, token_dim) -> (tokens, ceil(token_dim / 8))."""
    return np.packbits(tokens > 0, axis=1)
