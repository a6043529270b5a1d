"""Excerpts: the windows of whole sentences that answer best, whatever chunk they stand in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np

from retrieval.articles import is_item, is_row
from retrieval.chunking import is_question
from retrieval.languages import wide_places
from retrieval.questions import Asked, Kind, Subject
from retrieval.search.near_duplicates import Shingles
from retrieval.types import Chunk, Excerpt, FloatArray, Hit, Reading, Source

# What the fused score of a window's chunk, and its boost, add to the window's own late
# interaction, whose range within a question is about .4.
_CHUNK_SHARE, _BOOST_SHARE = 0.05, 0.4
# So many excerpts of one article, unless a further one beats the others' best by the margin.
_PER_ARTICLE = 2
_MARGIN = 0.01
# What is added to a window that begins by saying who or what is asked about.
_INTRODUCED = 0.08
# More than the sum of a question's similarities is rounded by.
_ROUNDING = 1e-4
# What a highlight gets for something of the kind that the question asks for, and loses without it;
# and how much of what stands before and behind it counts, as an answer is often the sentence beside
# the one that has the question's words.
_MET, _BESIDE = 0.04, 0.15
# Where paragraphs are as short as these, as in news and posts, one goes on in the next. Longer ones
# have a subject of their own, and quoting two would pad the answer.
_SHORT_CHARS, _SHORT_SENTENCES = 300, 2
# So many chunks are remembered with what their sentences are.
_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Window:
    """Sentences `first` to `last` of a hit's chunk.

    Attributes:
        start, end: Offsets in the article.
        late: Late-interaction score of the window's own tokens and, if it begins with a row of a
            table or an item with its label, of those of the title and the headings above: a row
            does not say itself what its table is about.
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

    @property
    def sentences(self) -> list[str]:
        """Each of the sentences as it stands in the article."""
        return _Kinds.of(self.hit.chunk).texts[self.first : self.last + 1]

    @property
    def headings(self) -> str:
        """The headings above."""
        kinds = _Kinds.of(self.hit.chunk)
        begin, end = _headings_above(kinds.heading, self.first)
        return "\n".join(kinds.texts[begin:end])

    @property
    def above(self) -> FloatArray:
        """The best similarity of each of the question's tokens in the title and the headings."""
        heading = _Kinds.of(self.hit.chunk).heading
        return _above(self.hit, _best_of_sentences(self.hit), heading, self.first)

    def tokens(self) -> tuple[FloatArray, list[int]]:
        """Return the similarities of the question's tokens and the window's own, and their offsets.

        The offsets are those in the window's text.
        """
        hit, offset = self.hit, self.hit.chunk.start
        rest = hit.chunk.sentences[self.last + 1 :]
        end = rest[0].start - offset if rest else len(hit.chunk.text)
        left, right = np.searchsorted(hit.starts, [self.start - offset, end])
        starts = hit.starts[left:right] - (self.start - offset)
        return hit.similarity[:, left:right], starts.tolist()


def best_excerpts(
    hits: Sequence[Hit], count: int, chars: int, question: str = "", typed: str = ""
) -> list[tuple[Excerpt, Window]]:
    """Choose excerpts, best first, that do not overlap.

    Args:
        hits: Ranked chunks of one question.
        count: Excerpts at most.
        chars: Columns that an excerpt may take; only a single sentence may be longer.
        question: The question, whose words say what is to be highlighted.
        typed: The question as it was typed, if that is another: of one in a language that the
            encoder does not know, nothing but names is searched.
    """
    language = min(hits, key=lambda hit: hit.rank).source.language if hits else ""
    subject = Subject.of(typed or question, language)
    chosen = _apart(_best_first(hits, chars, subject), count)
    return [(_excerpt(pick, question, subject), pick.window) for pick in chosen]


def highlight_reading(excerpt: Excerpt, reading: Reading | None) -> Excerpt:
    """Highlight the words that the reader finds, if it holds them likelier than no answer."""
    if reading is None or reading.score <= reading.no_answer:
        return excerpt
    return replace(excerpt, highlights=((reading.start, reading.end),))


