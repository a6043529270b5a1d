"""Excerpts: the windows of whole sentences that answer best, whatever chunk they stand in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from retrieval.chunking import is_question, is_terminated
from retrieval.languages import wide_places
from retrieval.search.near_duplicates import Shingles
from retrieval.types import Excerpt, FloatArray, Hit, Reading, Source

# What the fused score of a window's chunk, and its boost, add to the window's own late
# interaction, whose range within a question is about .4.
_CHUNK_SHARE, _BOOST_SHARE = 0.05, 0.4
# So many excerpts of one article, unless a further one beats the others' best by the margin.
_PER_ARTICLE = 2
_MARGIN = 0.01
# A heading makes a poor excerpt by itself.
_HEADING_CHARS = 80
# Where paragraphs are as short as these, as in news and posts, one goes on in the next. Longer ones
# have a subject of their own, and quoting two would pad the answer.
_SHORT_CHARS, _SHORT_SENTENCES = 300, 2


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

    @property
    def text(self) -> str:
        """The sentences as they stand in the article."""
        return self.hit.chunk.text[
            self.start - self.hit.chunk.start : self.end - self.hit.chunk.start
        ]


def best_excerpts(hits: Sequence[Hit], count: int, chars: int) -> list[tuple[Excerpt, Window]]:
    """Choose excerpts, best first, that do not overlap.

    Args:
        hits: Ranked chunks of one question.
        count: Excerpts at most.
        chars: Columns that an excerpt may take; only a single sentence may be longer.
    """
    windows = [window for hit in hits for window in _windows(hit, chars)]
    scores = [
        window.late + _CHUNK_SHARE * window.hit.score + _BOOST_SHARE * window.hit.boost
        for window in windows
    ]
    order = sorted(range(len(windows)), key=lambda n: (-scores[n], windows[n].hit.rank, n))
    chosen = _apart([(windows[n], scores[n]) for n in order], count)
    return [(_excerpt(pick), pick.window) for pick in chosen]


def highlight_reading(excerpt: Excerpt, reading: Reading | None) -> Excerpt:
    """Highlight the words that the reader finds, if it holds them likelier than no answer."""
    if reading is None or reading.score <= reading.no_answer:
        return excerpt
    return replace(excerpt, highlights=((reading.start, reading.end),))


def _windows(hit: Hit, chars: int) -> Iterator[Window]:
    """Yield the runs of whole sentences, up to a length, that may be excerpts.

    A run stays in its paragraph, or goes on in the next one where both are short, or where it has
    come no further than a question. It does not end with a question, which answers nothing, unless
    nothing follows.
    """
    sentences = hit.chunk.sentences
    columns = _columns(hit)
    best = _best_of_sentences(hit)
    kinds = _Kinds.of(hit)
    for first, opening in enumerate(sentences):
        if kinds.heading[first] and not all(kinds.heading):
            continue
        last = first
        while (
            last + 1 < len(sentences)
            and kinds.goes_on(first, last)
            and columns(opening.start, sentences[last + 1].end) <= chars
        ):
            last += 1
        # A token of the question keeps its best match in the sentences so far.
        matched = np.maximum.accumulate(best[:, first : last + 1], axis=1)
        late = (hit.weights @ matched).tolist()
        for reached, score in enumerate(late, start=first):
            if reached < last and kinds.asks[reached]:
                continue
            yield Window(hit, first, reached, opening.start, sentences[reached].end, score)


def _columns(hit: Hit) -> Callable[[int, int], int]:
    """Return what measures a part of the article in columns, between two offsets."""
    wide = [hit.chunk.start + place for place in wide_places(hit.chunk.text)]

    def columns(start: int, end: int) -> int:
        return end - start + bisect_left(wide, end) - bisect_left(wide, start)

    return columns


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What the sentences of a chunk are.

    Attributes:
        heading: Whether each is a heading.
        asks: Whether each is a question.
        short: Whether the paragraph of each is short.
        paragraphs: Paragraph of each.
    """

    heading: list[bool]
    asks: list[bool]
    short: list[bool]
    paragraphs: list[int]

    @classmethod
    def of(cls, hit: Hit) -> _Kinds:
        """Look at the sentences of a hit's chunk."""
        sentences, offset = hit.chunk.sentences, hit.chunk.start
        texts = [hit.chunk.text[one.start - offset : one.end - offset] for one in sentences]
        counts = Counter(one.paragraph for one in sentences)
        lengths: Counter[int] = Counter()
        for one in sentences:
            lengths[one.paragraph] += one.end - one.start
        short = {
            n
            for n, count in counts.items()
            if count <= _SHORT_SENTENCES and lengths[n] <= _SHORT_CHARS
        }
        return cls(
            [
                len(text) < _HEADING_CHARS and not is_terminated(text) and " | " not in text
                for text in texts
            ],
            [is_question(text) for text in texts],
            [one.paragraph in short for one in sentences],
            [one.paragraph for one in sentences],
        )

    def goes_on(self, first: int, last: int) -> bool:
        """Whether a run from `first` to `last` may have the next sentence, too."""
        following = last + 1
        if self.paragraphs[following] == self.paragraphs[last]:
            return True
        if self.asks[last] and not self.heading[following]:
            return True
        # Another paragraph: not where something else begins.
        if self.heading[following] or self.asks[following] or self.asks[first]:
            return False
        return self.short[last] and self.short[following]


