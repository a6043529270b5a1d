"""Names: words with a capital letter wherever they stand in a sentence; not so nouns of German."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.languages import folded, split_words
from retrieval.questions.vocabulary import Vocabulary

# So many chunks with a word are read.
_CHUNKS = 8
# Within a sentence: behind a word or a comma. What opens a sentence has a capital whatever it is,
# and so has every word in a line of capitals.
_WITHIN = r"(?:(?<=[^\W\d_][ -])|(?<=[,;] ))(?<![A-Z]{2} )"
# What stands before a noun, and hardly before the name of a person or town.
_DETERMINERS = """
    der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner keines
    am ans aufs beim fürs im ins vom zum zur dies dieser diese dieses diesen diesem
    jeder jede jedes jeden jedem alle allen aller mein meine meinen meinem meiner dein deine
    sein seine seinen seinem seiner ihr ihre ihren ihrem ihrer unser unsere unseren unserem unserer
    welcher welche welches welchen welchem viel viele vielen wieviel wieviele mehr mehrere wenige
    einige manche beide zwei drei
"""
_BEFORE_NOUNS = frozenset(_DETERMINERS.split())
# Adjectives between both, by their endings: at most so many.
_ENDINGS = ("e", "en", "er", "es", "em")
_ADJECTIVES = 2
# Not in "Ursula von der Leyen", nor in "van den Berg".
_OF = frozenset({"von", "van"})


def is_name(word: str, vocabulary: Vocabulary) -> bool | None:
    """Return whether the articles write a word as a name; None if none has it within a sentence.

    Args:
        word: Word in small letters.
        vocabulary: Words of the articles.
    """
    written = re.compile(rf"{_WITHIN}(?i:{re.escape(word)})(?!\w)")
    found = [
        match[0][0].isupper()
        for text in vocabulary.texts(vocabulary.lexical.near(word, 0, (), _CHUNKS))
        for match in written.finditer(text)
    ]
    return all(found) if found else None


def is_german_noun(words: Sequence[str], number: int) -> bool:
    """Whether a word with a capital letter is a noun of a German sentence, as what is before tells.

    Args:
        words: Words of the sentence, as they are written.
        number: Which of them.
    """
    before = number - 1
    while before >= 0 and words[before].lower() not in _BEFORE_NOUNS:
        adjective = words[before].islower() and words[before].endswith(_ENDINGS)
        if not adjective or number - before > _ADJECTIVES:
            return False
        before -= 1
    of_a_name = before > 0 and words[before - 1] in _OF and words[before - 2][:1].isupper()
    return before >= 0 and not of_a_name


def names_and_numbers(question: str) -> list[str]:
    """Return the words with a digit, and those that begin with a capital but for the first.

    Of German nouns only those are left that nothing tells from a name.
    """
    found = split_words(folded(question))
    return [
        word
        for number, word in enumerate(found)
        if any(map(str.isdigit, word))
        or (number and word[0].isupper() and not is_german_noun(found, number))
    ]
