"""What a question asks for: a person, a place, a time, a number, a reason, a telephone number.

A question in a language that asked.toml has no words of asks for nothing that is known here, and
nothing is missed in its excerpts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache

from retrieval.languages import is_unspaced, language_of_question, term_of, terms
from retrieval.questions.patterns import Patterns, heading, telling
from retrieval.questions.phrases import listed, read_alone
from retrieval.questions.quantities import is_quantity

_WORD, _DIGITS = re.compile(r"\w+"), re.compile(r"\d+")
# A telephone number of six digits or more, or an address of mail; an amount, a date or
# two years is none. Of hundreds of millions nobody tells the last digits: "555 032 118".
_NO_AMOUNT = r"\d{3} \d{3} (?!000)\d{3}(?!\d)"
_NO_CONTACT = (
    rf"(?!{_NO_AMOUNT})\d{{1,3}}(?:[ .]\d{{3}})+"
    r"|\d{1,4}[.-]\d{1,2}[.-]\d{1,4}|[12]\d{3} ?- ?[12]\d{3}"
)
_CONTACT = re.compile(
    rf"(?<![\w.,])(?!(?:{_NO_CONTACT})(?![ /-]?\d))\+?\(?\d(?:[ ()/.-]{{0,3}}\d){{5,}}(?!\w)|\S@\w"
)
# The words of asked.toml that say nothing of the kind, and those that do not stand in an answer.
_ANYTHING, _OWNER = "thing", "owner"
# Behind these a sentence begins, where every word has a capital.
_OPENS = re.compile(r"(?:^|[.!?…:|\n])[\s\"'“”„«»‘’(\[*_-]*$")
_BEFORE = 8
# "61 300 Kč", "17 Uhr": a unit is no name.
_COUNTED, _UNIT = re.compile(r"\d\s\Z"), 3
# Languages that write every noun with a capital, which then tells no name.
_NOUNS_WITH_CAPITALS = frozenset({"de", "lb"})
# Georgian has capitals for headlines alone.
_WITHOUT_CAPITALS = frozenset({"ka"})


class Kind(StrEnum):
    """What a question asks for, as its question word or a noun says; a fact is so or not."""

    PERSON = "person"
    PLACE = "place"
    TIME = "time"
    NUMBER = "number"
    REASON = "reason"
    PRICE = "price"
    CONTACT = "contact"
    FACT = "fact"


# "Can I swim without a cap?" is answered by yes or no, and when and why there is no water by a text
# that says what is in its place.
_TOLD_OTHERWISE = frozenset({Kind.FACT, Kind.REASON, Kind.TIME})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    Attributes:
        question: The question.
        kind: None if it may be anything.
        words: The words that say so, such as "what year".
        noun: What names it beside, such as "price".
        denies: Whether it asks for what is not so.
        attribute: Where the word for what is asked of somebody or something begins and ends, if a
            few words without a question word ask for it, or "who is": "mayor" in "mayor of
            Luhansk" and in "Who is the mayor of Luhansk?".
        is_naming: Whether it asks who holds an office, or how somebody or something is called.
        office: What somebody is called who heads something, if it asks for whoever does.
        by: Patterns by which it is read.
    """

    question: str
    kind: Kind | None
    words: str
    noun: str
    denies: bool
    attribute: tuple[int, int] | None = None
    is_naming: bool = False
    office: str = ""
    by: Patterns = field(default_factory=Patterns.of, repr=False)

    # A question is looked at for its excerpts, and for the confidence.
    @classmethod
    @lru_cache(32)
    def of(cls, question: str, language: str = "") -> Asked:
        """Look at a question.

        Args:
            question: Question in any language.
            language: Language of the articles that are asked, ISO 639-1, if it is known.
        """
        by = Patterns.of(language if _is_in(question, language) else "")
        asking = _BEFORE_LAST.sub("", question)
        kind, words = _kind_of(question, by)
        kind, noun = _named_in(question, kind, by)
        denies = (
            kind not in _TOLD_OTHERWISE
            and by.denies.search(by.consents.sub("", asking)) is not None
        )
        named = bool(noun) or by.naming.search(question) is not None
        is_naming = kind is Kind.PERSON and named
        attribute = _attribute_in(question, by)
        found = by.office.search(question) if kind is Kind.PERSON else None
        office = found.group() if found else ""
        return cls(question, kind, words, noun, denies, attribute, is_naming, office, by)

    @property
    def is_quantity(self) -> bool:
        """Whether nothing but a number is asked about, with its unit or without, or whose it is."""
        return self.kind is None and is_quantity(self.question.replace(self.words, "", 1))

    def is_met(self, text: str, language: str) -> bool:
        """Whether a text has something of the kind asked for that the question does not bring.

        Args:
            text: Text of an article.
            language: Language of the article, ISO 639-1.
        """
        if self.kind is None or self.kind is Kind.FACT:
            return True
        if self.office and not self._tells_head(text, language):
            return False
        if self.kind in (Kind.PERSON, Kind.PLACE) and not _tells_names(text, language):
            return not self.is_naming or _has_name_among_nouns(text, language)
        found: Iterable[str] = ()
        if self.kind is Kind.PERSON:
            found = names_in_text(self._where_it_was_done(text, language), language)
        elif self.kind is Kind.PLACE:
            found = names_in_text(text, language)
        elif self.kind in (Kind.TIME, Kind.NUMBER, Kind.PRICE):
            amounts = Patterns.of(language).no_price.sub(" ", text) if self._is_price else text
            found = _numbers(amounts)
        elif self.kind is Kind.CONTACT:
            found = _CONTACT.findall(text)
        if (measured := self._is_measured(text, language)) is not None:
            return measured
        if _are_new(found, set(terms(self.question, language)), language):
            return True
        kinds = [self.kind, Kind.PRICE] if self._is_price else [self.kind]
        return any(tells.search(text) for of in kinds if (tells := telling(of, language)))

    def unrepeated(self, text: str, language: str) -> str:
        """Return the words that name what is asked for and that a text says in other words.

        Args:
            text: Text of an article: one that "is led by" somebody need not say "director".
            language: Language of the article, ISO 639-1.
        """
        return f"{self.noun} {self.office}" if self._tells_head(text, language) else self.noun

    @property
    def is_measure(self) -> bool:
        """Whether a length, an age or the like is asked for."""
        return self.kind in (Kind.NUMBER, Kind.TIME) and self._measure() is not None

    @property
    def _is_price(self) -> bool:
        """Whether a price is asked for, by "how much" or without."""
        named = self.kind in (Kind.NUMBER, Kind.PRICE) and self.noun
        return bool(named) and self.by.names[Kind.PRICE].fullmatch(self.noun) is not None

    def _tells_head(self, text: str, language: str) -> bool:
        """Whether a text says who heads something, in whatever words, and that is asked for."""
        return bool(self.office) and heading(language).search(text) is not None

    def _is_measured(self, text: str, language: str) -> bool | None:
        """Whether a text tells the measure that is asked for; None if none is."""
        measure = self._measure() if self.kind in (Kind.NUMBER, Kind.TIME) else None
        measured = Patterns.of(language).measured.get(measure) if measure else None
        if measured is None:
            return None
        matches = measured.finditer(text)
        return any(not match.groupdict().get("spanned") for match in matches)

    def _measure(self) -> str | None:
        """Return what the number that is asked for measures: "how tall" asks for a length.

        "How high is the fee?" does not.
        """
        if self._is_price:
            return None
        return next(
            (name for name, of in self.by.asks_measure.items() if of.search(self.question)), None
        )

    def _is_done_by_nobody(self, text: str) -> bool:
        """Whether an English text says that it was done, and not by whom: "it was ordered".

        "Who ordered it?" asks for what such a text leaves out, whoever else it names.
        """
        asks = _BY_WHOM.search(self.question)
        verb = term_of(asks[1], "en") if asks else None
        if verb is None:
            return False
        found = [match for match in _WORD.finditer(text) if term_of(match[0], "en") == verb]
        return bool(found) and all(map(_is_of_nobody, found))

    def _where_it_was_done(self, text: str, language: str) -> str:
        """Return what of a text may name who did it; beside "it was opened" nothing does.

        Of a Slavic text that says so by "they opened it" those sentences are left, in which "they"
        may be named.
        """
        if language == "en":
            return "" if self._is_done_by_nobody(text) else text
        asks = _DOES.search(self.question) if language in _UNSAID_SUBJECT else None
        verb = term_of(asks[1], language) if asks else None
        if verb is None:
            return text
        told = [one for one in _SENTENCE.findall(text) if verb in terms(one, language)]
        words = [word for one in told for word in _WORD.findall(one)]
        deeds = [word for word in words if term_of(word, language) == verb]
        unsaid = _UNSAID_SUBJECT[language]
        return " ".join(told) if deeds and all(one.endswith(unsaid) for one in deeds) else text

    def is_denied(self, text: str, language: str) -> bool:
        """Whether a text denies something, too, if the question does.

        Args:
            text: Text of an article.
            language: Language of the article, ISO 639-1; none is missed where its words for that
                are not known.
        """
        known = listed(language, "denies")
        tells = Patterns.of(language).denies_softly
        return not (self.denies and known) or tells.search(text) is not None


