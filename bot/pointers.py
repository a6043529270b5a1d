"""Words by which a question leans on an earlier one, by language."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")

# They stand for something that was named before. Left out is what stands as often for something in
# its own sentence ("the one that ...", "another"), and what means something else in another of
# these languages, as all lists count for every question.
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
# So begins what only goes on with something.
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
_POINTING = frozenset(word for words in _POINTERS.values() for word in words.split())
_OPENING = tuple(
    " ".join(opening.split()) + " " for line in _OPENINGS.values() for opening in line.split(",")
)


def points_back(question: str) -> bool:
    """Whether a word stands for something named before, or else for something named beside it."""
    text = _EMPTY.sub(" ", " ".join(_words(question)))
    return bool(_THAT.search(text)) or not _POINTING.isdisjoint(text.split())


def goes_on(question: str) -> bool:
    """Whether a question begins as only those do that go on with something."""
    return f"{' '.join(_words(question))} ".startswith(_OPENING)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
