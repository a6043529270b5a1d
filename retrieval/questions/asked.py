"""What a question asks for: a person, a place, a time, a number, a reason, a telephone number.

A question in a language that asked.toml has no words of asks for nothing that is known here, and
nothing is missed in its excerpts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from retrieval.languages import term_of, terms
from retrieval.questions.dates import MONTH
from retrieval.questions.phrases import PHRASES, phrase_pattern
from retrieval.questions.quantities import is_quantity, unit_pattern

_WORD = re.compile(r"\w+")
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
    """

    question: str
    kind: Kind | None
    words: str
    noun: str
    denies: bool
    attribute: tuple[int, int] | None = None
    is_naming: bool = False

    # A question is looked at for its excerpts, and for the confidence.
    @classmethod
    @lru_cache(32)
    def of(cls, question: str) -> Asked:
        """Look at a question."""
        asking = _BEFORE_LAST.sub("", question)
        denies = _DENIES.search(_CONSENTS.sub("", asking)) is not None
        kind, words = _kind_of(question)
        kind, noun = _named_in(question, kind)
        named = bool(noun) or _NAMING.search(question) is not None
        is_naming = kind is Kind.PERSON and named
        return cls(question, kind, words, noun, denies, _attribute_in(question), is_naming)

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
        if self.kind in (Kind.PERSON, Kind.PLACE) and not _tells_names(text, language):
            return not self.is_naming or _has_name_among_nouns(text, language)
        found: Iterable[str] = ()
        if self.kind is Kind.PERSON:
            found = names_in_text(self._where_it_was_done(text, language), language)
        elif self.kind is Kind.PLACE:
            found = names_in_text(text, language)
        elif self.kind in (Kind.TIME, Kind.NUMBER, Kind.PRICE):
            found = _numbers(_NO_PRICE.sub(" ", text) if self._is_price else text)
        elif self.kind is Kind.CONTACT:
            found = _CONTACT.findall(text)
        if self.kind in (Kind.NUMBER, Kind.TIME) and (measure := self._measure()):
            measured = _MEASURED[measure].finditer(text)
            return any(not match.groupdict().get("spanned") for match in measured)
        if _are_new(found, set(terms(self.question, language)), language):
            return True
        tells = [self.kind, Kind.PRICE] if self._is_price else [self.kind]
        return any(of in _TELLS and _telling(of, language).search(text) for of in tells)

    @property
    def is_measure(self) -> bool:
        """Whether a length, an age or the like is asked for."""
        return self.kind in (Kind.NUMBER, Kind.TIME) and self._measure() is not None

    @property
    def _is_price(self) -> bool:
        """Whether a price is asked for, by "how much" or without."""
        named = self.kind in (Kind.NUMBER, Kind.PRICE) and self.noun
        return bool(named) and _NAMES[Kind.PRICE].fullmatch(self.noun) is not None

    def _measure(self) -> str | None:
        """Return what the number that is asked for measures: "how tall" asks for a length."""
        return next((name for name, of in _MEASURES.items() if of.search(self.question)), None)

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
        known = language in PHRASES["denies"]
        return not (self.denies and known) or _DENIES_SOFTLY.search(text) is not None


def _kind_of(question: str) -> tuple[Kind | None, str]:
    """Return the kind whose words stand first, which are the longest of those that do."""
    found = [
        (words.start(), -words.end(), kind)
        for kind, pattern in _ASKS.items()
        if (words := (pattern.match if kind == Kind.FACT else pattern.search)(question))
    ]
    start, end, kind = min(found, default=(0, 0, _ANYTHING))
    if kind == _ANYTHING:
        return None, ""
    return None if kind == _OWNER else Kind(kind), question[start:-end]


def _named_in(question: str, kind: Kind | None) -> tuple[Kind | None, str]:
    """Return the kind that a noun names, where no question word does, and the noun.

    Beside "how much" a price is named, too.
    """
    named = Kind.PRICE if kind is Kind.NUMBER else kind
    found = [
        (match.start(), Kind(of), match.group())
        for of, pattern in _NAMES.items()
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


def _attribute_in(question: str) -> tuple[int, int] | None:
    if found := _ROLE.fullmatch(question):
        return found.span(found.lastindex or 0)
    found = _ATTRIBUTE.fullmatch(question)
    if found is None or any(pattern.search(question) for pattern in _ASKS.values()):
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
    return language not in _NOUNS_WITH_CAPITALS and text.upper() != text.lower()


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


def is_possessive(word: str) -> bool:
    """Whether a word says that what follows is theirs, ours or somebody's who is named by it."""
    return _POSSESSIVE.fullmatch(word) is not None


@cache
def light_terms(language: str) -> frozenset[str]:
    """Return the terms of what a question says and its answer need not, by the article's language.

    Args:
        language: Language of the article, ISO 639-1.
    """
    return frozenset(terms(PHRASES["light"].get(language, ""), language))


@cache
def _telling(kind: Kind, language: str) -> re.Pattern[str]:
    """Return what tells of a kind in texts of a language, or of any where it is not listed.

    "Due" is a number in Italian only.
    """
    of = _TELLS[kind]
    words = phrase_pattern({language: of[language]} if language in of else of)
    return re.compile(f"{words}|\\b{MONTH}\\b" if kind is Kind.TIME else words, re.IGNORECASE)


def _numbers(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text) if any(map(str.isdigit, word)))