def _is_in(question: str, language: str) -> bool:
    """Whether a question is in a language that is read alone, as far as its words tell."""
    if not read_alone(language):
        return False
    return language_of_question(question, frozenset({language})) in (None, language)


def _kind_of(question: str, by: Patterns) -> tuple[Kind | None, str]:
    """Return the kind whose words stand first, which are the longest of those that do."""
    found = [
        (words.start(), -words.end(), kind)
        for kind, pattern in by.asks.items()
        if (words := (pattern.match if kind == Kind.FACT else pattern.search)(question))
    ]
    start, end, kind = min(found, default=(0, 0, _ANYTHING))
    if kind == _ANYTHING:
        return None, ""
    return None if kind == _OWNER else Kind(kind), question[start:-end]


def _named_in(question: str, kind: Kind | None, by: Patterns) -> tuple[Kind | None, str]:
    """Return the kind that a noun names, where no question word does, and the noun.

    Beside "how much" a price is named, too.
    """
    named = Kind.PRICE if kind is Kind.NUMBER else kind
    found = [
        (match.start(), Kind(of), match.group())
        for of, pattern in by.names.items()
        if (match := pattern.search(question))
        and named in (None, of)
        and (of != Kind.TIME or _is_at_edge(match))
    ]
    if not found:
        return kind, ""
    _, of, noun = min(found)
    return kind or of, noun


