"""Interaction: how the tokens of a question meet those of chunks, wherever these come from.

Their codes are stored in the index; where they are not, they are computed. Without late interaction
equal words stand in for similar tokens, and all that follows works as it does with tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from config import LateInteraction
from retrieval.chunking import passage, short_title
from retrieval.languages import term_of
from retrieval.late import similarity
from retrieval.rows import StoredChunk, Tokens
from retrieval.types import Encoder, FloatArray, IntArray, PassageEncoding, QueryEncoding
from retrieval.words import words, words_of


@dataclass(frozen=True, slots=True)
class Meeting:
    """How the tokens of a question meet those of one chunk.

    Attributes:
        similarity: (question tokens, chunk tokens) float32, see `late.similarity`.
        starts: (chunk tokens,) int32 offset of each token in the chunk's text, -1 for the title's.
    """

    similarity: FloatArray
    starts: IntArray


def meet(
    question: str,
    query: QueryEncoding,
    chunks: Mapping[int, StoredChunk],
    how: LateInteraction,
    encoder: Encoder,
) -> dict[int, Meeting]:
    """Let a question meet chunks, by id; a chunk without tokens is left out."""
    if how is LateInteraction.OFF:
        met = {key: _by_words(question, query, stored) for key, stored in chunks.items()}
        return {key: one for key, one in met.items() if len(one.starts)}
    missing = {key: stored for key, stored in chunks.items() if stored.tokens is None}
    computed = _computed(missing, encoder)
    tokens = {key: stored.tokens or computed[key] for key, stored in chunks.items()}
    tokens = {key: one for key, one in tokens.items() if len(one.starts)}
    if not tokens:
        return {}
    # One product for all chunks is much faster than one for each.
    codes = np.concatenate([one.codes for one in tokens.values()])
    ends = np.cumsum([len(one.codes) for one in tokens.values()])[:-1]
    parts = np.split(similarity(query.tokens, codes), ends, axis=1)
    return {
        key: Meeting(part, one.starts)
        for (key, one), part in zip(tokens.items(), parts, strict=True)
    }


def of_chunk(encoding: PassageEncoding, offset: int, text: str) -> Tokens:
    """Return the tokens of a chunk's passage, their places counted from where the chunk begins.

    Punctuation is left out: it is an eighth of the tokens, and no question looks for it.

    Args:
        encoding: Of the passage.
        offset: Of the chunk in its passage.
        text: Of the chunk.
    """
    starts = np.where(encoding.starts < offset, -1, encoding.starts - offset).astype(np.int32)
    kept = starts < 0
    spans = words_of(text, starts[~kept].tolist())
    kept[~kept] = [any(map(str.isalnum, text[slice(*span)])) for span in spans]
    return Tokens(encoding.codes[kept], starts[kept])


def _computed(chunks: Mapping[int, StoredChunk], encoder: Encoder) -> dict[int, Tokens]:
    @cache
    def head(title: str) -> str:
        return passage(short_title(title, encoder.max_tokens, encoder.count_tokens), "")

    if not chunks:
        return {}
    heads = [head(one.source.title if one.titled else "") for one in chunks.values()]
    texts = [head + one.chunk.text for head, one in zip(heads, chunks.values(), strict=True)]
    encoded = encoder.encode_passages(texts)
    return {
        key: of_chunk(encoding, len(head), stored.chunk.text)
        for (key, stored), encoding, head in zip(chunks.items(), encoded, heads, strict=True)
    }


def _by_words(question: str, query: QueryEncoding, stored: StoredChunk) -> Meeting:
    """Let the terms of words meet in place of tokens: similarity 1 if they are equal, else 0."""

    @cache
    def term(word: str) -> str:
        return term_of(word, stored.source.language) or ""

    head = passage(stored.source.title, "")
    text = head + stored.chunk.text
    spans = words(text)
    theirs = [term(text[slice(*span)]) for span in spans]
    asked = words_of(question, query.spans[:, 0].tolist())
    ours = [term(question[slice(*span)]) for span in asked]
    equal = np.array([[bool(one) and one == other for other in theirs] for one in ours], np.float32)
    starts = np.array([start for start, _ in spans], dtype=np.int32) - len(head)
    return Meeting(equal.reshape(len(ours), len(theirs)), np.maximum(starts, -1))