def _best_of_sentences(hit: Hit) -> FloatArray:
    """Return (question tokens, sentences): the best similarity within each sentence."""
    sentences = hit.chunk.sentences
    best = np.zeros((len(hit.similarity), len(sentences)), dtype=np.float32)
    offset = hit.chunk.start
    bounds = np.searchsorted(
        hit.starts, [s.start - offset for s in sentences] + [len(hit.chunk.text)]
    )
    for n, (left, right) in enumerate(pairwise(bounds)):
        if right > left and len(hit.similarity):
            best[:, n] = hit.similarity[:, left:right].max(axis=1)
    return best


@dataclass(slots=True)
class _Pick:
    """A window that was chosen, and the other articles that say the same."""

    window: Window
    score: float
    words: Shingles
    also: list[Source] = field(default_factory=list)

    def overlaps(self, window: Window) -> bool:
        """Whether both share a part of one article."""
        return (
            self.window.hit.source.path == window.hit.source.path
            and self.window.start < window.end
            and window.start < self.window.end
        )


def _apart(ranked: Iterable[tuple[Window, float]], count: int) -> list[_Pick]:
    """Take the best that do not overlap, and not all of one article if others are near.

    A near-duplicate of one that was taken is named there in place of taking a place, and a sentence
    that was taken is not shown again, whatever article it stands in.
    """
    taken: list[_Pick] = []
    waiting: list[_Pick] = []
    for window, score in ranked:
        # Windows that wait and are clearly better than all that is left go first.
        while waiting and len(taken) < count and waiting[0].score - score > _MARGIN:
            taken.append(waiting.pop(0))
        if len(taken) >= count:
            break
        chosen = [*taken, *waiting]
        if any(pick.overlaps(window) for pick in chosen):
            continue
        pick = _Pick(window, score, _words(window), list(window.hit.also))
        source = window.hit.source
        same = next((one for one in chosen if one.words.is_near_duplicate_of(pick.words)), None)
        if same is not None:
            named = (same.window.hit.source, *same.also)
            # The other article may have one of the sentences, and go on with other figures.
            if source not in named and same.words.is_contained_in(_words(_whole(window.hit))):
                same.also.extend([source, *window.hit.also])
            continue
        if any(one.words.shares_sentence_with(pick.words) for one in chosen):
            continue
        crowded = sum(one.window.hit.source.path == source.path for one in chosen) >= _PER_ARTICLE
        (waiting if crowded else taken).append(pick)
    return [*taken, *waiting][:count]


def _whole(hit: Hit) -> Window:
    sentences = hit.chunk.sentences
    return Window(hit, 0, len(sentences) - 1, sentences[0].start, sentences[-1].end, 0.0)


def _words(window: Window) -> Shingles:
    return Shingles.of(window.text, _sentences(window))


def _sentences(window: Window) -> Iterator[str]:
    chunk = window.hit.chunk
    for sentence in chunk.sentences[window.first : window.last + 1]:
        yield chunk.text[sentence.start - chunk.start : sentence.end - chunk.start]


def _excerpt(pick: _Pick) -> Excerpt:
    window = pick.window
    chunk = window.hit.chunk
    means = window.hit.weights @ _best_of_sentences(window.hit)
    asks = np.array(_Kinds.of(window.hit).asks)
    if not asks[window.first : window.last + 1].all():
        means = np.where(asks, -np.inf, means)
    best = chunk.sentences[window.first + int(means[window.first : window.last + 1].argmax())]
    paragraph, last = (chunk.sentences[n].paragraph for n in (window.first, window.last))
    return Excerpt(
        source=window.hit.source,
        paragraph=paragraph,
        last_paragraph=last if last != paragraph else None,
        start=window.start,
        end=window.end,
        text=window.text,
        highlights=((best.start - window.start, best.end - window.start),),
        score=pick.score,
        also=tuple(pick.also),
        page=chunk.sentences[window.first].page or None,
    )
