"""Follow-ups: questions that refer to an earlier one, completed with words of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from retrieval.languages import language_of_question, terms
from retrieval.search import names_and_numbers

REMEMBERED = 4
"""The greatest number of earlier questions that the answerer gets."""

# So many words are taken over. With two, a little less is found; with four, they count for more
# than the words of a question that is complete.
_CARRIED = 3
# Added to the rarity of a name, which is 0 to 1: a name that is common in an archive is often its
# subject.
_NAME = 0.3
# A longer word is an address or the like.
_WORD_CHARS = 60
# A longer question is complete: hardly one of 10,000 people's questions is as long. It would be
# searched twice, which costs the more the longer it is.
_COMPLETE_CHARS = 200
_WORD = re.compile(r"\w+(?:[-'\u2019.]\w+)*")
# A question of no more terms may lack its subject, unless it has a name.
_FEW = 2
# How much better an excerpt must match the completed question than the question alone, in spreads
# of the index's scale: if a word points back, and if there are but few terms. Words of another
# subject cost a spread or two.
_POINTING, _SHORT = -0.4, 0.5
_POINTER_WORD = re.compile(r"\w+")

# These words stand for something that was named before. Left out are words that refer as often to
# something in their own sentence ("the one that ...", "another"), and those that mean something
# else in another of these languages, as all lists count for every question.
_POINTERS = {
    "en": """
        it its itself they them their theirs themselves he him his himself she her hers herself this
        these those there then others
    """,
    "uk": """
        він його йому ним нього ньому вона її їй нею неї вони їх їм ними них їхній їхня їхнє їхні це
        цей ця ці цього цьому цим цієї цю цих там туди звідти тоді
    """,
    "ru": """
        он его ему ним него нём нем она её ее ей ней неё нее они их им ими них это этот эта эти
        этого этому этим этой эту этих там туда оттуда тогда
    """,
    "de": """
        er ihn ihm sie ihnen ihr ihre ihrer ihren ihrem es dieser diese dieses diesen diesem jener
        jene jenes jenen jenem dort dorthin daher damals dabei dafür dagegen daran darauf daraus
        darin darum darüber davon dazu danach
    """,
}
# "Is there" points nowhere; "that" points only where no noun stands before it.
_EMPTY = re.compile(
    r"\b(?:is|are|was|were|be|been) there\b|\bthere (?:is|are|was|were)\b"
    r"|\b(?:gibt|gab) es\b|\bes (?:gibt|gab)\b"
)
_THAT = re.compile(
    r"\b(?:is|was|are|were|do|does|did|can|could|will|would|of|about|to|for|from|after|before|with|by"
    r"|like) that\b"
)
# A question that begins with one of these continues the conversation.
_OPENINGS = {
    "en": """
        and, but, or, so, then, also, ok, okay, what about, how about, what else, who else,
        where else, why not, i mean, i meant, are you sure
    """,
    "uk": "а, і, й, та, але, або, тоді, ну, як щодо, що щодо, маю на увазі, я маю на увазі",
    "ru": """
        а, и, но, или, тогда, ну, как насчет, как насчёт, что насчет, что насчёт, имею в виду,
        я имею в виду
    """,
    "de": """
        und, aber, oder, dann, was ist mit, wie ist es mit, wie steht es mit, ich meine, ich meinte
    """,
}
_POINTING_WORDS = frozenset(word for words in _POINTERS.values() for word in words.split())
_OPENING = tuple(
    " ".join(opening.split()) + " " for line in _OPENINGS.values() for opening in line.split(",")
)
_TALK_WORD = re.compile(r"\w+")

# A text is small talk if it has one of these words, and otherwise only these and fillers. All lists
# count for every question, so none has a word that asks something in another of these languages.
_TALK = {
    "en": """
        thanks thank thx cheers ok okay hi hello hey bye goodbye great cool perfect yes yeah no
        please sorry understood you your
    """,
    "uk": """
        дякую дяки спасибі привіт вітаю добре гаразд так ні окей ок бувай зрозуміло ясно чудово
        супер ласка ти ви
    """,
    "ru": """
        спасибо благодарю привет здравствуйте здравствуй хорошо ладно да нет пожалуйста понятно
        понял отлично ты вы
    """,
    "de": """
        danke dankeschön hallo tschüss gut guten ja nein bitte klar verstanden prima super moin du
    """,
}
_FILLERS = {
    "en": """
        very much so a an the lot for all good morning afternoon evening night day help well who
        what where how can do are is name bot from i see
    """,
    "uk": """
        дуже велике за допомогу вам тобі вас тебе все всім хто що як звідки можеш можете вмієш
        вмієте будь день добрий доброго
    """,
    "ru": """
        очень большое за помощь вам тебе вас всё все всем кто что как откуда можешь можете умеешь
        умеете добрый день
    """,
    "de": """
        vielen dank sehr schön dir ihnen alles tag morgen abend wer was wie woher bist kannst ein
    """,
}
_TALKING = frozenset(word for words in _TALK.values() for word in words.split())
_FILLING = frozenset(word for words in _FILLERS.values() for word in words.split())


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question completed with words of an earlier one.

    Attributes:
        text: The question, and the words taken over in brackets.
        gain: How much better an excerpt has to match `text` than the question alone, in spreads of
            the index's scale; None if the question means nothing without the earlier one.
    """

    text: str
    gain: float | None


def understand_follow_up(
    question: str,
    earlier: Sequence[str],
    languages: Collection[str],
    rarity: Callable[[str], float],
) -> FollowUp | None:
    """Complete a question with words of the one before; return None if it stands on its own.

    It takes over names and the rarest words. The question before was itself completed with words of
    those before it. Small talk is not completed, and completes nothing.

    Args:
        question: As it was asked.
        earlier: The earlier questions of the same person, as they were searched, oldest first.
        languages: The languages of the articles, in ISO 639-1.
        rarity: Returns how rare a word is in the articles, from 0 to 1.
    """
    if len(question) > _COMPLETE_CHARS or _is_small_talk(question):
        return None
    before = next((one for one in reversed(earlier) if not _is_small_talk(one)), None)
    if before is None:
        return None
    language = _language(question, languages)
    own = set(terms(question, language))
    names = _names(question, language)
    gain: float | None
    if not own or _continues(question):
        gain = None
    elif _points_back(question):
        gain = _POINTING
    elif len(own) <= _FEW and not names:
        gain = _SHORT
    else:
        return None
    # "What about Belgorod?" replaces the name in the question before.
    instead = gain is None and names and own == names and not _points_back(question)
    words = _carried(question, before, languages, rarity, with_names=not instead)
    return FollowUp(f"{question} ({words})", gain) if words else None


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
    """Return names, if wanted, and rare words that the new question lacks, in their order."""
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


def _points_back(question: str) -> bool:
    """Whether a word of the question stands for something that was named before."""
    text = _EMPTY.sub(" ", " ".join(_folded_words(question)))
    return bool(_THAT.search(text)) or not _POINTING_WORDS.isdisjoint(text.split())


def _continues(question: str) -> bool:
    """Whether the beginning of a question continues the conversation."""
    return f"{' '.join(_folded_words(question))} ".startswith(_OPENING)


def _folded_words(text: str) -> list[str]:
    return _POINTER_WORD.findall(text.lower())


def _is_small_talk(text: str) -> bool:
    """Whether a text is a greeting, a thank-you, a yes or no, or asks who the bot is."""
    words = set(_TALK_WORD.findall(text.lower()))
    return not words.isdisjoint(_TALKING) and words <= _TALKING | _FILLING
