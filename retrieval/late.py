"""Late interaction: every token of the question meets the tokens of a chunk.

Khattab & Zaharia, ColBERT (SIGIR 2020), with the chunk's token vectors kept as one bit a dimension.
"""

from __future__ import annotations

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


def maxsim(similarity: FloatArray) -> float:
    """Average, over the tokens of the question, the best-matching token; 0 where either is none."""
    return float(similarity.max(axis=1).mean()) if similarity.size else 0.0
