"""Messages: what a message is, small talk, a question about the collection, or a question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.conversation.origins import read_origin
from bot.conversation.phrases import (
    REQUEST,
    SUBJECT,
    Token,
    corrected,
    phrasebook,
    romanised,
    tokens_of,
)
from bot.conversation.wishes import Fact, Wish, names_article, read_wish
from bot.languages import LANGUAGES
from retrieval.languages import language_of_question


class Talk(StrEnum):
    """What small talk says. Of several in one message, the first in this list is replied to."""

    LEAVING = "leaving"
    FAREWELL = "farewell"
    WHO = "who"
    ABILITIES = "abilities"
    WELLBEING = "wellbeing"
    COMPLAINT = "complaint"
    APOLOGY = "apology"
    THANKS = "thanks"
    PLEASED = "pleased"
    GREETING = "greeting"
    DECLINED = "declined"
    AGREED = "agreed"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Message:
    """What a message is.

    Attributes:
        question: What is to be searched: the message without greetings and thanks around it.
        talk: What it says, if it is small talk.
        wish: What it asks for, if it asks about the collection.
        named: Words that name an article, if the wish is about one.
        certain: Whether the words beside them call it an article, a text or the like.
        points: Whether a word of it may stand for what was asked about before.
        language: The language that it is in, ISO 639-1, as far as the phrases tell.
        asked: What it asks about an article itself, if it does.
    """

    question: str
    talk: Talk | None = None
    wish: Wish | None = None
    named: str = ""
    certain: bool = False
    points: bool = False
    language: str | None = None
    asked: tuple[Fact, ...] = ()


_FILLER, _PHRASE = 1, 2
"""What a word between phrases and a phrase cost: long phrases are better than short ones."""
# A longer message is judged by its beginning, unless so many of its other words are no phrases'.
_JUDGED_WORDS, _STRANGE_SHARE = 60, 0.05
# What may stand before or behind a question and is not searched; and before one only.
_COURTESIES = {Talk.GREETING, Talk.THANKS, Talk.FAREWELL, Talk.WELLBEING, Talk.APOLOGY}
_BEFORE_QUESTION = {*_COURTESIES, Talk.ABILITIES, REQUEST, SUBJECT}
# A courtesy with no more words than these beside it, few of them the articles', asks nothing.
_COURTEOUS_WORDS = 12
_KNOWN_SHARE = 0.35
_TAIL_WORDS = 8
# So many of the places where what precedes is small talk may begin a wish.
_BEGINS = 3
_BREAK = re.compile(r"[.,!?;:…\n)（）—–👋🙂😊🙏。，、！？；：؟،؛।-]")
_WAVES = re.compile("[👋🤝🙋]")
_SMILES = re.compile(
    "[👍👌🙏👏💪✌🤗☺🎉🔥💯⭐✨❤🧡💛💚💙💜🖤🤍🫶😀-😏😘😍🥰🥳🤩🙂😎]"
    r"|[:;=][-']?[)DPp]|<3|x[dD]|\^_*\^|\){2,}"
)
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=][-']?[DPpOo3)(]+|<3+|x[dD]+|\^_*\^|¯\\_\(ツ\)_/¯)(?!\w)")
_QUOTATION = frozenset("\"'“”„«»‘’")
_LETTERS = {"uk": frozenset("іїєґ"), "ru": frozenset("ыэъё")}


@dataclass(frozen=True, slots=True)
class _Parse:
    """How the words up to a place are understood; the least cost is the best.

    Attributes:
        kinds: What the phrases mean, in their order.
        votes: The languages of the phrases, each as often as it has words in them.
    """

    cost: int = 0
    kinds: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()

    @property
    def talk(self) -> Talk | None:
        """The small talk that is replied to."""
        return next((talk for talk in Talk if talk in self.kinds), None)

    def may_precede(self) -> bool:
        """Whether it may stand before a wish: "ok, more"."""
        return (_COURTESIES | {Talk.AGREED, Talk.PLEASED}).issuperset(self.kinds)

    def is_courtesy(self) -> bool:
        """Whether it may stand before a question."""
        return bool(self.kinds) and _BEFORE_QUESTION.issuperset(self.kinds)


def read_message(
    text: str, is_known: Callable[[str], bool] = lambda _: False, interface: str = "en"
) -> Message:
    """Say what a message is: a question, unless all of it is something else.

    Args:
        text: The message.
        is_known: Whether the articles have a word, which is then no typing error.
        interface: The language to assume where the message may be in several.
    """
    every = tokens_of(text)
    if not every or not tokens_of(_EMOTICON.sub(" ", text)):
        return Message(text, talk=_wordless(text))
    tokens = [one for one in every if one.word not in phrasebook().polite] or every
    beginning = tokens[:_JUDGED_WORDS]
    written = [one.word for one in beginning]
    message = _read(text, tokens, corrected(written, is_known), is_known, interface)
    for words in romanised(written, is_known):
        if message.talk or message.wish:
            break
        message = _read(text, tokens, words, is_known, interface)
    return message


def _read(
    text: str,
    tokens: Sequence[Token],
    words: Sequence[str],
    is_known: Callable[[str], bool],
    interface: str,
) -> Message:
    """Say what a message of these words is."""
    book = phrasebook()
    parses = _parsed(words)
    if book.ambiguous.issuperset(words) and any(map(is_known, words)):
        return Message(text)
    rest = tokens[_JUDGED_WORDS:]
    strange = sum(not book.knows(one.word) for one in rest)
    goes_on = strange > len(rest) * _STRANGE_SHARE
    whole = None if goes_on else parses[-1]
    talk = whole.talk if whole else None
    tails = {len(words): False} if rest else _tails(words)
    spans = [(0, len(words))]
    if not talk:
        begins = [at for at, parse in enumerate(parses[:-1]) if parse and parse.may_precede()]
        ends = [at for at in tails if at == len(words) or tails[at]]
        spans = [(begin, end) for begin in {0, *begins[-_BEGINS:]} for end in ends if begin < end]
    wish = None if goes_on else _wish(text, tokens, words, spans, interface)
    # All of it being small talk, it is no overview.
    if whole and talk and (wish is None or wish.wish is Wish.OVERVIEW or wish.named):
        language = _language(whole.votes, text, interface)
        return Message(text, talk, points=_points(talk, words), language=language)
    if wish is None and whole and not any(map(is_known, words)):
        return Message(text, Talk.NOTHING)
    if wish is None and not rest and (courtesy := _courtesy(text, words, is_known)):
        return Message(text, courtesy.talk, language=_language(courtesy.votes, text, interface))
    return wish or _question(text, tokens, words, parses, tails)


def _points(meant: Talk | Wish, words: Sequence[str]) -> bool:
    return not phrasebook().pointing.get(meant, frozenset()).isdisjoint(words)


def _parsed(words: Sequence[str]) -> list[_Parse | None]:
    """Return for each place how the words before it are understood; None if they are not."""
    book = phrasebook()
    parses: list[_Parse | None] = [_Parse(), *[None] * len(words)]

    def offer(end: int, parse: _Parse) -> None:
        before = parses[end]
        if before is None or parse.cost < before.cost:
            parses[end] = parse

    for at, word in enumerate(words):
        before = parses[at]
        if before is None:
            continue
        for end, kind, languages in _phrases(words, at):
            votes = tuple(sorted(languages)) * (end - at)
            cost = before.cost + _PHRASE
            offer(end, _Parse(cost, (*before.kinds, kind), (*before.votes, *votes)))
        # Alone, a word that is a filler elsewhere is what it says: "and?", "wow".
        if (word in book.fillers and (len(words) > 1 or parses[-1] is None)) or (
            word in words[at + 1 : at + 2]  # "many many thanks"
        ):
            offer(at + 1, _Parse(before.cost + _FILLER, before.kinds, before.votes))
    return parses


def _phrases(words: Sequence[str], at: int) -> Iterator[tuple[int, str, set[str]]]:
    """Yield end, kind and languages of each phrase that begins at a word."""
    found: dict[tuple[int, str], set[str]] = {}
    asks = words[at] in phrasebook().asking and len(words) > 1
    for pattern in phrasebook().patterns.get(words[at], ()):
        for end in pattern.ends(words, at):
            if asks and end == at + 1:
                continue  # "What?" is a complaint, "what was agreed" begins otherwise.
            found.setdefault((end, pattern.kind), set()).add(pattern.language)
    for (end, kind), languages in found.items():
        yield end, kind, languages


def _tails(words: Sequence[str]) -> dict[int, bool]:
    """Return from where on only courtesies follow, and whether these are more than fillers."""
    fillers = phrasebook().fillers
    tails = {len(words): False}
    for at in range(len(words) - 1, max(0, len(words) - _TAIL_WORDS), -1):
        ends = [end for end, kind, _ in _phrases(words, at) if kind in _COURTESIES and end in tails]
        if ends:
            tails[at] = True
        elif words[at] in fillers and at + 1 in tails:
            tails[at] = tails[at + 1] or words[at] in phrasebook().interjections
    return tails


def _courtesy(text: str, words: Sequence[str], is_known: Callable[[str], bool]) -> _Parse | None:
    """Return the courtesy that a message begins or ends with, if it asks nothing beside it.

    "Thank you ever so much, that has been most instructive." What is beside it is addressed to the
    bot, wants nothing, and has hardly a word of the articles, and no name or number.
    """
    book = phrasebook()
    # "That was most helpful" has a question word of German.
    asks = any(word in book.asking and word != "was" for word in words)
    if "?" in text or asks or not book.wanting.isdisjoint(words):
        return None
    parses = _parsed(words)
    begins = next((at for at in range(len(words), 0, -1) if (p := parses[at]) and p.talk), 0)
    ends = min(_tails(words), default=len(words))
    for parse, beside in (
        (parses[begins], words[begins:]),
        (_parsed(words[ends:])[-1], words[:ends]),
    ):
        if parse is None or _COURTESIES.isdisjoint(parse.kinds) or len(beside) > _COURTEOUS_WORDS:
            continue
        thanks = Talk.THANKS in parse.kinds and 2 * len(beside) < len(words)
        addressed = thanks or not book.addressing.isdisjoint(beside)
        known = _count_known(text, beside, is_known)
        if addressed and known <= len(beside) * _KNOWN_SHARE:
            return parse
    return None


def _count_known(text: str, words: Sequence[str], is_known: Callable[[str], bool]) -> float:
    """Count the words of a sentence that the articles have; a name or a number counts as many."""
    book = phrasebook()
    known = [
        word
        for word in words
        if word not in book.addressing and not book.knows(word) and is_known(word)
    ]
    named = any(
        word.isdecimal() or re.search(rf"(?<=\w ){word.capitalize()}\b", text) for word in known
    )
    return float("inf") if named else len(known)


def _wish(
    text: str,
    tokens: Sequence[Token],
    words: Sequence[str],
    spans: Iterable[tuple[int, int]],
    interface: str,
) -> Message | None:
    """Return the message if, small talk around it apart, it asks about the collection."""
    book = phrasebook()
    quoted = [one.start > 0 and text[one.start - 1] in _QUOTATION for one in tokens]
    found = [
        (
            begin,
            read_wish(words[begin:end], book.fillers)
            or read_origin(words[begin:end], book.fillers, quoted[begin:end]),
        )
        for begin, end in spans
    ]
    wishes = [(begin, wish) for begin, wish in found if wish is not None]
    if not wishes:
        return None
    # The fewer words name an article, the more of the others are understood.
    begin, wish = min(wishes, key=lambda pair: len(pair[1].name))
    named = ""
    if wish.name:
        first, last = begin + wish.name[0], begin + wish.name[-1]
        # "A summary of how a withdrawal is run" names an article so.
        asks = wish.wish is not Wish.ORIGIN and words[first] in book.asking
        if asks and not (first and names_article(words[first - 1])):
            return None
        named = text[tokens[first].start : tokens[last].end]
    points = not named and _points(wish.wish, words)
    language = _language(wish.languages, text, interface)
    if set(wish.languages) == {"any"}:
        told = language_of_question(text, frozenset({interface}))
        language = told if told in LANGUAGES else interface
    return Message(text, None, wish.wish, named, wish.certain, points, language, wish.asked)


def _question(
    text: str,
    tokens: Sequence[Token],
    words: Sequence[str],
    parses: Sequence[_Parse | None],
    tails: Mapping[int, bool],
) -> Message:
    """Return a question, without the courtesies around it."""
    start, stop = 0, len(text)
    asking = phrasebook().asking
    for at, parse in enumerate(parses[1:-1], start=1):
        gap = text[tokens[at - 1].end : tokens[at].start]
        if not parse or not parse.is_courtesy():
            continue
        # "Could you tell me on which day ..."
        near = words[at : at + 2] if parse.kinds[-1] == REQUEST else words[at : at + 1]
        asks = not asking.isdisjoint(near)
        if asks or _BREAK.search(gap) or parse.kinds[-1] == SUBJECT:
            start = tokens[at].start
    for at in sorted(tails):
        if tails[at] and tokens[at].start > start:
            gap = text[tokens[at - 1].end : tokens[at].start]
            if _BREAK.search(gap) or words[at] in phrasebook().interjections:
                stop = tokens[at - 1].end + len(gap.rstrip(" ,;:…\n(–—-"))
                break
    return Message(text[start:stop])


def _language(votes: Sequence[str], text: str, interface: str) -> str | None:
    """Return the language that has most words, of several that of the letters or the interface."""
    counts = Counter(vote for vote in votes if vote != "any")
    most = [language for language, count in counts.items() if count == max(counts.values())]
    lower = text.lower()
    for language, letters in _LETTERS.items():
        if language in most and not letters.isdisjoint(lower):
            return language
    # In Latin letters many languages say the same: "ok", "super".
    anybodys = len(most) > 1 and _LETTERS.keys().isdisjoint(most)
    return interface if interface in most or not most or anybodys else most[0]


def _wordless(text: str) -> Talk:
    """Say what a message without words is: emoji, or nothing but marks."""
    if _WAVES.search(text):
        return Talk.GREETING
    return Talk.PLEASED if _SMILES.search(text) else Talk.NOTHING
