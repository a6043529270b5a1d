"""Names: words that the articles write with a capital letter wherever they stand in a sentence."""

from __future__ import annotations

import re

from retrieval.search.forms import Vocabulary

# So many chunks with a word are read.
_CHUNKS = 8
# Within a sentence: behind a word or a comma. What opens a sentence has a capital whatever it is,
# and so has every word in a line of capitals.
_WITHIN = r"(?:(?<=[^\W\d_][ -])|(?<=[,;] ))(?<![A-Z]{2} )"


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
