"""From an article's text to chunks: whole sentences, within the encoder's own token budget."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise, tee

from sentencex import get_sentence_boundaries

from retrieval.types import Article, Chunk, Sentence

CountTokens = Callable[[Sequence[str]], list[int]]

# At most this share of the budget goes to the title; a longer title is cut for encoding.
_TITLE_SHARE = 0.25
# sentencex takes time quadratic in unbalanced quotation marks, so it gets no more than this.
_SPLITTER_CHARS = 4_000
# Characters whose tokens are counted at once, a text taking the room of some more: the tokenizer
# takes 100 bytes for each token, and a kilobyte for each text.
_COUNTED_AT_ONCE, _A_TEXT = 1 << 18, 16
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
# Full stops of all scripts that are in use, and what closes a quotation or bracket behind them.
_STOPS = ".!?…:;。．！？｡؟؛۔।॥։՜՞።፧፨၊။។៕។៖༎།᠃᙮⁇⁈⁉‼"
_CLOSING = "\"'”’»›)\\]」』】）》〉"
_TERMINATED = re.compile(f"[{_STOPS}][{_CLOSING}]*$")
_ASKED = re.compile(f"(?:[?？؟;⁇⁈՞፧][!?…]*|か。)[{_CLOSING}*_]*$")
# Thai and Lao have no full stops: a blank ends a clause, and only length tells a heading.
_UNSTOPPED = re.compile(f"[\u0e01-\u0eff][{_CLOSING}]*$")
_UNSTOPPED_CHARS = 40
_CLAUSE_END = re.compile("(?<=[\u0e01-\u0e45\u0e47-\u0eff])[^\\S\\n]+(?=[\u0e01-\u0eff])")
# So many characters of clauses together are a sentence; fewer are left to the one before.
_CLAUSES_CHARS, _LAST_CLAUSE_CHARS = 60, 30
# What the splitter does not know, as something of the same length that it knows: full stops of
# Khmer and Tibetan, and quotation marks that stand for the sign within a Hebrew abbreviation.
_KNOWN_STOPS = str.maketrans("។៕།༎", "။။။။")
# Titles behind which no sentence ends: Arabic, Hindi, Bengali.
_SHORTENED = re.compile("(?<![^\\s(])(?:[\u0621-\u064a]|डॉ|डा|ডা|ড)\\.\\s*$")
_HEBREW_SIGN = re.compile('(?<=[א-ת])"(?=[א-ת])')
# Where a sentence over the budget may be cut, best first.
_CLAUSE = re.compile(r"(?<=[;:,–—،؛])\s+|(?<=[，、；：])\s*")
_WORD = re.compile(r"\s+")
# Text has about 4 characters a token. WordPiece takes a word of 101 or of 100,000 characters for
# one unknown token, which would let a chunk grow without end.
_TOKEN_CHARS = 12


def is_terminated(text: str) -> bool:
    """Whether a text ends as a sentence does, unlike a heading or a wrapped line."""
    end = text[-8:]
    unstopped = len(text) >= _UNSTOPPED_CHARS and _UNSTOPPED.search(end)
    return bool(unstopped or _TERMINATED.search(end))


def is_question(text: str) -> bool:
    """Whether a text ends as a question does."""
    # An Armenian question has its mark in the word that asks.
    last = text.rstrip("։").rpartition("։")[2]
    return "՞" in last or bool(_ASKED.search(text[-8:]))


def passage(title: str, text: str) -> str:
    """Return what is encoded and indexed for a chunk: the title, a line break, the text."""
    return f"{title}\n{text}"


def short_title(title: str, budget: int, count_tokens: CountTokens) -> str:
    """Return as many whole words of the title as its share of the budget holds.

    A first word that alone exceeds it is cut to what fits.
    """
    words = title.split()
    limit = max(1, int(budget * _TITLE_SHARE))
    candidates = [" ".join(words[:n]) for n in range(1, min(len(words), limit) + 1)]
    weights = _weigh(candidates, count_tokens)
    fitting = [text for text, weight in zip(candidates, weights, strict=True) if weight <= limit]
    if fitting or not words:
        return fitting[-1] if fitting else ""
    (weight,) = _weigh(words[:1], count_tokens)
    start, end, _ = next(_pieces(words[0], 0, len(words[0]), weight, limit, count_tokens))
    return words[0][start:end]


def chunk(
    article: Article,
    title: str,
    budget: int,
    count_tokens: CountTokens,
    sentences: Iterable[Sentence] | None = None,
) -> list[Chunk]:
    """Cut an article into chunks of whole sentences.

    Args:
        article: The article; its text may be empty.
        title: Title as it stands in the passages; see `short_title`.
        budget: Tokens of one passage, title included; see `passage`.
        count_tokens: The encoder's own counter, so that nothing is cut silently in encoding.
        sentences: The article's sentences if they are known; see `split_sentences`.

    Returns:
        Chunks in order; together they hold every sentence once. A chunk exceeds the budget only
        where a single character does.
    """
    text = article.text
    if sentences is None:
        sentences = split_sentences(text, article.source.language)
    room = max(1, budget - count_tokens([title])[0])
    chunks: list[Chunk] = []
    run: list[Sentence] = []
    weights: list[int] = []
    for sentence, weight in _fitting(article, sentences, room, count_tokens):
        if run and (sum(weights) + weight > room or _within_word(text, sentence.start)):
            # A question stays with what follows it, which may be its answer.
            kept = len(run) - (
                len(run) > 1
                and is_question(text[run[-1].start : run[-1].end])
                and weights[-1] + weight <= room
            )
            chunks.append(_chunk(text, run[:kept]))
            run, weights = run[kept:], weights[kept:]
        run.append(sentence)
        weights.append(weight)
    if run:
        chunks.append(_chunk(text, run))
    return chunks


def _chunk(text: str, run: Sequence[Sentence]) -> Chunk:
    return Chunk(text[run[0].start : run[-1].end], tuple(run))


def split_sentences(text: str, language: str) -> Iterator[Sentence]:
    """Yield every sentence; together they hold every character that is not white space."""
    for number, (start, end) in enumerate(paragraphs_of(text), start=1):
        while start < end:
            piece = text[start : min(end, start + _SPLITTER_CHARS)]
            ends = list(_sentence_ends(piece, language))
            # The last sentence may be cut off by the end of the piece: it begins the next one.
            if start + len(piece) < end and len(ends) > 1 and ends[-2] > len(piece) // 2:
                ends.pop()
            for first, last in pairwise([0, *ends]):
                span = _stripped(text, start + first, start + last)
                if span:
                    yield Sentence(*span, number)
            start += ends[-1]


def _sentence_ends(text: str, language: str) -> Iterator[int]:
    known = _HEBREW_SIGN.sub("״", text.translate(_KNOWN_STOPS))
    start = 0
    for found in get_sentence_boundaries(language, known):
        end = found["end_index"]
        if end < len(text) and _SHORTENED.search(text, max(start, end - 8), end):
            continue
        for gap in _CLAUSE_END.finditer(text, start, end):
            if gap.end() - start >= _CLAUSES_CHARS and end - gap.end() >= _LAST_CLAUSE_CHARS:
                yield gap.end()
                start = gap.end()
        yield end
        start = end


def split_paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each paragraph, without the white space around it.

    Blank lines part paragraphs. Where a block of several lines has no hard-wrapped look, that is,
    where most lines end as sentences do, each of its lines is a paragraph.
    """
    return list(paragraphs_of(text))


