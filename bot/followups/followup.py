"""Follow-ups: questions that lean on an earlier one, completed with what they lack of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from bot.followups.frames import asks_beside, reasked, reframed
from bot.followups.parts import ENDING, POSSESSIVE, Phrase, Question, language_of, read_question
from bot.followups.words import Kind, fold, phrases_of, words_of
from retrieval.languages import terms
from retrieval.questions import Asked, Subject
from retrieval.questions import Kind as AskedKind

REMEMBERED = 4
"""The greatest number of earlier questions that the answerer gets."""

# A longer question is complete: hardly one of 10,000 people's questions is as long. It would be
# searched twice, which costs the more the longer it is.
_COMPLETE_CHARS = 200
# So much of an earlier question is looked at.
_BEFORE_CHARS = 400
# A question of no more terms may lack its subject, unless it has a name.
_FEW = 2
# What is asked of something else is said in no more words.
_FRAGMENT_WORDS = 6
_FOLDED_WORD = re.compile(r"[\w'\u2019]+")

_THAT = re.compile(
    r"\b(?:is|was|are|were|do|does|did|can|could|will|would|of|about|to|for|from|after|before|with|by"
    r"|like) that\b|\w das(?=\W*$)"
)
# A clause of its own begins there.
_CLAUSE = re.compile(
    r"[,;:?!]|\b(?:that|if|when|while|whether|because|before|after|since|until|than|as|so|and|but|or|who|which"
    r"|що|якщо|коли|бо|та|і|но|если|что|когда|и|или|dass|ob|wenn|weil|bevor|nachdem|und|oder"
    r"|que|che|quando|cuando|quand|lorsque|perché|porque|parce|że|żeby|jeśli|gdy|kiedy|že|když|pokud)\b",
    re.IGNORECASE,
)


_DEFINITE = frozenset(["the", "der", "die", "das", "den", "dem", "des"])
# A longer question reads better with what it lacks behind it.
_PUT_WORDS = 12


class Rule(Enum):
    """When the completed question is searched instead of the question alone."""

    ALWAYS = auto()
    """The question means nothing alone."""
    UNLESS_WORSE = auto()
    """An excerpt matches it hardly worse: a word points back."""
    IF_BETTER = auto()
    """It is answered, and an excerpt matches it much better: the question is short."""
    IF_ANSWERED = auto()
    """It is answered, or the other one is answered still less: it asks the same of another. The
    excerpt has words of the question and of what it is completed with."""
    IF_SURER = auto()
    """The same, and surer than the other one."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question completed with what an earlier one has.

    Attributes:
        text: The completed question.
        rule: When it is searched instead of the question alone.
    """

    text: str
    rule: Rule


def understand_follow_up(
    question: str,
    earlier: Sequence[str],
    languages: Collection[str],
    rarity: Callable[[str], float],
) -> FollowUp | None:
    """Complete a question with what the one before has; return None if it stands on its own.

    Only what is missing is taken over: the subject or the place that a word stands for, what is
    asked if the question names nothing but a subject, all but the time or the reason if it asks
    for nothing else. The question before was itself completed.

    Args:
        question: As it was asked.
        earlier: The earlier questions of the same person, as they were searched, oldest first.
        languages: The languages of the articles, in ISO 639-1.
        rarity: Returns how rare a word is in the articles, from 0 to 1.
    """
    found = _complete(question, earlier, languages, rarity)
    if found is None or found.text.strip(ENDING).casefold() == question.strip(ENDING).casefold():
        return None
    return FollowUp(f"{found.text[:1].upper()}{found.text[1:]}", found.rule)


def _complete(
    question: str,
    earlier: Sequence[str],
    languages: Collection[str],
    rarity: Callable[[str], float],
) -> FollowUp | None:
    if len(question) > _COMPLETE_CHARS:
        return None
    before = _before(earlier, languages)
    if before is None:
        return None
    language = language_of(question, languages, before)
    rest = _opened(question, language)
    asked = read_question(rest.text, language, fragment=rest.continues)
    pointers = _pointers(asked)
    if _says_nothing(asked):
        text = _with_subject(asked, before, pointers, rarity) if _asks_of(asked, pointers) else None
        return FollowUp(text or reasked(asked, before), Rule.ALWAYS)
    few = len(asked.terms()) <= _FEW
    if not asked.known:
        # No word tells whether it lacks something; what articles in its language say of it may.
        told = few and asked.language in languages
        text = _with_subject(asked, before, [], rarity) if told else None
        return FollowUp(text, Rule.IF_SURER) if text else None
    if pointers or (few and asked.words[0].folded in asked.lists.conditional):
        text = _with_subject(asked, before, pointers, rarity)
        return FollowUp(text, Rule.UNLESS_WORSE) if text else None
    if _is_fragment(asked) and (rest.continues or few):
        return _of_another(asked, before, rarity, continues=rest.continues, meant=rest.meant)
    if few and asks_beside(asked):
        return FollowUp(reasked(asked, before), Rule.UNLESS_WORSE)
    rule = _rule_of(asked, rest, few=few)
    text = _with_subject(asked, before, [], rarity) if rule else None
    return FollowUp(text, rule) if rule and text else None


def _rule_of(asked: Question, rest: _Rest, *, few: bool) -> Rule | None:
    """Return when a question is searched with the subject of the one before; None for never."""
    if rest.meant or (few and not _is_complete(asked)):
        leans = rest.continues or _asks_which(asked) or _lacks_subject(asked)
        return Rule.UNLESS_WORSE if leans else Rule.IF_BETTER
    # Where a verb needs no subject, a thing that it names may be that of another, named before.
    may_lean = few and bool(asked.lists.being) and not _has_name(asked)
    if (may_lean and not Subject.of(asked.text)) or _lacks_owner(asked):
        return Rule.IF_SURER
    return None


def _of_another(
    asked: Question,
    before: Question,
    rarity: Callable[[str], float],
    *,
    continues: bool,
    meant: bool,
) -> FollowUp | None:
    """Ask what was asked before of what a question names, or of a time or a place."""
    text = reframed(asked, before, rarity, meant=meant)
    if text is None:
        return None
    exchanged = not text.startswith(asked.text.strip(ENDING))
    if exchanged and not meant and not before.has(Kind.ASKING, Kind.VERB, Kind.HELPER):
        return None  # "And the climate?" asks nothing that could be asked of something else.
    rule = Rule.IF_SURER
    placed = asked.words[0].kind is Kind.PREPOSITION
    if meant or (continues and (placed or asked.phrases[0].numeric)):
        rule = Rule.ALWAYS  # "And on Fridays?" has no subject.
    elif continues and exchanged:
        # What is put before the subject of old may have nothing to do with it.
        rule = Rule.IF_ANSWERED
    return FollowUp(text, rule)


def _before(earlier: Sequence[str], languages: Collection[str]) -> Question | None:
    """Return the last question that names something."""
    for text in reversed(earlier):
        text = text[:_BEFORE_CHARS]
        language = language_of(text, languages)
        found = read_question(text, language)
        if found.lists.being and not found.phrases:
            # "Jak się zameldować?" is about that.
            found = read_question(text, language, doing=True)
        if found.phrases:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Rest:
    """A question without what continues a conversation.

    Attributes:
        opened: Whether something was taken off: "and", "but".
        framed: Whether that asks the same of something else: "what about".
        meant: Whether that corrects or completes what was asked before: "I mean".
    """

    text: str
    opened: bool = False
    framed: bool = False
    meant: bool = False

    @property
    def continues(self) -> bool:
        """Whether anything was taken off."""
        return self.opened or self.framed or self.meant


def _opened(question: str, language: str) -> _Rest:
    """Take off what continues a conversation."""
    text = question.strip()
    found = {}
    for name in ("openings", "meant", "frames"):
        length = _opening(text, phrases_of(name, language))
        # "What about it now?" asks of it, and not the same of something else.
        while length and not (name == "frames" and _points_first(text[length:], language)):
            found[name] = True
            text = text[length:].lstrip(" ,")
            length = _opening(text, phrases_of(name, language))
    if not text.strip(ENDING):
        return _Rest(question)
    return _Rest(text, *(name in found for name in ("openings", "frames", "meant")))


def _points_first(text: str, language: str) -> bool:
    word = _FOLDED_WORD.search(text)
    return word is not None and fold(word.group()) in _pointing(language)


def _opening(text: str, phrases: Sequence[str]) -> int:
    """Return the length of the phrase that a text begins with, if it begins with one."""
    words = list(_FOLDED_WORD.finditer(text[:_COMPLETE_CHARS]))
    folded = "".join(f"{fold(word.group())} " for word in words)
    phrase = next((one for one in phrases if folded.startswith(one)), "")
    count = phrase.count(" ")
    if not count:
        return 0
    return words[count].start() if count < len(words) else len(text)


def _says_nothing(asked: Question) -> bool:
    """Whether a question has no word of its own: "and when was that?"."""
    if (
        _opening(asked.text, phrases_of("bare", asked.language)) == len(asked.text)
        or not asked.terms()
    ):
        return True
    return asked.known and not asked.has(Kind.CONTENT, Kind.VERB)


def _asks_of(asked: Question, pointers: Sequence[str]) -> bool:
    """Whether it asks of somebody or something, "who is he?", and not when or why that was.

    Many languages need no word for "he": "Chi è?", "Gdzie jest?".
    """
    words = [word.folded for word in asked.words]
    of = (pointers and "that" not in pointers) or not asked.lists.being.isdisjoint(words)
    return bool(of) and asked.listed("why").isdisjoint(words)


def _pointers(asked: Question) -> list[str]:
    """Return the words that stand for something named in an earlier question."""
    folded = f" {' '.join(word.folded for word in asked.words)} "
    empty = [phrase for phrase in phrases_of("empty", asked.language) if f" {phrase}" in folded]
    found = [
        word.folded
        for at, word in enumerate(asked.words)
        if word.folded in _pointing(asked.language)
        and not any(word.folded in phrase.split() for phrase in empty)
        and not _points_within(asked, at)
    ]
    if [word.kind for word in asked.words[-2:-1]] == [Kind.VERB] and folded.endswith(" one "):
        found.append("one")  # "How can I make one?", but "which one?", "another one"
    return found or (["that"] if _THAT.search(folded) else [])


def _points_within(asked: Question, at: int) -> bool:
    """Whether a word stands for something that its own question names before it.

    What somebody has may be that of the subject; "it" and "they" are it in a clause of their own.
    """
    word = asked.words[at]
    before = [phrase for phrase in asked.phrases if phrase.end <= word.start]
    if not before or word.folded in asked.listed("place"):
        return False
    if word.folded in asked.listed("possessive"):
        subjects = [phrase for phrase in before if phrase.preposition is None]
        several = word.folded == "their"
        return any(
            one.named or (several and one.words[-1].folded.endswith("s")) for one in subjects
        )
    between = asked.text[before[-1].end : word.start]
    asking = any(one.kind is Kind.ASKING and one.start > before[-1].end for one in asked.words[:at])
    return asking or bool(_CLAUSE.search(between))


def _pointing(language: str) -> frozenset[str]:
    return words_of("person", language) | words_of("thing", language) | words_of("place", language)


def _is_fragment(asked: Question) -> bool:
    """Whether it only names something."""
    words = len(asked.words) <= _FRAGMENT_WORDS
    return words and not asked.has(Kind.ASKING, Kind.VERB, Kind.HELPER) and bool(asked.phrases)


def _has_name(asked: Question) -> bool:
    return any(word.name for word in asked.words)


def _lacks_owner(asked: Question) -> bool:
    """Whether a question is about "the name" or "the city", and does not say of what or which."""
    if any(word.name or word.number for word in asked.words if asked.language != "de"):
        return False
    others = [one for one in asked.phrases if one.words[0].folded not in asked.lists.owned]
    owned = any(len(one.words) == 1 and one not in others for one in asked.phrases)
    return owned and not any(one.named or one.numeric or one.linked for one in others)


def _asks_which(asked: Question) -> bool:
    """Whether it asks which of several that were named: "Which is better?"."""
    words = [word for word in asked.words if word.folded not in ("one", "ones")]
    kinds = [word.kind for word in words[:2]]
    return kinds == [Kind.ASKING, Kind.HELPER] and words[0].folded == "which"


def _lacks_subject(asked: Question) -> bool:
    """Whether it leaves out the subject of its verb: "Quanto costa?", "Kiedy się zaczyna?"."""
    left_out = bool(asked.lists.being) and not asked.phrases
    return left_out and asked.has(Kind.VERB, Kind.HELPER)


def _asks_who(before: Question) -> bool:
    """Whether it asks who did something, so that the next question may be about that person."""
    did = before.words[0].kind is Kind.ASKING and before.has(Kind.VERB)
    return did and Asked.of(before.text).kind is AskedKind.PERSON


def _is_complete(asked: Question) -> bool:
    """Whether a short question has a subject of its own: a name, or a thing that does something."""
    if _has_name(asked):
        return True
    # "What is a minefield?", but "what are the reasons?"
    definite = any(word.kind is Kind.ARTICLE and word.folded in _DEFINITE for word in asked.words)
    if not definite and Subject.of(asked.text):
        return True
    if not asked.phrases or _asks_which(asked):
        return False
    return asked.has(Kind.VERB) or (asked.has(Kind.HELPER) and not definite)


def _with_subject(
    asked: Question, before: Question, pointers: Sequence[str], rarity: Callable[[str], float]
) -> str | None:
    """Return a question with the subject or the place of the one before."""
    if _asks_who(before) and _lacks_subject(asked) and not pointers:
        # "Kdo založil klub?", "a kdy umřel?" is not asked of the club.
        return (
            f"{asked.text.strip(ENDING)}, {before.text[before.words[0].end :].strip(f' {ENDING}')}?"
        )
    phrase = _subject(asked, before, pointers, rarity)
    if phrase is None:
        return None
    text, place = before.together(phrase), ""
    if not (asked.listed("person") - asked.listed("several")).isdisjoint(pointers):
        text = before.owner(phrase)
    if not asked.listed("place").isdisjoint(pointers):
        place = _place(phrase, before)
    if len(pointers) == 1 and len(asked.words) <= _PUT_WORDS:
        put = _put(asked, pointers[0], text, place)
        if put:
            return put
    follows = "" if _lacks_subject(asked) and not pointers else ","
    return f"{asked.text.strip(ENDING)}{follows} {place}{text}?"


def _subject(
    asked: Question, before: Question, pointers: Sequence[str], rarity: Callable[[str], float]
) -> Phrase | None:
    """Return the phrase that the words stand for, or that a short question lacks."""
    own = asked.terms()
    put = _put_behind(before)
    if put is not None:
        return put
    phrases = [
        one for one in before.phrases if not set(terms(before.shown(one), before.language)) <= own
    ]
    some = [one for one in phrases if not one.numeric] or phrases
    if not asked.listed("place").isdisjoint(pointers):
        placed = [one for one in some if _place(one, before) and one.named]
        some = placed or [one for one in some if one.named] or some
    elif not asked.listed("person").isdisjoint(pointers):
        if asked.language == "en":  # Elsewhere "he" and "she" may be a thing.
            some = [one for one in some if one.named] or some
        else:
            some = [one for one in some if one.preposition is None] or some
    return max(some, key=lambda one: before.worth(one, rarity), default=None)


def _put_behind(before: Question) -> Phrase | None:
    """Return what the question before had from the one before it: "who lives there, Sudzha?"."""
    if not before.phrases:
        return None
    last = before.phrases[-1]
    text, whole = before.text.rstrip(ENDING), f"{_place(last, before)}{before.together(last)}"
    return last if text.endswith(f", {whole}") else None


def _place(phrase: Phrase, question: Question) -> str:
    """Return the preposition of a place and a blank; empty if the phrase is none."""
    preposition = phrase.preposition
    if preposition is None or preposition.folded not in question.lists.places:
        return ""
    return f"{preposition.folded} "


# In these words an English pronoun may change places with what it stands for. Elsewhere, and in
# languages that bend their words, what it stands for is put behind.
_REPLACED = frozenset(["it", "they", "them", "he", "him", "she", "one"])


def _put(asked: Question, pointer: str, text: str, place: str) -> str | None:
    """Return an English question with a pronoun replaced; None if it is better put behind."""
    at = next((n for n, word in enumerate(asked.words) if word.folded == pointer), None)
    if at is None:
        return None
    word = asked.words[at]
    after = asked.words[at + 1] if at + 1 < len(asked.words) else None
    if pointer in _REPLACED:
        if pointer == "it" and any(
            one.folded in asked.lists.impersonal for one in asked.words[at + 1 :]
        ):
            return None
        new = text
    elif pointer == "there" and place:
        new = f"{place}{text}"
    elif pointer in ("its", "his", "their", "her"):
        if after is None or after.kind not in (Kind.CONTENT, Kind.VERB, Kind.OTHER):
            return None
        owner = POSSESSIVE.sub("", text)
        new = f"{owner}'" if owner.endswith("s") else f"{owner}'s"
    else:
        return None
    end = asked.text[word.end :].rstrip(ENDING)
    return f"{asked.text[: word.start]}{new}{end}?"
