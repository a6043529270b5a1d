"""Calibration: an index is asked questions made from its own articles, to find its scale.

Each is asked twice: of all articles, and with its article and what is most like it left out, which
then is a question about something else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from retrieval.confidence.answerable import features
from retrieval.confidence.cloze import cloze
from retrieval.confidence.scale import Calibration, scale_of
from retrieval.excerpts import best_excerpts
from retrieval.ranking import Ranking
from retrieval.search import Searcher
from retrieval.store import Store, StoredChunk

# Raise when the questions come to be made, or scores measured, in another way.
_RECIPE = "1"
# Enough for the spread within 7 %, and asked within about 3 seconds.
_PAIRS = 60
# Sentences that are looked at for each question at most.
_TRIES = 5
# A shorter sentence is a heading or says little, a longer one is a table or a list.
_SENTENCE_CHARS = range(50, 401)
# What is most like the chunk of a question, left out with its article: where articles tell the same
# several times, or were cut into several files, these would still answer.
_ALIKE, _ALIKE_AT_LEAST = 0.05, 5
# A share of the chunks that came or went since.
_OTHER = 0.1
# Windows that the confidence is computed from.
_JUDGED = 3


def is_due(store: Store) -> bool:
    """Whether the current generation has no calibration of its own or of a generation near it."""
    state = store.generation()
    last = store.calibrations.of(state.number)
    if last is None or last.recipe != _RECIPE:
        return True
    came = store.calibrations.chunks_since(last.generation, state.number)
    went = last.chunks + came - state.chunks
    return came + went > _OTHER * last.chunks


def calibrate(store: Store, searcher: Searcher, excerpt_chars: int) -> Calibration:
    """Ask the index, in two searches a question; the same articles always give the same questions.

    Args:
        store: Holds the generation that is searched.
        searcher: Searches it.
        excerpt_chars: Length of an excerpt.
    """
    generation = searcher.generation
    answered, unanswered = [], []
    for question, source, own in _questions(store, generation.number):
        alike = max(_ALIKE_AT_LEAST, round(_ALIKE * generation.chunks))
        without = own | searcher.alike(source, alike)
        far = searcher.search(question, without)
        # In a folder of few articles nothing is left.
        if far.hits:
            unanswered.append(_scores(far, excerpt_chars))
            answered.append(_scores(searcher.search(question), excerpt_chars))
    return Calibration(
        scale_of(answered, unanswered),
        generation.number,
        generation.chunks,
        len(answered),
        _RECIPE,
    )


def _questions(store: Store, generation: int) -> Iterator[tuple[str, int, frozenset[int]]]:
    """Yield a question, the chunk that answers it, and all chunks of its article."""
    articles = store.calibrations.chunks(generation)
    # Not for secrets: the same articles are to give the same questions.
    chance = random.Random(0)
    chance.shuffle(articles)
    seen = set()
    made = 0
    for turn in range(_TRIES * _PAIRS if articles else 0):
        own = articles[turn % len(articles)]
        source = chance.choice(own)
        stored = store.chunks([source], generation).get(source)
        text = _sentence(stored, chance) if stored else None
        if stored is None or text is None or text in seen:
            continue
        seen.add(text)
        question = cloze(text, stored.source.title, stored.source.language, chance)
        if question is not None:
            yield question, source, frozenset(own)
            made += 1
        if made == _PAIRS:
            return


def _sentence(stored: StoredChunk, chance: random.Random) -> str | None:
    chunk = stored.chunk
    chosen = chance.choice(chunk.sentences)
    if chosen.end - chosen.start not in _SENTENCE_CHARS:
        return None
    return chunk.text[chosen.start - chunk.start : chosen.end - chunk.start]


def _scores(ranking: Ranking, excerpt_chars: int) -> tuple[float, float]:
    windows = [window for _, window in best_excerpts(ranking.hits, _JUDGED, excerpt_chars)]
    found = features(ranking, windows)
    return found.late, found.dense
