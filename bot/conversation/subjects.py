"""Subjects: the names that many articles have, in the form in which they open a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from retrieval.index import StoredChunk
from retrieval.languages import columns, term_of
from retrieval.questions import names_and_numbers

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# What stands before a word that is written with a capital for another reason than being a name.
_AFRESH = re.compile(r"[\"'“”„‚«‹:;(\[|•–—-]\s*$")
_BEFORE = 3
# Behind a name stands the end of a clause as often as this, behind an adjective hardly ever.
_ENDS = re.compile(r"\s*(?:[.,;:!?)…]|$)")
_LEAST_ENDING = 0.2
# So much of what has a capital within a sentence is a name of its kind, or it is a noun of German.
_LEAST_NAMED = 0.8
_GERMAN = "de"
_WORDS, _COLUMNS = 4, 30
_LEAST_LETTERS, _LEAST_TIMES = 3, 3
# Where names have cases, a form that opens one sentence only may be in any.
_LEAST_OPENING = {"en": 1, "de": 1}
_LEAST_OPENING_ELSE = 2
# In the languages that write them with a capital.
_DATES = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:(?:sonn|mon|diens|donners|frei|sams)tag|mittwoch"
    r"|sonnabend)s?|january?|januar|february?|februar|march|märz|april|may|mai|june?|juni|july?|juli"
    r"|august|september|o[ck]tober|november|de[cz]ember",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Found:
    """Where a name was found.

    Attributes:
        articles: The articles that have it.
        opening: How often each of its forms opens a sentence.
        language: The language of one of them.
        within, ending, named: How often it stands within a sentence, there at the end of a clause,
            and there as what can only be a name.
    """

    language: str
    articles: set[str] = field(default_factory=set)
    opening: Counter[str] = field(default_factory=Counter)
    within: int = 0
    ending: int = 0
    named: int = 0

    @property
    def times(self) -> int:
        """How often it was found."""
        return self.within + self.opening.total()


def frequent_names(chunks: Iterable[StoredChunk], count: int) -> list[str]:
    """Return the names that most articles have, the most frequent first.

    Of the forms of a name that of a sentence's beginning is taken, which is a subject as a rule; so
    a name that begins none is left out.

    Args:
        chunks: Chunks of the articles.
        count: At most so many are returned.
    """
    found: dict[tuple[str, ...], _Found] = {}
    small: Counter[str] = Counter()
    for stored in chunks:
        for sentence in stored.chunk.sentences:
            if not sentence.heading:
                start = stored.chunk.start
                text = stored.chunk.text[sentence.start - start : sentence.end - start]
                _note(found, text, stored.source.path, stored.source.language)
                small.update(word for word in _WORD.findall(text) if word.islower())
    names = [one for one in found.values() if _is_name(one, small)]
    names.sort(key=lambda one: (len(one.articles), one.times), reverse=True)
    return list(dict.fromkeys(map(_form, names)))[:count]


def _note(found: dict[tuple[str, ...], _Found], text: str, path: str, language: str) -> None:
    german = language == _GERMAN
    named = set(names_and_numbers(text)) if german else set()
    for words, opens in _runs(text):
        name = text[words[0].start() : words[-1].end()]
        key = tuple(term_of(word.group(), language) or "" for word in words)
        one = found.setdefault(key, _Found(language))
        one.articles.add(path)
        if opens:
            one.opening[name] += 1
        else:
            one.within += 1
            one.ending += _ENDS.match(text, words[-1].end()) is not None
            one.named += not german or words[-1].group() in named


def _runs(text: str) -> Iterator[tuple[list[re.Match[str]], bool]]:
    """Yield the rows of words with a capital, and whether each opens the sentence."""
    run: list[re.Match[str]] = []
    opens = fresh = True
    end = 0
    for word in _WORD.finditer(text):
        joins = bool(run) and text[end : word.start()] == " "
        if run and not (joins and word.group()[0].isupper()):
            yield run, opens
            run = []
        if word.group()[0].isupper():
            if not run:
                opens = (
                    fresh
                    or _AFRESH.search(text, max(0, word.start() - _BEFORE), word.start())
                    is not None
                )
            run.append(word)
        fresh, end = False, word.end()
    if run:
        yield run, opens


def _form(found: _Found) -> str:
    return found.opening.most_common(1)[0][0]


def _is_name(found: _Found, small: Counter[str]) -> bool:
    if found.times < _LEAST_TIMES or not found.opening or not found.within:
        return False
    name = _form(found)
    last = name.split()[-1]
    return (
        found.opening[name] >= _LEAST_OPENING.get(found.language, _LEAST_OPENING_ELSE)
        and small[name.lower()] < found.within
        and found.ending >= _LEAST_ENDING * found.within
        and found.named >= _LEAST_NAMED * found.within
        and len(name.split()) <= _WORDS
        and len(name) >= _LEAST_LETTERS
        and not last.endswith(("'s", "’s"))
        and len(last) > 1
        and columns(name) <= _COLUMNS
        and not _DATES.fullmatch(name)
    )
