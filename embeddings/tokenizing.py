"""Tokenizers: they cut text into the tokens that a model reads, and say where each one stands.

A model of sentence-transformers brings a `tokenizer.json`, for the tokenizers library. A vocabulary
of 250,000 pieces takes it 270 MB of memory, and sentencepiece 60 MB, so packed weights are served
with a model of the latter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.composition import compose
from embeddings.errors import ModelRefused

JSON, PIECES = "tokenizer.json", "tokenizer.model"
# Half of a character of two halves cannot be written as UTF-8.
_HALVES = re.compile("[\ud800-\udfff]")


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


class TextTokenizer(Protocol):
    """A model's tokenizer with its window.

    Attributes:
        window: The number of tokens that the model reads, special and prompt tokens included.
        specials: The number of special tokens that the model wants around a text.
    """

    window: int
    specials: int

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""

    def tokenize(
        self, texts: Sequence[str], prompt: str, window: int | None = None
    ) -> list[Tokenized]:
        """Tokenize each text after the prompt, and cut what exceeds the window or a smaller one."""


class JsonTokenizer:
    """A tokenizer of the tokenizers library.

    Args:
        json: A `tokenizer.json`.
        window: See `TextTokenizer`.
    """

    def __init__(self, json: str, window: int) -> None:
        # Imported here, as packed weights do without it.
        from tokenizers import Tokenizer

        self.window = window
        self._tokenizer = Tokenizer.from_str(json)
        self._tokenizer.no_padding()
        # What it cuts off it keeps, and a count wants all of a text: it is cut here.
        self._tokenizer.no_truncation()
        self.specials = int(self._tokenizer.num_special_tokens_to_add(is_pair=False))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def tokenize(
        self, texts: Sequence[str], prompt: str, window: int | None = None
    ) -> list[Tokenized]:
        """Tokenize each text after the prompt, and cut what exceeds the window."""
        found = []
        most = min(self.window, window or self.window)
        for one in self._tokenizer.encode_batch([prompt + text for text in texts]):
            special = np.array(one.special_tokens_mask, dtype=bool)
            # The special tokens at the end are kept.
            last = len(special) - int(special[::-1].argmin()) if not special.all() else 0
            excess = max(0, len(special) - most)
            kept = np.r_[: last - excess, last : len(special)]
            spans = np.array(one.offsets, dtype=np.int32).reshape(-1, 2)[kept]
            ids = np.array(one.ids, dtype=np.int64)[kept]
            types = np.array(one.type_ids, dtype=np.int64)[kept]
            found.append(_tokenized(ids, types, spans, ~special[kept], len(prompt)))
        return found


class PieceTokenizer:
    """A tokenizer of sentencepiece, whose model maps single characters as NFKC does.

    Args:
        model: A model of sentencepiece; see `packed_model`.
        window: See `TextTokenizer`.
    """

    specials = 2

    def __init__(self, model: bytes, window: int) -> None:
        # Imported here, as other models do without it.
        from sentencepiece import SentencePieceProcessor

        self.window = window
        self._pieces = SentencePieceProcessor(model_proto=model, num_threads=1)
        self._bos, self._eos = self._pieces.bos_id(), self._pieces.eos_id()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""
        return [len(ids) for ids in self._pieces.encode([_composed(text)[0] for text in texts])]

    def tokenize(
        self, texts: Sequence[str], prompt: str, window: int | None = None
    ) -> list[Tokenized]:
        """Tokenize each text after the prompt, and cut what exceeds the window."""
        found = []
        room = min(self.window, window or self.window) - self.specials
        for text in texts:
            composed, places = _composed(text)
            whole = prompt + composed
            encoded = self._pieces.encode(whole, return_type="offset_mapping")
            ids = np.array([self._bos, *encoded["ids"][:room], self._eos], dtype=np.int64)
            own = [(0, 0), *encoded["offsets"][:room], (0, 0)]
            spans = _without_blanks(whole, np.array(own, dtype=np.int32))
            inner = np.ones(len(ids), dtype=bool)
            inner[[0, -1]] = False
            tokenized = _tokenized(ids, np.zeros_like(ids), spans, inner, len(prompt))
            if places is not None:
                tokenized = replace(tokenized, spans=places[tokenized.spans])
            found.append(tokenized)
        return found


def open_tokenizer(folder: Path, window: int) -> TextTokenizer:
    """Read the tokenizer in the folder of a compiled model.

    Raises:
        OSError: There is none.
        ValueError: It is damaged.
    """
    pieces = folder / PIECES
    try:
        if pieces.exists():
            return PieceTokenizer(pieces.read_bytes(), window)
        return JsonTokenizer((folder / JSON).read_text(encoding="utf-8"), window)
    except OSError:
        raise
    except Exception as exc:  # both libraries raise whatever they met
        raise ValueError(f"the tokenizer in {folder} is damaged") from exc


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


def _tokenized(
    ids: NDArray[np.int64],
    types: NDArray[np.int64],
    spans: NDArray[np.int32],
    inner: NDArray[np.bool_],
    prompt_length: int,
) -> Tokenized:
    # A token that begins in the prompt belongs to it; the last one may reach over a blank.
    content = np.flatnonzero(inner & (spans[:, 1] > prompt_length))
    own = np.maximum(spans[content] - prompt_length, 0).astype(np.int32)
    return Tokenized(ids=ids, types=types, content=content, spans=own)


def _composed(text: str) -> tuple[str, NDArray[np.int32] | None]:
    return compose(_HALVES.sub("\ufffd", text))


def _without_blanks(text: str, spans: NDArray[np.int32]) -> NDArray[np.int32]:
    """Take the blanks before a word, which its first token includes, from the spans."""
    end = int(spans.max())
    blank = np.array([char.isspace() for char in text[:end]], dtype=bool)
    # For every place, the next one where no blank is.
    places = np.append(np.where(blank, end, np.arange(end)), end)
    following = np.minimum.accumulate(places[::-1])[::-1]
    spans[:, 0] = np.minimum(following[spans[:, 0]], spans[:, 1])
    return spans
