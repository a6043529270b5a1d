"""Frames: what was asked, asked again of something else, or for another time, place or reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.followups.parts import ENDING, Phrase, Question
from bot.followups.words import Kind, Word, fold
from retrieval.languages import terms
from retrieval.questions import Subject

# One word in Ukrainian or Russian that says of what kind something is.
_ADJECTIVE = re.compile("(?:ий|ый|ій|ой|ая|яя|ое|ее)$")
_NOTHING = frozenset(["not", "ні", "нет", "nicht"])
_INDEFINITE = frozenset(["a", "an", "ein", "eine", "einen", "einem", "einer", "eines"])
# So few characters before a colon are a question that `reasked` put before another.
_REASKED = re.compile(r"[^:?]{1,40}: (?=\w)")


def reframed(
    asked: Question, before: Question, rarity: Callable[[str], float], *, meant: bool = False
) -> str | None:
    """Ask what was asked before of something else.

    Args:
        asked: What is asked about: "Donetsk", "in 2022", "the interceptor drones".
        before: The question before.
        rarity: Returns how rare a word is in the articles, from 0 to 1.
        meant: Whether it is what the question before was meant to be about.

    Returns:
        The question before with one thing exchanged, or with one added; None if that says nothing
        new.
    """
    new = asked.text.strip(ENDING)
    first = asked.phrases[0]
    placed = first.preposition is not None and asked.words[0] is first.preposition
    if first.numeric:
        return _with_number(before, new, placed=placed)
    if placed:
        return _with_place(before, new, first)
    alike = _alike(asked, before)
    if alike is not None:
        return _exchanged(before, _span(alike), new)
    if all(word.name or word.number for word in asked.words):
        names = _names(before, rarity)
        if names is not None:
            return _exchanged(before, names, new)
    if meant:
        return _added(before, f", {new}")
    if any(one.named for one in asked.phrases) and len(asked.phrases) > 1:
        return None  # "The mayor of Belgorod" is a subject of its own.
    if _is_definite(asked, before):
        subject = max(before.phrases, key=lambda one: before.worth(one, rarity))
        return f"{new}, {before.shown(subject)}?"
    others = [one for one in before.phrases if not one.numeric]
    free = [one for one in others if one.preposition is None or one.linked]
    if not others:
        return None
    return _instead_of((free or others)[-1], asked, before)


def reasked(asked: Question, before: Question) -> str:
    """Ask for another time, place or reason of what was asked before, or say both questions."""
    new = asked.text.strip(ENDING)
    # What was asked in this way before, "Why: who held it?", is asked again without "why".
    asked_before = _REASKED.match(before.text)
    cut = asked_before.end() if asked_before else 0
    first = next(word for word in before.words if word.start >= cut)
    old = before.text[first.start :].rstrip(ENDING)
    word = next((word for word in asked.words if word.kind is Kind.ASKING), None)
    beside = asks_beside(asked)
    if word is not None and not beside and fold(old).startswith(f"{word.folded} "):
        return f"{old}?"
    lists = asked.lists if asked.lists.when else before.lists
    asking = new
    if not beside:
        if word is None or not (word.folded in lists.when or word.folded in before.lists.when):
            return f"{new}: {old}?"
        # "Since when was that": what follows asks nothing.
        asking = asked.text[asked.words[0].start : word.end]
        if not _NOTHING.isdisjoint(one.folded for one in asked.words):
            return f"{new}: {old}?"  # "Why not?" asks for the contrary.
    counted = any(word.folded in ("many", "much") for word in before.words[1:2])
    if first.kind is Kind.ASKING and first.folded in before.lists.when and not counted:
        return f"{asking}{old[first.end - first.start :]}?"
    if first.kind is Kind.HELPER:
        return f"{asking} {old[:1].lower()}{old[1:]}?"
    return f"{asking}: {old}?"


def asks_beside(asked: Question) -> bool:
    """Whether it asks for a time, a means or the like, without a verb: "for how many days"."""
    kinds = [word.kind for word in asked.words]
    begins = kinds[:1] == [Kind.PREPOSITION] and Kind.ASKING in kinds[1:3]
    return begins and Kind.VERB not in kinds and Kind.HELPER not in kinds


def _instead_of(phrase: Phrase, asked: Question, before: Question) -> str | None:
    new = asked.text.strip(ENDING)
    if len(asked.words) == 1 and _ADJECTIVE.search(asked.words[0].folded):
        # "А дитячий?" is another ticket: what kind it is changes, and the noun stays.
        return _exchanged(before, (phrase.start, phrase.words[-1].start), f"{new} ")
    return _exchanged(before, _span(phrase), new)


def _with_number(before: Question, new: str, *, placed: bool) -> str | None:
    """Put a number or a date, with its preposition or without, into the place of another."""
    target = next((one for one in reversed(before.phrases) if one.numeric), None)
    if target is None:
        return _added(before, new)
    numbers = [word for word in target.words if word.number]
    if len(numbers) < len(target.words) and not placed:
        # "And 43?" behind "bolt type 42".
        return _exchanged(before, (numbers[0].start, numbers[-1].end), new)
    return _exchanged(before, _span(target, preposition=placed), new)


def _with_place(before: Question, new: str, phrase: Phrase) -> str:
    """Put a phrase with its preposition into the place of one like it."""
    preposition = phrase.preposition
    assert preposition is not None, "the caller found one"
    lists = before.lists
    for one in reversed(before.phrases):
        own = one.preposition
        if own is None or one.linked or one.numeric:
            continue
        same = own.folded == preposition.folded
        if same or (own.folded in lists.places and preposition.folded in lists.places):
            return _exchanged(before, _span(one, preposition=True), new) or _added(before, new)
    return _added(before, new)


def _alike(asked: Question, before: Question) -> Phrase | None:
    """Return the phrase whose last word is that of the new one: an FPV drone, another drone."""
    last = _terms(asked, asked.phrases[-1].words[-1])
    return next((one for one in before.phrases if last & _terms(before, one.words[-1])), None)


def _terms(question: Question, word: Word) -> set[str]:
    return set(terms(question.text[word.start : word.end], question.language))


def _names(before: Question, rarity: Callable[[str], float]) -> tuple[int, int] | None:
    """Return the span of the rarest name: what is everywhere in the articles is rarely asked of."""
    phrases = [one for one in before.phrases if one.named]
    if before.language == "de":  # where every noun has a capital
        phrases = [one for one in phrases if one.start == one.words[0].start]
    if not phrases:
        return None
    best = phrases[-1]
    if before.language != "de":
        best = max(
            reversed(phrases),
            key=lambda one: max(rarity(before.text[w.start : w.end]) for w in one.names()),
        )
    names = best.names()
    # The article of a name goes with it, but not "the" of "the Kursk incursion".
    return best.start if names == best.words else names[0].start, names[-1].end


def _is_definite(asked: Question, before: Question) -> bool:
    """Whether it is a thing of the subject's: "the price"; not another subject: "a tank"."""
    if not asked.lists.articles:
        return len(asked.words) == 1 and any(one.named for one in before.phrases)
    first = asked.words[0]
    if first.kind is not Kind.ARTICLE or first.folded in _INDEFINITE:
        return False
    # Behind "What does a canoe cost?" it is another such thing, behind "What is a canoe?" its own;
    # "the Korean armistice" is none. German has capitals for every noun.
    others = any(word.folded in _INDEFINITE for word in before.words)
    named = asked.language != "de" and any(one.named for one in asked.phrases)
    return named or not others or Subject.of(before.text) is not None


def _span(phrase: Phrase, *, preposition: bool = False) -> tuple[int, int]:
    if preposition and phrase.preposition is not None:
        return phrase.preposition.start, phrase.end
    return phrase.start, phrase.end


def _exchanged(before: Question, span: tuple[int, int], new: str) -> str | None:
    start, end = span
    old = before.text
    tail = old[end:].rstrip(ENDING)
    # What belongs to a name that is exchanged belongs to the new one.
    text = f"{old[:start]}{new}{tail}?"
    return None if text.strip(ENDING).casefold() == old.strip(ENDING).casefold() else text


def _added(before: Question, new: str) -> str:
    return f"{before.text.strip(ENDING)}{'' if new.startswith(',') else ' '}{new}?"
