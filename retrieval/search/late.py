"""Late interaction: every token of the question is matched with the tokens of a chunk.

Khattab & Zaharia, ColBERT (SIGIR 2020), with the chunk's token vectors kept as one bit a dimension.
The index stores these codes; where it does not, they are computed for each question. Without late
interaction equal words stand in for similar tokens, and all that follows works as with tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

from config import LateInteraction
from retrieval.chunking import passage, short_title
from retrieval.index import StoredChunk, Tokens
from retrieval.languages import term_of
from retrieval.search.word_spans import token_word_spans, word_spans
from retrieval.types import ByteArray, Encoder, FloatArray, IntArray, PassageEncoding, QueryEncoding

# These products take a millisecond on one thread. On several, BLAS's idle threads spin for a while
# and take the cores from the encoder: a question took twice as long.
threadpool_limits(limits=1, user_api="blas")


def similarity(tokens: FloatArray, codes: ByteArray) -> FloatArray:
    """Compare each token of a question with each token code.

    Args:
        tokens: (n, d) float32, rows of unit length.
        codes: (m, ceil(d / 8)) uint8, `np.packbits(vector > 0)` of each token.

    Returns:
        (n, m) float32: the inner product of each row with the code read as a unit vector of
        +-1 / sqrt(d); 1 where the row lies on the code's own diagonal.
    """
    if not len(tokens) or not len(codes):
        return np.zeros((len(tokens), len(codes)), dtype=np.float32)
    dim = tokens.shape[1]
    bits = np.unpackbits(codes, axis=1, count=dim).astype(np.float32)
    # BLAS takes twice as long where the larger matrix is the transposed one.
    inner = np.ascontiguousarray((bits @ tokens.T).T)
    # <q, 2b - 1> = 2 <q, b> - sum(q), without a matrix of signs.
    products = 2 * inner - tokens.sum(axis=1, keepdims=True)
    return np.asarray(products / np.sqrt(dim), dtype=np.float32)


def token_weights(words: Sequence[str], rarity: Callable[[str], float]) -> FloatArray:
    """Weigh the tokens of a question: nothing for punctuation, 1 for a word, more for a rare one.

    Args:
        words: The word that each token belongs to.
        rarity: Returns a word's rarity in the articles, 0 to 1; 0 for a stop word.

    Returns:
        (tokens,) float32 whose sum is 1, or zeros if there is no word.
    """
    weights = [1 + rarity(word) if any(map(str.isalnum, word)) else 0.0 for word in words]
    total = sum(weights) or 1.0
    return np.array([weight / total for weight in weights], dtype=np.float32)


def maxsim(similarity: FloatArray, weights: FloatArray) -> float:
    """Average, over the tokens of the question, the best-matching token; 0 where either is none.

    Args:
        similarity: (n, m) float32.
        weights: (n,) float32 of the question's tokens, whose sum is 1.
    """
    return float(similarity.max(axis=1) @ weights) if similarity.size else 0.0


@dataclass(frozen=True, slots=True)
class TokenMatches:
    """The similarities of a question's tokens and those of one chunk.

    Attributes:
        similarity: (question tokens, chunk tokens) float32, see `late.similarity`.
        starts: (chunk tokens,) int32 offset of each token in the chunk's text, -1 in the title.
    """

    similarity: FloatArray
    starts: IntArray


def match_tokens(
    question: str,
    query: QueryEncoding,
    chunks: Mapping[int, StoredChunk],
    mode: LateInteraction,
    encoder: Encoder,
) -> dict[int, TokenMatches]:
    """Match a question's tokens with those of chunks, by id; chunks without tokens are left out."""
    if mode is LateInteraction.OFF:
        matches = {key: _match_words(question, query, stored) for key, stored in chunks.items()}
        return {key: one for key, one in matches.items() if len(one.starts)}
    missing = {key: stored for key, stored in chunks.items() if stored.tokens is None}
    computed = _computed_tokens(missing, encoder)
    tokens = {key: stored.tokens or computed[key] for key, stored in chunks.items()}
    tokens = {key: one for key, one in tokens.items() if len(one.starts)}
    if not tokens:
        return {}
    # One product for all chunks is much faster than one for each.
    codes = np.concatenate([one.codes for one in tokens.values()])
    ends = np.cumsum([len(one.codes) for one in tokens.values()])[:-1]
    parts = np.split(similarity(query.tokens, codes), ends, axis=1)
    return {
        key: TokenMatches(part, one.starts)
        for (key, one), part in zip(tokens.items(), parts, strict=True)
    }


def chunk_tokens(encoding: PassageEncoding, offset: int, text: str) -> Tokens:
    """Return the tokens of a chunk's passage, their places counted from where the chunk begins.

    Punctuation is left out: it is an eighth of the tokens, and no question looks for it.

    Args:
        encoding: Encoding of the passage.
        offset: Offset of the chunk's text in the passage.
        text: Text of the chunk.
    """
    starts = np.where(encoding.starts < offset, -1, encoding.starts - offset).astype(np.int32)
    kept = starts < 0
    spans = token_word_spans(text, starts[~kept].tolist())
    kept[~kept] = [any(map(str.isalnum, text[slice(*span)])) for span in spans]
    return Tokens(encoding.codes[kept], starts[kept])


def _computed_tokens(chunks: Mapping[int, StoredChunk], encoder: Encoder) -> dict[int, Tokens]:
    @cache
    def head(title: str) -> str:
        return passage(short_title(title, encoder.max_tokens, encoder.count_tokens), "")

    if not chunks:
        return {}
    heads = [head(one.source.title) for one in chunks.values()]
    texts = [head + one.chunk.text for head, one in zip(heads, chunks.values(), strict=True)]
    encoded = encoder.encode_passages(texts)
    return {
        key: chunk_tokens(encoding, len(head), stored.chunk.text)
        for (key, stored), encoding, head in zip(chunks.items(), encoded, heads, strict=True)
    }


def _match_words(question: str, query: QueryEncoding, stored: StoredChunk) -> TokenMatches:
    """Compare the terms of words in place of tokens: similarity 1 if they are equal, else 0."""

    @cache
    def term(word: str) -> str:
        return term_of(word, stored.source.language) or ""

    head = passage(stored.source.title, "")
    text = head + stored.chunk.text
    spans = word_spans(text)
    theirs = [term(text[slice(*span)]) for span in spans]
    asked = token_word_spans(question, query.spans[:, 0].tolist())
    ours = [term(question[slice(*span)]) for span in asked]
    equal = np.array([[bool(one) and one == other for other in theirs] for one in ours], np.float32)
    starts = np.array([start for start, _ in spans], dtype=np.int32) - len(head)
    return TokenMatches(equal.reshape(len(ours), len(theirs)), np.maximum(starts, -1))
