"""Subjects: the names that many articles have, each in the form in which it is a subject.

A name is a row of words with a capital that mostly stands within sentences. What else is written so
depends on the language: in English adjectives of nations, in German every noun.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from retrieval.index import StoredChunk
from retrieval.languages import columns, term_of
from retrieval.questions import names_and_numbers

_Words: TypeAlias = Sequence[re.Match[str]]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")
# What stands before a word that is written with a capital for another reason than being a name.
_AFRESH = re.compile(r"[\"'“”„‚«‹:;(\[|•–—-]\s*$")
_BEFORE = 3
# So much of a name stands within sentences, and so much of that may be written small elsewhere.
_LEAST_WITHIN, _MOST_SMALL = 0.25, 0.2
_WORDS, _COLUMNS = 4, 30
_LEAST_LETTERS, _LEAST_TIMES = 3, 3

_ENGLISH, _ARTICLE, _OF = "en", "the ", "of"
# Behind a name comes the end of a clause or a stop word, behind an adjective comes its noun.
_ENDS = re.compile(r"\s*(?:[.,;:!?)…]|$)")
_LEAST_CLOSED = 0.5
# Those that stand alone, as in "English, French and Italian".
_ADJECTIVES = re.compile(
    r"\w{2,}(?:ish|ese|[ie]an|ic)|american|arab|czech|dutch|french|german|greek|roman|swiss|thai|welsh",
    re.IGNORECASE,
)

_GERMAN = "de"
# So much of a name can be nothing else, as a noun can.
_LEAST_NAMED = 0.8

# Elsewhere a form is a subject that opens sentences and titles, or stands before a dash, so often
# more than behind a preposition.
_WITHOUT_CASES = frozenset(["ca", "da", "de", "en", "es", "fr", "it", "nb", "nl", "no", "pt", "sv"])
_LEAST_SUBJECT = 2
_DASH = re.compile(r"\s*(?:\([^)]*\)\s*)?[—–]\s")
_PREPOSITION = re.compile(
    r"без|во?|для|до|за|изо?|із|зі?|ко?|крізь|між|между|на|над|об?|обо|около|от|перед|під|по|под|после"
    r"|після|при|про|против|проти|со?|серед|среди|у|через|щодо"
)
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
        language: The language of one of its articles.
        articles: The articles that have it.
        forms: How often each of its forms stands in a sentence.
        subjects: How much speaks for each form being a subject.
        within, closed, named: How often it stands within a sentence, there before a stop word or
            the end of a clause, and there as what can only be a name.
        definite: How often it stands behind "the".
    """

    language: str
    articles: set[str] = field(default_factory=set)
    forms: Counter[str] = field(default_factory=Counter)
    subjects: Counter[str] = field(default_factory=Counter)
    within: int = 0
    closed: int = 0
    named: int = 0
    definite: int = 0

    @property
    def form(self) -> str:
        """The form in which it is told; empty if none is known to be a subject."""
        counts = self.forms
        if self.language not in _WITHOUT_CASES:
            counts = Counter(
                {
                    form: self.subjects[form]
                    for form in counts
                    if self.subjects[form] >= _LEAST_SUBJECT
                }
            ) or Counter({form: n for form, n in counts.items() if _is_rigid(form)})
        return counts.most_common(1)[0][0] if counts else ""

    @property
    def told(self) -> str:
        """The form, with its article."""
        definite = 2 * self.definite > self.forms.total()
        return f"{_ARTICLE}{self.form}" if definite else self.form


def frequent_names(chunks: Iterable[StoredChunk], count: int) -> list[str]:
    """Return the names that most articles have, the most frequent first, English ones with "the".

    Where names have cases, one that is never known to be a subject is left out.

    Args:
        chunks: Chunks of the articles.
        count: At most so many are returned.
    """
    found: dict[tuple[str, ...], _Found] = {}
    small: Counter[str] = Counter()
    titles: set[str] = set()
    for stored in chunks:
        source = stored.source
        if source.path not in titles:
            titles.add(source.path)
            _note_title(found, source.title, source.language)
        for sentence in stored.chunk.sentences:
            if not sentence.heading:
                text = stored.chunk.text_of(sentence)
                _note(found, text, source.path, source.language)
                small.update(word for word in _WORD.findall(text) if word.islower())
    names = [one for one in found.values() if _is_name(one, small)]
    names.sort(key=lambda one: (len(one.articles), one.forms.total()), reverse=True)
    return list(dict.fromkeys(one.told for one in names))[:count]


def in_language(name: str, language: str) -> str:
    """Return a name as it is told in a language: an English one has its article in English only."""
    return name if language == _ENGLISH else name.removeprefix(_ARTICLE)


def _note_title(found: dict[tuple[str, ...], _Found], title: str, language: str) -> None:
    for words, opens in _runs(title, language):
        if opens:
            _found(found, words, language).subjects[_name(words)] += 1


def _note(found: dict[tuple[str, ...], _Found], text: str, path: str, language: str) -> None:
    german = language == _GERMAN
    named = set(names_and_numbers(text)) if german else set()
    for words, opens in _runs(text, language):
        name, behind = _name(words), words[-1].end()
        one = _found(found, words, language)
        one.articles.add(path)
        one.forms[name] += 1
        one.subjects[name] += opens or _DASH.match(text, behind) is not None
        if not opens:
            before = text[: words[0].start()].rpartition(" ")[0].rpartition(" ")[2].lower()
            one.within += 1
            one.closed += _closes(text, behind, language)
            one.named += not german or words[-1].group() in named
            one.subjects[name] -= _PREPOSITION.fullmatch(before) is not None
            one.definite += before == _ARTICLE.strip()


def _found(found: dict[tuple[str, ...], _Found], words: _Words, language: str) -> _Found:
    key = tuple(term_of(word.group(), language) or "" for word in words)
    return found.setdefault(key, _Found(language))


def _name(words: _Words) -> str:
    text = words[0].string[words[0].start() : words[-1].end()]
    return _POSSESSIVE.sub("", text)


def _closes(text: str, at: int, language: str) -> bool:
    """Whether a clause ends behind a name, or a stop word follows; "of" goes on with the name."""
    if _ENDS.match(text, at):
        return True
    word = _WORD.search(text, at)
    return word is not None and word.group() != _OF and not term_of(word.group(), language)


def _runs(text: str, language: str) -> Iterator[tuple[_Words, bool]]:
    """Yield the rows of words with a capital, and whether each opens the sentence.

    A stop word that opens it belongs to none.
    """
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
            if run or not opens or term_of(word.group(), language):
                run.append(word)
        fresh, end = False, word.end()
    if run:
        yield run, opens


def _is_rigid(name: str) -> bool:
    """Whether a name has no cases: an abbreviation, or one in Latin letters among others."""
    return name.isupper() or name.isascii()


def _is_name(found: _Found, small: Counter[str]) -> bool:
    name, times = found.form, found.forms.total()
    if times < _LEAST_TIMES or not found.within or not name:
        return False
    english = found.language == _ENGLISH
    return (
        found.within >= _LEAST_WITHIN * times
        and small[name.lower()] <= _MOST_SMALL * found.within
        and (not english or found.closed >= _LEAST_CLOSED * found.within)
        and not (english and _ADJECTIVES.fullmatch(name))
        and found.named >= _LEAST_NAMED * found.within
        and len(name.split()) <= _WORDS
        and len(name) >= _LEAST_LETTERS
        and len(name.split()[-1]) > 1
        and columns(name) <= _COLUMNS
        and not _DATES.fullmatch(name)
    )