def _is_at_edge(match: re.Match[str]) -> bool:
    """Whether what was found stands first or last in its text."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    return not (_WORD.search(before) and _WORD.search(after))


def _attribute_in(question: str, by: Patterns) -> tuple[int, int] | None:
    if found := by.role.fullmatch(question):
        return found.span(found.lastindex or 0)
    found = by.attribute.fullmatch(question)
    if found is None or any(pattern.search(question) for pattern in by.asks.values()):
        return None
    return found.span(found.lastindex or 0)


def _are_new(words: Iterable[str], brought: set[str], language: str) -> bool:
    """Whether one of the words has a meaning that the question does not bring."""
    return any(found and not found & brought for found in (set(terms(w, language)) for w in words))


def names_in_text(text: str, language: str) -> Iterator[str]:
    """Yield words with a capital that does not come from the beginning of a sentence.

    Two such words in a row are a name there, too. In a language that writes every noun with one,
    there are none.

    Args:
        text: Text of an article.
        language: Language of the article, ISO 639-1.
    """
    if language in _NOUNS_WITH_CAPITALS:
        return
    last = None
    for word in _WORD.finditer(text):
        if not word.group()[0].isupper():
            last = None
            continue
        before = max(0, word.start() - _BEFORE), word.start()
        is_unit = len(word.group()) <= _UNIT and _COUNTED.search(text, *before)
        if not (is_unit or _OPENS.search(text, *before)):
            yield word.group()
            if last is not None:
                yield last
        last = word.group()


def _tells_names(text: str, language: str) -> bool:
    """Whether a capital tells a name: not every script has capitals."""
    without = language in _NOUNS_WITH_CAPITALS or language in _WITHOUT_CAPITALS
    return not without and text.upper() != text.lower()


def _has_name_among_nouns(text: str, language: str) -> bool:
    """Whether a text in which a capital tells no name has somebody's, as far as can be told."""
    if language not in _NOUNS_WITH_CAPITALS:
        return True
    rows = (match[1] for match in _IN_A_ROW.finditer(text))
    named = any(terms(one, language) and not _NO_NAME.fullmatch(one) for one in rows)
    return named or _INTRODUCED.search(text) is not None


