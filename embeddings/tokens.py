"""Tokens: text cut into those of a model's window, and token vectors packed to bits."""

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
    """A tokenized text.

    Attributes:
        ids, types: Token ids and segment ids, (window,) int64, special and prompt tokens included.
        content: The positions among them of the text's own tokens, (tokens,).
        spans: Start and end of each of these in the text, (tokens, 2) int32.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    content: NDArray[np.int64]
    spans: NDArray[np.int32]


class TextTokenizer:
    """A model's tokenizer with its window.

    Args:
        json: A `tokenizer.json` of the tokenizers library.
        window: The number of tokens that the model reads, special and prompt tokens included.
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
        # Truncation is a state of a Tokenizer, so counting has a second one. It is made when it is
        # needed, as few questions need a count.
        tokenizer = Tokenizer.from_str(self._json)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""
        encodings = self._counting.encode_batch_fast(texts, add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    @cached_property
    def specials(self) -> int:
        """The number of special tokens that the model wants around a text."""
        return int(self._cutting.num_special_tokens_to_add(is_pair=False))

    def tokenize(self, texts: Sequence[str], prompt: str) -> list[Tokenized]:
        """Tokenize each text after the prompt, and cut what exceeds the window."""
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
    """Return a tokenizer of transformers as a `tokenizer.json`.

    Raises:
        ModelRefused: It is not one of the tokenizers library.
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