def _best_first(
    hits: Sequence[Hit], chars: int, subject: Subject | None
) -> Iterator[tuple[Window, float]]:
    """Yield the windows of all hits, each with its score, best first.

    Few are ever asked for. So a hit's windows are scored when no other is left that is better than
    the best that one of them can be.
    """
    ranked = sorted(hits, key=lambda hit: hit.rank)
    # By score, then by place and number: those of hits, whose number is -1, and those of windows.
    heap = [(-_bound(hit, subject), place, -1, 0, 0, 0.0) for place, hit in enumerate(ranked)]
    heapify(heap)
    while heap:
        score, place, number, first, last, late = heappop(heap)
        hit = ranked[place]
        if number >= 0:
            yield _window(hit, first, last, late), -score
            continue
        for n, (scored, first, last, late) in enumerate(_scored_runs(hit, chars, subject)):
            heappush(heap, (-scored, place, n, first, last, late))


def _bound(hit: Hit, subject: Subject | None) -> float:
    """Return what no window of a hit scores more than."""
    # A sentence without tokens counts as 0, and a sum of other parts is rounded otherwise.
    late = float(hit.weights @ hit.similarity.max(axis=1, initial=0.0)) + _ROUNDING
    return _score(hit, late, _INTRODUCED if subject else 0.0)


def _score(hit: Hit, late: float, introduced: float) -> float:
    """Return the score of a window, which its late interaction makes and its chunk adds to."""
    return late - hit.level + _CHUNK_SHARE * hit.score + _BOOST_SHARE * hit.boost + introduced


def _scored_runs(
    hit: Hit, chars: int, subject: Subject | None
) -> Iterator[tuple[float, int, int, float]]:
    """Yield the score, first and last sentence and late interaction of all that may be excerpts."""
    best = _best_of_sentences(hit)
    kinds = _Kinds.of(hit.chunk)
    for first, last, ends in _runs(hit.chunk, chars):
        # A token of the question keeps its best match in the sentences so far.
        matched = np.maximum.accumulate(best[:, first : last + 1], axis=1)
        if kinds.row[first]:
            matched = np.maximum(matched, _above(hit, best, kinds.heading, first)[:, None])
        late = (hit.weights @ matched).tolist()
        introduced = _INTRODUCED if _is_introduced(hit, first, subject) else 0.0
        for end in ends:
            own = late[end - first]
            yield _score(hit, own, introduced), first, end, own


# Many questions find the same chunks.
@lru_cache(_KEPT)
def _runs(chunk: Chunk, chars: int) -> list[tuple[int, int, list[int]]]:
    """Return the runs of whole sentences, up to a length, that may be excerpts.

    A run stays in its paragraph, or goes on in the next one where both are short, or where it has
    come no further than a question. It does not end with a question, which answers nothing, unless
    nothing follows.

    Returns:
        First sentence, the last that it may reach, and all that it may end with. Those that end a
        paragraph stand first: of runs that match equally, one is taken that finishes what it began.
    """
    sentences = chunk.sentences
    columns = _columns(chunk)
    kinds = _Kinds.of(chunk)
    found = []
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
        ends = [n for n in range(first, last + 1) if n == last or not kinds.asks[n]]
        found.append((first, last, sorted(ends, key=partial(kinds.breaks_off, first))))
    return found


def _window(hit: Hit, first: int, last: int, late: float) -> Window:
    sentences = hit.chunk.sentences
    return Window(hit, first, last, sentences[first].start, sentences[last].end, late)


def _above(hit: Hit, best: FloatArray, heading: Sequence[bool], first: int) -> FloatArray:
    """Return (question tokens,): the best similarity in the title and the headings above."""
    title = hit.similarity[:, hit.starts < 0]
    begin, end = _headings_above(heading, first)
    above = np.concatenate([title, best[:, begin:end]], axis=1)
    return np.asarray(above.max(axis=1, initial=-1.0), dtype=np.float32)