def _is_of_nobody(verb: re.Match[str]) -> bool:
    """Whether a word for what was done, in a text, says that it was, and not by whom."""
    start, end = verb.span()
    before = max(0, start - _BEFORE_DEED)
    if _WAS.search(verb.string, before, start):
        return _BY.match(verb.string, end) is None
    return bool(_A_DEED.search(verb.string, before, start)) and not _OF.match(verb.string, end)


def is_possessive(word: str, language: str) -> bool:
    """Whether a word says that what follows is theirs, ours or somebody's who is named by it.

    Args:
        word: Word of an article.
        language: Language of the article, ISO 639-1.
    """
    return Patterns.of(language).possessive.fullmatch(word) is not None


@cache
def light_terms(language: str) -> frozenset[str]:
    """Return the terms of what a question says and its answer need not, by the article's language.

    Args:
        language: Language of the article, ISO 639-1.
    """
    return frozenset(terms(listed(language, "light"), language))


def _numbers(text: str) -> Iterator[str]:
    """Yield words with a digit; of what goes on without a blank, as "300円です", the digits."""
    for word in _WORD.findall(text):
        if any(map(str.isdigit, word)):
            yield from _DIGITS.findall(word) if any(map(is_unspaced, word)) else [word]


# A name where every noun has a capital: two in a row, or one that is introduced as such.
_IN_A_ROW = re.compile(r"(?<![\w-])([A-ZÄÖÜ]\w+) (?=[A-ZÄÖÜ]\w)")
_INTRODUCED = re.compile(
    r"(?<!\w)(?:Frau|Herrn?|Familie|Dr\.|heißt|hieß|namens|genannt|getauft) [„»\"]?[A-ZÄÖÜ]"
)
# What opens a sentence before a noun, beside stop words: "Seit Montag", "Schnellste Frau".
_NO_NAME = re.compile(r"Ab|Beim|Erst|Gestern|Heute|Laut|Seit|Trotz|Wegen|\w+ste[nrsm]?")
# "Who ordered it?", and "it was ordered", "the order came", but not "by Anna", "the order of Anna".
_BY_WHOM = re.compile(r"\bwho\s+(?!did\b)(\w+)", re.IGNORECASE)
# Slavic verbs say in the plural, or by an ending of their own, that it was done by somebody:
# "відкрили", "відкрито". The singular asks: "хто відкрив".
_DOES = re.compile(r"\b(?:хто|кто|kto|kdo)\s+(\w+(?:в|вся|л|лся|ł|l))\b", re.IGNORECASE)
_UNSAID_SUBJECT = {
    "uk": ("ли", "лися", "но", "то"),
    "ru": ("ли", "лись"),
    "pl": ("li", "ły", "no", "to"),
    "cs": ("li", "ly"),
}
_SENTENCE = re.compile(r"[^.!?\n]+")
_WAS = re.compile(r"\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+|not\s+|never\s+)?\Z")
_A_DEED = re.compile(r"\b(?:an?|the|this|that|any|no|without)\s+\Z", re.IGNORECASE)
_BY, _OF = re.compile(r"[^.!?]*\bby\b"), re.compile(r"\s+(?:of|by|from)\b")
_BEFORE_DEED = 40
# "I have no car. Where do I park?": what is told beforehand asks for nothing.
# Behind an abbreviation hardly two words are left.
_BEFORE_LAST = re.compile(r"^.*(?:\w\w[.]|[!?])\s+(?=\w+\W+\w)", re.DOTALL)
