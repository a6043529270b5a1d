"""The encoder: it makes vectors of tokens, with OpenVINO or torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.models import Prompts
from embeddings.tokenizing import TextTokenizer, Tokenized

FloatArray = NDArray[np.float32]

BATCH = 8
"""Passages of similar length that share a batch.

Batches of 16 take 5 % more CPU time, those of 32 15 %.
"""
# OpenVINO makes code for each new shape of a batch, and keeps it. Where the widths of passages are
# multiples of this, that is 90 to 180 MB less after hundreds of batches, which take as long.
_WIDTH = 8
# So many tokens of a question are read, special and prompt tokens included: two hundred words have
# so many. What goes on would take a quarter of a second; its words are searched all the same.
_QUESTION_WINDOW = 256


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids padded to one length, all (texts, window) int64; `mask` is 1 at tokens."""

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    mask: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[Tokenized], least: int = 1) -> Batch:
        """Pad texts on the right to the longest of them, or to more columns."""
        # There is one column at least: without special tokens, an empty text has no ids.
        shape = len(texts), max(least, *(len(text.ids) for text in texts))
        ids, types, mask = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for row, text in enumerate(texts):
            width = len(text.ids)
            ids[row, :width] = text.ids
            types[row, :width] = text.types
            mask[row, :width] = 1
        return cls(ids, types, mask)

    def feed(self, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return the named inputs, in the order of the names."""
        known = {
            "input_ids": self.ids,
            "token_type_ids": self.types,
            "attention_mask": self.mask,
        }
        return {name: known[name] for name in names}


class Forward(Protocol):
    """A model's forward pass; implementations are safe to call from several threads."""

    @property
    def streams(self) -> int:
        """The number of batches to compute at a time."""

    def compute(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        """Compute (texts, dim) vectors and (texts, window, token_dim) token vectors."""


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """An encoded question; see `retrieval.types.QueryEncoding`."""

    vector: FloatArray
    tokens: FloatArray
    spans: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class EncodedPassage:
    """An encoded passage; see `retrieval.types.PassageEncoding`."""

    vector: FloatArray
    codes: NDArray[np.uint8]
    starts: NDArray[np.int32]


class Encoder:
    """Encodes questions and passages, as `retrieval.types.Encoder` describes.

    Vectors have unit length, whether the model normalises or not, as the index compares cosines.
    A text without tokens gets a vector of zeros and no tokens.

    Args:
        name, fingerprint, dim, languages, languages_common: See `retrieval.types.Encoder`.
        prompts: The texts before questions and passages.
        tokenizer: The model's tokenizer.
        forward: The model's forward pass.
        centre: What is taken from token vectors, (token_dim,); see `models.centre_of`.
    """

    def __init__(
        self,
        name: str,
        fingerprint: str,
        dim: int,
        prompts: Prompts,
        tokenizer: TextTokenizer,
        forward: Forward,
        languages: frozenset[str] | None = None,
        centre: FloatArray | None = None,
        languages_common: Mapping[str, FloatArray] | None = None,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dim = dim
        self.languages = languages
        self.languages_common = languages_common or {}
        self._prompts = prompts
        self._tokenizer = tokenizer
        self._forward = forward
        self._centre: FloatArray | float = 0.0 if centre is None else centre

    @property
    def max_tokens(self) -> int:
        """The greatest number of tokens of a passage, without special and prompt tokens."""
        (prompt,) = self._tokenizer.count([self._prompts.passage])
        return self._tokenizer.window - self._tokenizer.specials - prompt

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""
        return self._tokenizer.count(texts)

    def encode_query(self, text: str) -> EncodedQuery:
        """Encode a question; what exceeds the model's window, or 256 tokens, is cut."""
        (tokenized,) = self._tokenizer.tokenize([text], self._prompts.query, _QUESTION_WINDOW)
        vectors, tokens = self._forward.compute(Batch.of([tokenized]))
        own = _unit(tokens[0, tokenized.content] - self._centre)
        return EncodedQuery(self._vector(vectors[0], tokenized), own, tokenized.spans)

    def encode_passages(self, texts: Sequence[str]) -> list[EncodedPassage]:
        """Encode passages, in the order given; what exceeds the model's window is cut.

        A longer list takes less time for each text: the batches need less padding.
        """
        tokenized = self._tokenizer.tokenize(texts, self._prompts.passage)
        order = sorted(range(len(texts)), key=lambda n: -len(tokenized[n].ids))
        parts = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        encoded: dict[int, EncodedPassage] = {}
        with ThreadPoolExecutor(self._forward.streams) as pool:
            batches = pool.map(lambda part: self._encode([tokenized[n] for n in part]), parts)
            for part, passages in zip(parts, batches, strict=True):
                encoded.update(zip(part, passages, strict=True))
        return [encoded[n] for n in range(len(texts))]

    def _encode(self, texts: Sequence[Tokenized]) -> list[EncodedPassage]:
        widths = -(-max(len(text.ids) for text in texts) // _WIDTH)
        # A model may have no more positions than its window.
        width = min(_WIDTH * widths, self._tokenizer.window)
        vectors, tokens = self._forward.compute(Batch.of(texts, width))
        return [
            EncodedPassage(
                self._vector(vectors[n], text),
                _pack(tokens[n, text.content] - self._centre),
                text.spans[:, 0].copy(),
            )
            for n, text in enumerate(texts)
        ]

    def _vector(self, vector: FloatArray, text: Tokenized) -> FloatArray:
        return _unit(vector) if len(text.content) else np.zeros(self.dim, dtype=np.float32)


def _unit(rows: FloatArray) -> FloatArray:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    units: FloatArray = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return units


def _pack(tokens: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Keep the sign of each dimension: (tokens, token_dim) -> (tokens, ceil(token_dim / 8))."""
    return np.packbits(tokens > 0, axis=1)
