"""Follow-ups: what a question that leans on an earlier one takes over from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.pointers import goes_on, points_back
from bot.smalltalk import is_small_talk
from retrieval.languages import language_of_question, terms
from retrieval.search.confidence import names_and_numbers

REMEMBERED = 4
"""Earlier questions that are handed to the answerer, at most."""

# Words taken over. Two find a little less, four push aside more of what a complete question asks.
_CARRIED = 3
# Added to the rarity of a name, 0 to 1: what an archive is about is common there, and asked about
# all the same.
_NAME = 0.3
# Longer ones are addresses and the like.
_WORD_CHARS = 60
_WORD = re.compile(r"\w+(?:[-'\u2019.]\w+)*")
# A question of so few terms may lack its subject, unless it names one.
_FEW = 2
# How much better an excerpt must meet the question with the words that it would take over, in
# spreads of the index's scale: where a word points back, and where there are but few terms.
# Unrelated words cost a spread or two.
_POINTING, _SHORT = -0.4, 0.5


@dataclass(frozen=True, slots=True)
class Leaning:
    """How a question may be understood that leans on an earlier one.

    Attributes:
        text: The question with the words that it takes over.
        gain: So much better an excerpt has to meet `text` than the question alone, in spreads of
            the index's scale; None where the question says nothing without the earlier one.
    """

    text: str
    gain: float | None


def leaning(
    question: str,
    earlier: Sequence[str],
    languages: Collection[str],
    rarity: Callable[[str], float],
) -> Leaning | None:
    """Return how a question may be understood after others, None if it stands on its own.

    What it takes over are names and the rarest words of the question before, which has itself taken
    over what it needed of those before it. Small talk neither leans nor is leant on.

    Args:
        question: As it was asked.
        earlier: What the same person asked before, as it was searched, oldest first.
        languages: Of the articles, ISO 639-1.
        rarity: Tells how rare a word is in the articles, 0 to 1.
    """
    if is_small_talk(question):
        return None
    before = next((one for one in reversed(earlier) if not is_small_talk(one)), None)
    if before is None:
        return None
    language = _language(question, languages)
    own = set(terms(question, language))
    names = _names(question, language)
    gain: float | None
    if not own or goes_on(question):
        gain = None
    elif points_back(question):
        gain = _POINTING
    elif len(own) <= _FEW and not names:
        gain = _SHORT
    else:
        return None
    # "What about Belgorod?" puts a name in the place of that before.
    instead = gain is None and names and own == names and not points_back(question)
    words = _carried(question, before, languages, rarity, with_names=not instead)
    return Leaning(f"{question} ({words})", gain) if words else None


def _names(question: str, language: str) -> set[str]:
    """Return the terms of a question's names."""
    words = [word for word in names_and_numbers(question) if word[0].isalpha()]
    return {term for word in words for term in terms(word, language)}


def _carried(
    question: str,
    before: str,
    languages: Collection[str],
    rarity: Callable[[str], float],
    *,
    with_names: bool,
) -> str:
    """Return names, if wanted, and rare words that another question lacks, neighbours together."""
    language = _language(before, languages)
    own = _stems(question, languages)
    new: dict[frozenset[tuple[str, str]], re.Match[str]] = {}
    for match in _WORD.finditer(before):
        word = match.group()
        stems = _stems(word, languages)
        if len(word) > _WORD_CHARS or not terms(word, language) or stems <= own:
            continue
        if with_names or not _is_name(match):
            new.setdefault(stems, match)
    rarest = sorted(new.values(), key=lambda match: -_worth(match, rarity))[:_CARRIED]
    text, end = "", -1
    for match in sorted(rarest, key=re.Match.start):
        if text:
            text += " " if before[end : match.start()].isspace() else ", "
        text += match.group()
        end = match.end()
    return text


def _worth(match: re.Match[str], rarity: Callable[[str], float]) -> float:
    return rarity(match.group()) + _NAME * _is_name(match)


def _is_name(match: re.Match[str]) -> bool:
    # The first word of a question is capitalised whatever it is.
    return match.start() > 0 and not match.group()[0].islower()


def _stems(text: str, languages: Collection[str]) -> frozenset[tuple[str, str]]:
    return frozenset((language, term) for language in languages for term in terms(text, language))


def _language(question: str, languages: Collection[str]) -> str:
    return language_of_question(question, frozenset(languages)) or ""
