"""From an article's text to chunks: whole sentences, within the encoder's own token budget."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from sentencex import get_sentence_boundaries

from retrieval.types import Article, Chunk, Sentence

CountTokens = Callable[[Sequence[str]], list[int]]

# Of the budget at most this share goes to the title; a longer title is cut for encoding.
_TITLE_SHARE = 0.25
# sentencex takes time quadratic in unbalanced quotation marks, so it gets no more than this.
_SPLITTER_CHARS = 20_000
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_TERMINATED = re.compile(r"""[.!?…:;。！？।؟]["'”’»)\]]*$""")
# Where a sentence over the budget may be cut, best first.
_CLAUSE = re.compile(r"(?<=[;:,–—])\s+")
_WORD = re.compile(r"\s+")


def passage(title: str, text: str) -> str:
    """Return what is encoded and indexed for a chunk: the title, a line break, the text."""
    return f"{title}\n{text}"


def short_title(title: str, budget: int, count_tokens: CountTokens) -> str:
    """Return as many whole words of the title as its share of the budget holds, at least one."""
    words = title.split()
    limit = max(1, int(budget * _TITLE_SHARE))
    candidates = [" ".join(words[:n]) for n in range(1, min(len(words), limit) + 1)]
    counts = count_tokens(candidates)
    fitting = [text for text, count in zip(candidates, counts, strict=True) if count <= limit]
    return fitting[-1] if fitting else words[0][:limit] if words else ""


def chunk(article: Article, budget: int, count_tokens: CountTokens) -> list[Chunk]:
    """Cut an article into chunks of whole sentences.

    Args:
        article: Its text may be empty.
        budget: Tokens of one passage, title included; see `passage`.
        count_tokens: The encoder's own, so that nothing is cut silently when it encodes.

    Returns:
        Chunks in order; together they hold every sentence once. A chunk exceeds the budget only
        where a single character does.
    """
    title = short_title(article.source.title, budget, count_tokens)
    room = max(1, budget - count_tokens([title])[0])
    sentences = list(split_sentences(article.text, article.source.language))
    counts = count_tokens([article.text[s.start : s.end] for s in sentences])
    chunks: list[Chunk] = []
    open_run: list[Sentence] = []
    used = 0
    for sentence, count in _within(sentences, counts, article.text, room, count_tokens):
        if open_run and used + count > room:
            chunks.append(_chunk(article.text, open_run))
            open_run, used = [], 0
        open_run.append(sentence)
        used += count
    if open_run:
        chunks.append(_chunk(article.text, open_run))
    return chunks


def _chunk(text: str, run: Sequence[Sentence]) -> Chunk:
    return Chunk(text[run[0].start : run[-1].end], tuple(run))


def split_sentences(text: str, language: str) -> Iterator[Sentence]:
    """Yield every sentence; together they hold every character that is not white space."""
    for number, (start, end) in enumerate(split_paragraphs(text), start=1):
        for first in range(start, end, _SPLITTER_CHARS):
            piece = text[first : min(end, first + _SPLITTER_CHARS)]
            for found in get_sentence_boundaries(language, piece):
                span = _stripped(text, first + found["start_index"], first + found["end_index"])
                if span:
                    yield Sentence(*span, number)


def split_paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each paragraph, without the white space around it.

    Blank lines part paragraphs. Where a block of several lines has no hard-wrapped look, that is,
    where most lines end as sentences do, each of its lines is a paragraph.
    """
    spans: list[tuple[int, int]] = []
    at = 0
    for gap in [*_BLANK_LINE.finditer(text), None]:
        block = _stripped(text, at, gap.start() if gap else len(text))
        at = gap.end() if gap else len(text)
        if block:
            spans.extend(_lines(text, *block))
    return spans


def paragraph_at(paragraphs: Sequence[tuple[int, int]], offset: int) -> int:
    """Return the number of the paragraph that an offset lies in."""
    return bisect_right(paragraphs, offset, key=lambda span: span[0])


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    lines = text[start:end].split("\n")
    terminated = sum(bool(_TERMINATED.search(line.rstrip()[-8:])) for line in lines)
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


def _within(
    sentences: Sequence[Sentence],
    counts: Sequence[int],
    text: str,
    room: int,
    count_tokens: CountTokens,
) -> Iterator[tuple[Sentence, int]]:
    """Yield the sentences with their token counts, those over the room in pieces that fit."""
    for sentence, count in zip(sentences, counts, strict=True):
        if count <= room:
            yield sentence, count
            continue
        for start, end, part_count in _pieces(
            text, sentence.start, sentence.end, room, count_tokens
        ):
            yield Sentence(start, end, sentence.paragraph), part_count


def _pieces(
    text: str, start: int, end: int, room: int, count_tokens: CountTokens
) -> Iterator[tuple[int, int, int]]:
    """Cut a span into pieces within the room: at clauses, else at words, else anywhere."""
    for pattern in (_CLAUSE, _WORD, None):
        cuts = _cuts(text, start, end, pattern)
        counts = count_tokens([text[a:b] for a, b in cuts])
        if max(counts) <= room or pattern is None:
            break
    run_start, run_end, used = cuts[0][0], cuts[0][1], counts[0]
    for (a, b), count in zip(cuts[1:], counts[1:], strict=True):
        if used + count > room:
            yield run_start, run_end, used
            run_start, used = a, 0
        run_end = b
        used += count
    yield run_start, run_end, used


def _cuts(
    text: str, start: int, end: int, pattern: re.Pattern[str] | None
) -> list[tuple[int, int]]:
    if pattern is None:
        return [
            span
            for at in range(start, end, 8)
            if (span := _stripped(text, at, min(end, at + 8))) is not None
        ]
    cuts = []
    for gap in pattern.finditer(text, start, end):
        cuts.append((start, gap.start()))
        start = gap.end()
    return [*cuts, (start, end)]
