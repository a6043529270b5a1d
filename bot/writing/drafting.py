"""Drafts: the text of a model, cut into plain sentences with their citations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.answers import fold_question
from retrieval.chunking import split_sentences

# The rest is not waited for after a longer sentence, or after so much text.
_SENTENCE_CHARS = 800
_CHARS = 8_000

_MARKS = re.compile(r"(?:\s*\[[\d,\s]{1,40}\])+")
_OPEN_MARK = re.compile(r"\s*\[[\d,\s]*")
_NUMBER = re.compile(r"\d{1,3}")
# The mark of a list or a heading; a number is one only before a full stop or a bracket.
_BULLET = re.compile(r"\s*(?:[-*•–#>]+|\d{1,2}[.)])\s+")
_MARKUP = re.compile(r"\*+|`+|__+|~~+|</?[A-Za-z][^<>]{0,200}>")
# Some models write down their thoughts before they answer.
_THOUGHT, _THOUGHT_END = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence of a draft.

    Attributes:
        text: One line without markup and control characters, with its citation marks.
        bare: The same without these marks.
        citations: The numbers in the marks, sorted.
    """

    text: str
    bare: str
    citations: tuple[int, ...]


class Draft:
    """A growing text that yields its sentences as they are completed.

    Attributes:
        full: Whether it takes no more text.
    """

    def __init__(self, language: str) -> None:
        self.full = False
        self._language = language
        self._text = ""
        self._chars = 0
        self._thinks = True

    def add(self, piece: str) -> Iterator[Drafted]:
        """Add a piece of any length; yield the sentences that are complete with it."""
        self._chars += len(piece)
        self._text += piece[:_CHARS]
        if self._thinks and not self._thought():
            self.full = self._chars > _CHARS
            return
        sentences = list(self._sentences())
        # The last one may go on, and an unfinished mark belongs to the sentence before it.
        kept = 2 if sentences and _OPEN_MARK.fullmatch(sentences[-1][1]) else 1
        complete = sentences[:-kept]
        if complete:
            self._text = self._text[complete[-1][0] :]
        self.full = self._chars > _CHARS or len(self._text) > _SENTENCE_CHARS
        for _, sentence in complete:
            yield from _drafted(sentence)

    def end(self) -> Iterator[Drafted]:
        """Yield the sentences that are left; there are none in a full draft, which may be cut."""
        if not self.full and not self._text.startswith(_THOUGHT):
            for _, sentence in self._sentences():
                yield from _drafted(sentence)

    def _thought(self) -> bool:
        """Drop a thought at the beginning; return False as long as it may go on."""
        text = self._text.lstrip()
        if text.startswith(_THOUGHT):
            if _THOUGHT_END not in text:
                return False
            text = text.partition(_THOUGHT_END)[2]
        elif _THOUGHT.startswith(text):
            return False
        self._text, self._thinks = text, False
        return True

    def _sentences(self) -> Iterator[tuple[int, str]]:
        """Yield the end of each sentence, and the sentence with the marks that follow it."""
        found: list[tuple[int, int]] = []
        for start, end in self._pieces():
            marks = _MARKS.match(self._text, start, end)
            if found and marks:
                found[-1] = found[-1][0], marks.end()
                start = marks.end()
            if self._text[start:end].strip():
                found.append((start, end))
        return ((end, self._text[start:end]) for start, end in found)

    def _pieces(self) -> Iterator[tuple[int, int]]:
        at = 0
        for line in self._text.split("\n"):
            bullet = _BULLET.match(line)
            skipped = bullet.end() if bullet else 0
            for one in split_sentences(line[skipped:], self._language):
                yield at + skipped + one.start, at + skipped + one.end
            at += len(line) + 1


def _drafted(sentence: str) -> Iterator[Drafted]:
    text = fold_question(_MARKUP.sub("", sentence))
    bare = " ".join(_MARKS.sub("", text).split())
    if bare and not _OPEN_MARK.fullmatch(bare):
        marks = " ".join(_MARKS.findall(text))
        yield Drafted(text, bare, tuple(sorted({int(one) for one in _NUMBER.findall(marks)})))
