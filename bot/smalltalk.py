"""Small talk: what is said to the bot itself, and asks nothing of the articles."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")

# Each makes small talk of what has no other words than these and the fillers. All lists count for
# every question, so none has a word that asks something in another of these languages.
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


def is_small_talk(text: str) -> bool:
    """Whether a text is a greeting, a thank-you, a yes or no, or asks who the bot is."""
    words = set(_WORD.findall(text.lower()))
    return not words.isdisjoint(_TALKING) and words <= _TALKING | _FILLING