_ASKS = {
    kind: re.compile(phrase_pattern(of), re.IGNORECASE) for kind, of in PHRASES["asks"].items()
}
_TELLS = {Kind(kind): of for kind, of in PHRASES["tells"].items()}
_MEASURES = {
    name: re.compile(
        phrase_pattern({"": of["asks"]}).replace(r"\w*\ ", r"(?:\S+ ){1,5}"), re.IGNORECASE
    )
    for name, of in PHRASES["measures"].items()
}
# How many of a unit: "for six years" and "1964 року" are no ages, and "Anna Berg,
# 41," is one without it.
_COUNT = rf"(?:(?<![\d.,])\d[\d .,]*|{phrase_pattern(PHRASES['tells']['number'])})[\s-]*"
_MEASURED = {
    name: re.compile(
        (
            rf"(?P<spanned>{phrase_pattern({'': of['spans']})} )?(?!{of['dates']}){_COUNT}"
            if "spans" in of
            else ""
        )
        + unit_pattern(re.findall("[a-z_]+", of["units"]))
        + f"|{phrase_pattern({'': of['tells']})}|{of.get('written', '(?!)')}",
        re.IGNORECASE,
    )
    for name, of in PHRASES["measures"].items()
}
_NAMES = {
    kind: re.compile(phrase_pattern(of), re.IGNORECASE) for kind, of in PHRASES["names"].items()
}
# A time of day or a scale, what is counted in another unit than money, and a year.
_MONEY, _NO_MONEY = (
    unit_pattern(re.findall("[a-z_]+", PHRASES["amounts"][of])) for of in ("money", "others")
)
_NO_PRICE = re.compile(
    r"(?<![\d.,])(?:\d{1,2}:\d{1,2}"
    rf"|\d[\d .,]*[\s-]?{_NO_MONEY}"
    rf"|(?<![$£€₴₽])(?:1[5-9]|20)\d\d(?!\d|[.,]\d|\s?[$£€₴₽]|\s?{_MONEY}|,-))",
    re.IGNORECASE,
)
_A, _OWNED_BY = (
    phrase_pattern(PHRASES["identity"]["leads"]),
    phrase_pattern(PHRASES["attribute"]["of"]),
)
_W = r"\w[\w'’-]*"
# "The old name of Luhansk", "Luhansk's old name"; in Cyrillic the first word has a genitive behind
# it, unless it ends as adjectives and imperatives do.
_ATTRIBUTE = re.compile(
    rf"\W*(?:{_A} )?(?:{_W} )?({_W}) {_OWNED_BY} (?:{_W} ){{0,4}}{_W}\W*"
    rf"|\W*(?:{_W} ){{0,3}}\w+['’]s (?:{_W} )?({_W})\W*"
    rf"|\W*([а-яёіїєґ][а-яёіїєґ'’-]+(?<!и)(?<!й)(?<!іть)(?<!ите)(?<!йте)) (?:{_W} ){{0,2}}{_W}\W*",
    re.IGNORECASE,
)
# "Who is the old mayor of Luhansk?", "Who is Luhansk's mayor?", "Хто мер Луганська?"
_IS = phrase_pattern(PHRASES["attribute"]["roles"])
_ROLE = re.compile(
    rf"\W*{_IS} (?:{_A} )?(?:{_W} ){{0,2}}?({_W}) {_OWNED_BY}(?:\W+{_W}){{1,6}}\W*"
    rf"|\W*{_IS} (?:{_W} ){{0,3}}\w+['’]s (?:{_W} )?({_W})\W*"
    rf"|\W*[хк]то (?:є |зараз |сейчас |був |был |була |была )?"
    rf"({phrase_pattern(PHRASES['attribute']['named'])})(?:\W+{_W}){{1,6}}\W*",
    re.IGNORECASE,
)
_NAMING = re.compile(phrase_pattern(PHRASES["naming"]), re.IGNORECASE)
# A name where every noun has a capital: two in a row, or one that is introduced as such.
_IN_A_ROW = re.compile(r"(?<![\w-])([A-ZÄÖÜ]\w+) (?=[A-ZÄÖÜ]\w)")
_INTRODUCED = re.compile(
    r"(?<!\w)(?:Frau|Herrn?|Familie|Dr\.|heißt|hieß|namens|genannt|getauft) [„»\"]?[A-ZÄÖÜ]"
)
# What opens a sentence before a noun, beside stop words: "Seit Montag", "Schnellste Frau".
_NO_NAME = re.compile(r"Ab|Beim|Erst|Gestern|Heute|Laut|Seit|Trotz|Wegen|\w+ste[nrsm]?")
_POSSESSIVE = re.compile(
    rf"\W*(?:{phrase_pattern(PHRASES['attribute']['possessive'])}|[\w-]+['’]s)", re.IGNORECASE
)
_DENIES = re.compile(phrase_pattern(PHRASES["denies"]), re.IGNORECASE)
_DENIES_SOFTLY = re.compile(
    f"{phrase_pattern(PHRASES['denies'])}|{phrase_pattern(PHRASES['denies_softly'])}", re.IGNORECASE
)
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
# "Isn't Sudzha a town?" denies no more than "didn't they?".
_CONSENTS = re.compile(
    rf"(?:^|[,.;?!]\s*)\w+n['’]t\b|{phrase_pattern(PHRASES['consents'])}", re.IGNORECASE
)