def paragraphs_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield what `split_paragraphs` returns."""
    at = 0
    for gap in chain(_BLANK_LINE.finditer(text), [None]):
        block = _stripped(text, at, gap.start() if gap else len(text))
        at = gap.end() if gap else len(text)
        if block:
            yield from _lines(text, *block)


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    lines = text[start:end].split("\n")
    terminated = sum(is_terminated(line.rstrip()) for line in lines)
    if len(lines) == 1 or terminated * 2 <= len(lines):
        return [(start, end)]
    spans = []
    for line in lines:
        span = _stripped(text, start, start + len(line))
        if span:
            spans.append(span)
        start += len(line) + 1
    return spans


def _stripped(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None


def _fitting(
    article: Article, sentences: Iterable[Sentence], room: int, count_tokens: CountTokens
) -> Iterator[tuple[Sentence, int]]:
    """Yield the sentences with their weights, those over the room in pieces that fit."""
    text = article.text
    headings = frozenset(article.headings)
    paragraph, heading = 0, False
    # A file may have half a million sentences, so no list holds them all.
    sentences, weighed = tee(sentences)
    weights = _weigh((text[one.start : one.end] for one in weighed), count_tokens)
    for sentence, weight in zip(sentences, weights, strict=True):
        if sentence.paragraph != paragraph:
            paragraph, heading = sentence.paragraph, sentence.start in headings
        if heading:
            sentence = replace(sentence, heading=True)
        if weight <= room:
            yield _on_page(article, sentence), weight
            continue
        span = sentence.start, sentence.end
        for start, end, part in _pieces(text, *span, weight, room, count_tokens):
            yield _on_page(article, replace(sentence, start=start, end=end)), part


def _on_page(article: Article, sentence: Sentence) -> Sentence:
    if not article.pages:
        return sentence
    return replace(sentence, page=bisect_right(article.pages, sentence.start))


def _weigh(texts: Iterable[str], count_tokens: CountTokens) -> Iterator[int]:
    """Count the tokens of each text, at least one for every `_TOKEN_CHARS` characters."""
    waiting: list[str] = []
    room = _COUNTED_AT_ONCE
    for text in texts:
        waiting.append(text)
        room -= len(text) + _A_TEXT
        if room <= 0:
            yield from _counts(waiting, count_tokens)
            waiting, room = [], _COUNTED_AT_ONCE
    yield from _counts(waiting, count_tokens)


def _counts(texts: Sequence[str], count_tokens: CountTokens) -> Iterator[int]:
    for count, text in zip(count_tokens(texts), texts, strict=True):
        yield max(count, len(text) // _TOKEN_CHARS)


def _pieces(
    text: str, start: int, end: int, weight: int, room: int, count_tokens: CountTokens
) -> Iterator[tuple[int, int, int]]:
    """Cut a span until each piece fits; yield start, end and weight of the pieces.

    Cut into as many parts at once as its weight asks for: halving would count every token again
    for each time that the span is halved.
    """
    if weight <= room or end - start == 1:
        yield start, end, weight
        return
    parts = _parts(text, start, end, min(-(-weight // room), end - start))
    weights = _weigh([text[first:last] for first, last in parts], count_tokens)
    for part, own in zip(parts, weights, strict=True):
        yield from _pieces(text, *part, own, room, count_tokens)


def _parts(text: str, start: int, end: int, number: int) -> list[tuple[int, int]]:
    """Cut a span into about so many parts of about one length, at gaps if there are some."""
    length = (end - start) / number
    cuts = [_cut(text, start + length * n, length / 2) for n in range(1, number)]
    spans = [_stripped(text, first, last) for first, last in pairwise([start, *cuts, end])]
    return [span for span in spans if span]


def _cut(text: str, target: float, reach: float) -> int:
    """Return the gap between clauses, or else words, that is nearest; without one the target."""
    first, last = math.ceil(target - reach), math.floor(target + reach)
    for pattern in (_CLAUSE, _WORD):
        gaps = [gap.end() for gap in pattern.finditer(text, first, last)]
        if gaps:
            return min(gaps, key=lambda gap: abs(gap - target))
    return int(target)


def _within_word(text: str, offset: int) -> bool:
    """Whether a word was cut here: as one chunk its halves could have more tokens than apart."""
    return text[offset - 1].isalnum() and text[offset].isalnum()
