"""Excerpts: the windows of whole sentences that answer best, whatever chunk they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from retrieval.chunking import is_terminated
from retrieval.fusion import min_max
from retrieval.types import Excerpt, FloatArray, Hit, Sentence

# How a window's own late interaction and the score of its chunk weigh against each other.
_WINDOW_WEIGHT, _CHUNK_WEIGHT = 4.0, 1.5
# So many excerpts of one article, unless a further one beats the others' best by the margin.
_PER_ARTICLE = 2
_MARGIN = 0.1
# A heading makes a poor excerpt by itself.
_HEADING_CHARS = 80


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences `first` to `last` of a hit's chunk.

    Attributes:
        start, end: Offsets in the article.
        late: Late-interaction score of the window's own tokens.
    """

    hit: Hit
    first: int
    last: int
    start: int
    end: int
    late: float


def best_excerpts(hits: Sequence[Hit], count: int, chars: int) -> list[tuple[Excerpt, Window]]:
    """Choose excerpts, best first, that do not overlap.

    Args:
        hits: Ranked chunks of one question.
        count: Excerpts at most.
        chars: Length of an excerpt; only a single sentence may be longer.
    """
    windows = [window for hit in hits for window in _windows(hit, chars)]
    late = min_max({n: window.late for n, window in enumerate(windows)})
    total = _WINDOW_WEIGHT + _CHUNK_WEIGHT
    scores = [
        (_WINDOW_WEIGHT * late[n] + _CHUNK_WEIGHT * window.hit.score) / total
        for n, window in enumerate(windows)
    ]
    order = sorted(range(len(windows)), key=lambda n: (-scores[n], windows[n].hit.rank, n))
    chosen = _apart([(windows[n], scores[n]) for n in order], count)
    return [(_excerpt(window, score), window) for window, score in chosen]


def _windows(hit: Hit, chars: int) -> Iterator[Window]:
    """Yield every run of whole sentences of one paragraph up to a length."""
    sentences = hit.chunk.sentences
    best = _best_of_sentences(hit)
    heading = [_is_heading(hit, sentence) for sentence in sentences]
    for first, opening in enumerate(sentences):
        if heading[first] and not all(heading):
            continue
        last = first
        while (
            last + 1 < len(sentences)
            and sentences[last + 1].paragraph == opening.paragraph
            and sentences[last + 1].end - opening.start <= chars
        ):
            last += 1
        # A token of the question keeps the best it has met in the sentences so far.
        met = np.maximum.accumulate(best[:, first : last + 1], axis=1)
        late = (met.sum(axis=0) / len(met)).tolist()
        for reached, score in enumerate(late, start=first):
            yield Window(hit, first, reached, opening.start, sentences[reached].end, score)


def _best_of_sentences(hit: Hit) -> FloatArray:
    """Return (question tokens, sentences): the best similarity within each sentence."""
    sentences = hit.chunk.sentences
    best = np.zeros((max(1, len(hit.similarity)), len(sentences)), dtype=np.float32)
    offset = hit.chunk.start
    bounds = np.searchsorted(
        hit.starts, [s.start - offset for s in sentences] + [len(hit.chunk.text)]
    )
    for n, (left, right) in enumerate(pairwise(bounds)):
        if right > left and len(hit.similarity):
            best[:, n] = hit.similarity[:, left:right].max(axis=1)
    return best


def _is_heading(hit: Hit, sentence: Sentence) -> bool:
    offset = hit.chunk.start
    text = hit.chunk.text[sentence.start - offset : sentence.end - offset]
    return len(text) < _HEADING_CHARS and not is_terminated(text)


def _apart(ranked: Iterable[tuple[Window, float]], count: int) -> list[tuple[Window, float]]:
    """Take the best that do not overlap, and not all of one article if others are near."""
    taken: list[tuple[Window, float]] = []
    waiting: list[tuple[Window, float]] = []
    for window, score in ranked:
        # Those that wait and are clearly better than all that is left go first.
        while waiting and len(taken) < count and waiting[0][1] - score > _MARGIN:
            taken.append(waiting.pop(0))
        if len(taken) >= count:
            break
        same = [
            one for one, _ in [*taken, *waiting] if one.hit.source.path == window.hit.source.path
        ]
        if any(window.start < one.end and one.start < window.end for one in same):
            continue
        (taken if len(same) < _PER_ARTICLE else waiting).append((window, score))
    return [*taken, *waiting][:count]


def _excerpt(window: Window, score: float) -> Excerpt:
    chunk = window.hit.chunk
    means = _best_of_sentences(window.hit).mean(axis=0)
    best = chunk.sentences[window.first + int(means[window.first : window.last + 1].argmax())]
    return Excerpt(
        source=window.hit.source,
        paragraph=chunk.sentences[window.first].paragraph,
        start=window.start,
        end=window.end,
        text=chunk.text[window.start - chunk.start : window.end - chunk.start],
        highlights=((best.start - window.start, best.end - window.start),),
        score=score,
    )