def _headings_above(heading: Sequence[bool], first: int) -> tuple[int, int]:
    """Return where the headings above a sentence begin and end."""
    last = next((n for n in reversed(range(first)) if heading[n]), -1)
    begin = next((n for n in reversed(range(last)) if not heading[n]), -1) + 1
    return begin, last + 1


def _columns(chunk: Chunk) -> Callable[[int, int], int]:
    """Return what measures a part of the article in columns, between two offsets."""
    wide = [chunk.start + place for place in wide_places(chunk.text)]

    def columns(start: int, end: int) -> int:
        return end - start + bisect_left(wide, end) - bisect_left(wide, start)

    return columns


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What the sentences of a chunk are.

    Attributes:
        texts: Each as it stands in the article.
        heading: Whether each is a heading, which makes a poor excerpt by itself. One that asks
            is quoted with its answer.
        row: Whether each is a row of a table, or an item of a list with its label.
        asks: Whether each is a question.
        short: Whether the paragraph of each is short.
        paragraphs: Paragraph of each.
        ends: Whether each is the last of its paragraph.
    """

    texts: list[str]
    heading: list[bool]
    row: list[bool]
    asks: list[bool]
    short: list[bool]
    paragraphs: list[int]
    ends: list[bool]

    @classmethod
    @lru_cache(_KEPT)
    def of(cls, chunk: Chunk) -> _Kinds:
        """Look at the sentences of a chunk."""
        sentences = chunk.sentences
        texts = [chunk.text_of(one) for one in sentences]
        asked = [is_question(text) for text in texts]
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
            texts,
            [one.heading and not asks for one, asks in zip(sentences, asked, strict=True)],
            [is_row(text) or is_item(text) for text in texts],
            asked,
            [one.paragraph in short for one in sentences],
            [one.paragraph for one in sentences],
            [one.paragraph != after.paragraph for one, after in pairwise(sentences)] + [True],
        )

    def breaks_off(self, first: int, last: int) -> bool:
        """Whether a run ends within a paragraph, or goes on behind another question."""
        return not self.ends[last] or any(self.asks[first + 1 : last + 1])

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
    bounds = hit.starts.searchsorted(
        [one.start - offset for one in sentences] + [len(hit.chunk.text)]
    )
    has_tokens = bounds[1:] > bounds[:-1]
    begins = bounds[:-1][has_tokens]
    best[:, has_tokens] = np.maximum.reduceat(hit.similarity, begins, axis=1)
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
    return _window(hit, 0, len(hit.chunk.sentences) - 1, 0.0)


def _words(window: Window) -> Shingles:
    return Shingles.of(window.text, window.sentences)


def _is_introduced(hit: Hit, number: int, subject: Subject | None) -> bool:
    """Whether a sentence of a hit says who or what is asked about."""
    if subject is None:
        return False
    return subject.is_introduced(_Kinds.of(hit.chunk).texts[number], hit.source.language)


def _excerpt(pick: _Pick, question: str, subject: Subject | None) -> Excerpt:
    window = pick.window
    chunk = window.hit.chunk
    best = chunk.sentences[_highlighted(window, question, subject)]
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


def _highlighted(window: Window, question: str, subject: Subject | None) -> int:
    """Return the number of the sentence that answers best."""
    hit = window.hit
    numbers = range(window.first, window.last + 1)
    if len(numbers) == 1 or _is_introduced(hit, window.first, subject):
        return window.first
    own = (hit.weights @ _best_of_sentences(hit))[numbers.start : numbers.stop]
    mean = own.mean(keepdims=True)
    around = np.concatenate([mean, own, mean])
    scores = own + _BESIDE * (around[:-2] + around[2:])
    asks = np.array(_Kinds.of(hit.chunk).asks)[numbers.start : numbers.stop]
    if not asks.all():
        scores[asks] = -np.inf
    language = hit.source.language
    asked = Asked.of(question, language)
    if asked.kind not in (None, Kind.FACT, Kind.REASON):
        met = [asked.is_met(text, language) for text in window.sentences]
        scores += np.where(met, _MET, -_MET)
    return window.first + int(scores.argmax())
