"""Late interaction: every token of the question meets the tokens of a chunk.

Khattab & Zaharia, ColBERT (SIGIR 2020), with the chunk's token vectors kept as one bit a dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from retrieval.types import ByteArray, FloatArray

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
    # <q, 2b - 1> = 2 <q, b> - sum(q), without a matrix of signs.
    products = 2 * (tokens @ bits.T) - tokens.sum(axis=1, keepdims=True)
    return np.asarray(products / np.sqrt(dim), dtype=np.float32)


def token_weights(words: Sequence[str], rarity: Callable[[str], float]) -> FloatArray:
    """Weigh the tokens of a question: nothing for punctuation, 1 for a word, more for a rare one.

    Args:
        words: The word that each token belongs to.
        rarity: Of a word in the articles, 0 to 1; 0 for a stop word.

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
