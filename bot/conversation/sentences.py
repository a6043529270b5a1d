"""Sentences that say most of an article, and vectors that stand for others.

A few are chosen so that every other one is near to one of them: the greedy solution of the facility
location problem, which Lin & Bilmes, "A Class of Submodular Functions for Document Summarization"
(ACL 2011), take for summaries. What is near to many is central, and what is near to one that was
chosen adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.conversation.phrases import phrasebook, tokens_of
from retrieval.chunking import is_question, is_terminated
from retrieval.index import StoredChunk
from retrieval.languages import columns
from retrieval.types import Encoder, FloatArray, Sentence

# A shorter sentence says little by itself; a longer one is several.
_LEAST_COLUMNS, _MOST_COLUMNS = 40, 400
# Added to the gain of the sentence that opens an article, or a paragraph.
_OPENS_ARTICLE, _OPENS_PARAGRAPH = 0.15, 0.03
# Taken from that of a sentence that leans on the one before.
_LEANS = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that a summary may have.

    Attributes:
        vector: (dim,) float32 of unit length, of its tokens; None if they are not stored.
        bonus: What is added to its gain, as a share of it.
        opening: The question that it answers, if one stands before it; else the sentence.
    """

    chunk: StoredChunk
    sentence: Sentence
    text: str
    vector: FloatArray | None
    bonus: float
    opening: Sentence


def candidates_of(stored: StoredChunk, *, every: bool = False) -> Iterator[Candidate]:
    """Yield the sentences of a chunk that say something by themselves, or every sentence."""
    chunk = stored.chunk
    vectors = _vectors(stored)
    paragraph = 0
    before: Sentence | None = None
    for number, sentence in enumerate(chunk.sentences):
        text = chunk.text_of(sentence)
        opening, before = before or sentence, sentence if is_question(text) else None
        opens = sentence.paragraph != paragraph
        paragraph = sentence.paragraph
        if not (every or (_says_something(text) and not sentence.heading)):
            continue
        bonus = _OPENS_PARAGRAPH if opens else 0.0
        if sentence.start == 0:
            bonus = _OPENS_ARTICLE
        if _leans(text):
            bonus -= _LEANS
        yield Candidate(stored, sentence, text, vectors[number], bonus, opening)


def _says_something(text: str) -> bool:
    asks = is_question(text) or text.rstrip("\"'”’»)]").endswith((":", "："))
    return _LEAST_COLUMNS <= columns(text) <= _MOST_COLUMNS and is_terminated(text) and not asks


def central_sentences(
    candidates: Sequence[Candidate], count: int, encoder: Encoder
) -> list[Candidate]:
    """Return so many sentences that together stand for all, the most central first."""
    if not candidates:
        return []
    stored = [one.vector for one in candidates if one.vector is not None]
    if len(stored) == len(candidates):
        vectors = np.stack(stored)
    else:
        vectors = np.stack(
            [one.vector for one in encoder.encode_passages([one.text for one in candidates])]
        )
    bonuses = np.array([one.bonus for one in candidates], dtype=np.float32)
    return [candidates[n] for n in representatives(vectors, count, bonuses)]


def representatives(
    vectors: FloatArray, count: int, bonuses: FloatArray | None = None
) -> list[int]:
    """Return the numbers of vectors that every other one is near to, the most central first.

    Args:
        vectors: (n, dim) float32 of unit length; it takes n squared steps.
        count: At most so many are returned.
        bonuses: (n,) float32, what is added to the gain of each, as a share of it.
    """
    if not len(vectors):
        return []
    similar = np.clip(vectors @ vectors.T, 0.0, 1.0)
    factors = np.ones(len(vectors), np.float32) if bonuses is None else 1.0 + bonuses
    covered = np.zeros(len(vectors), dtype=np.float32)
    chosen: list[int] = []
    while len(chosen) < min(count, len(vectors)):
        gains = np.maximum(similar - covered, 0.0).sum(axis=1) * factors
        gains[chosen] = -1.0
        best = int(gains.argmax())
        chosen.append(best)
        covered = np.maximum(covered, similar[best])
    return chosen


def _leans(text: str) -> bool:
    """Whether a sentence begins with a word that stands for something in the one before."""
    first = next(iter(tokens_of(text[:_LEAST_COLUMNS])), None)
    return first is not None and first.word in phrasebook().leaning


def _vectors(stored: StoredChunk) -> list[FloatArray | None]:
    """Return a vector of each sentence: the mean of its tokens, of unit length."""
    sentences = stored.chunk.sentences
    tokens = stored.tokens
    if tokens is None or not len(tokens.starts):
        return [None] * len(sentences)
    signs = np.unpackbits(tokens.codes, axis=1).astype(np.float32) * 2 - 1
    starts = [sentence.start - stored.chunk.start for sentence in sentences]
    bounds = np.searchsorted(tokens.starts, [*starts, len(stored.chunk.text)])
    vectors: list[FloatArray | None] = []
    for left, right in pairwise(bounds):
        mean = signs[left:right].mean(axis=0) if right > left else np.zeros(signs.shape[1])
        length = float(np.linalg.norm(mean)) or 1.0
        vectors.append(np.asarray(mean / length, dtype=np.float32))
    return vectors
