"""Spelling: words of a question that no article holds, replaced by words that are near to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

from retrieval.languages import LETTERS, language_of_question, terms
from retrieval.questions.asked import light_terms
from retrieval.questions.forms import (
    MOST_LETTERS,
    in_one_script,
    name_like,
    numbers_as_written,
    other_form,
    plain,
    with_marks,
)
from retrieval.questions.phrases import PHRASES, accented
from retrieval.questions.quotations import without_quoted
from retrieval.questions.vocabulary import Vocabulary

# A question with more unknown words, and more than half of its words, is in another language, or
# not about the articles.
_MOST_CORRECTIONS, _MOST_UNKNOWN = 3, 6
# Words that only occur in another form, of which so many are looked at for their marks.
_MOST_UNMARKED = 8
# Shorter words have too many neighbours, but where two letters have only changed places.
_LETTERS, _SWAPPED_LETTERS = 5, 4
# From so many letters on, two errors still leave a word that is like no other.
_TWO_ERRORS = 10
# Endings of so many letters are cut off to see whether the encoder knows what a word comes from,
# which has so many letters at least.
_ENDING, _STEM = 2, 4
_DOUBLED = re.compile(r"(.)\1")
# A question in capitals of so many letters may be shouted, and is no name or code.
_SHOUTED = 12
# A word, and not a letter of "U.S." or "F-16".
_NO_CODE = re.compile(rf"{LETTERS.pattern}(?<![^\w].(?=[.\d-]))(?<!^.(?=[.\d-]))")
# So many of its words are looked up in the articles, of which each takes about half a millisecond.
_MOST_SHOUTED = 15
# A name, and then who or what that is.
_NAMED_FIRST = re.compile(
    r"^([^,?.!—–:]{2,60}?)(?:\s*[,:—–]\s*| - )"
    r"(хто це|що це|кто это|что это|wer ist|was ist|who is|what is)"
    r"(?: (?:такий|така|таке|такой|такая|такое|das|that|this|it|he|she))?\W*$",
    re.IGNORECASE,
)
# English words that many type without an apostrophe; those that are other words, too, are left.
_CONTRACTED = re.compile(
    r"\b(?:(?:what|who|where|when|how|why|that)(?=s\b)"
    r"|(?:does|did|is|are|was|were|do|could|would|should|has|have|had)n(?=t\b))",
    re.IGNORECASE,
)
# Question words as they are often typed, and as they are written.
_TYPED = {typed: word for word, listed in PHRASES["typed"].items() for typed in listed.split(", ")}
_TYPED_WORD = re.compile(rf"\b(?:{'|'.join(_TYPED)})\b", re.IGNORECASE)
# So many chunks are read at a time, and so many times, to find all words near to one.
_CHUNKS, _ROUNDS = 8, 4
# One of two words that are equally near is meant if it is in so many times as many chunks.
_CLEARLY = 4


@dataclass(frozen=True, slots=True)
class Correction:
    """A word as it was written, and the word of the articles that is searched instead."""

    written: str
    searched: str


class SpelledQuestion(NamedTuple):
    """A question as it may be searched, and what was replaced in it, in its order."""

    question: str
    corrections: tuple[Correction, ...]


def readings(question: str, vocabulary: Vocabulary) -> list[SpelledQuestion]:
    """Read misspelt words as those of the articles that they are clearly near to.

    Words in quotation marks are meant as they stand.

    Returns:
        The question with nothing but its numbers, marks, blanks and capitals as the articles have
        them, and, where words may be misspelt, with these repaired too: a guess, to be tried.
    """
    question = _spoken(question, vocabulary)
    asked = without_quoted(question)
    meant: dict[tuple[int, int], str] = dict(numbers_as_written(asked, vocabulary))
    unknown: list[re.Match[str]] = []
    unmarked: list[re.Match[str]] = []
    found = list(LETTERS.finditer(asked))
    for match in found:
        if _STEM <= len(match[0]) <= MOST_LETTERS:
            if not vocabulary.occurs(match[0]):
                if not _only_asks(match[0], vocabulary):
                    unknown.append(match)
            elif not vocabulary.lexical.chunks_with(match[0].lower()):
                unmarked.append(match)
    for match in unmarked[:_MOST_UNMARKED]:
        if marked := with_marks(match[0], vocabulary):
            meant[match.span()] = _cased(marked, match[0])
    together = _together(asked, found, set(unknown), vocabulary)
    for one, other in together:
        meant[one.start(), other.end()] = _cased((one[0] + other[0]).lower(), one[0])
    joined = {match for pair in together for match in pair}
    unknown = [match for match in unknown if match not in joined]
    guessed = _corrected(unknown, len(found), vocabulary) if unknown else {}
    sure = _replaced(question, meant)
    return [sure, _replaced(question, meant | guessed)] if guessed else [sure]


def _only_asks(word: str, vocabulary: Vocabulary) -> bool:
    """Whether a word is one of questions: "як звати" is not "як здати"."""
    return any(
        light_terms(language).issuperset(terms(word, language)) for language in vocabulary.languages
    )


def _spoken(question: str, vocabulary: Vocabulary) -> str:
    """Return a question as it would be put with care.

    Apostrophes stand where none was typed, question words are spelt as such, with their accents,
    it is not in capitals altogether, and asks before it names: "Anna Berg, who is that?"
    """
    question = _NAMED_FIRST.sub(r"\2 \1?", question)
    question = _CONTRACTED.sub(r"\g<0>'", question)
    question = _TYPED_WORD.sub(lambda match: _asking(match[0], _TYPED, vocabulary), question)
    language = language_of_question(question, frozenset(vocabulary.languages))
    if language is None and len(vocabulary.languages) == 1:
        language = vocabulary.languages[0]
    words = accented(language or "")
    question = LETTERS.sub(lambda match: _asking(match[0], words, vocabulary), question)
    letters = sum(map(str.isalpha, question))
    if not question.isupper() or letters < _SHOUTED:
        return question
    shouted = islice(dict.fromkeys(LETTERS.findall(question.lower())), _MOST_SHOUTED)
    written = {word: _in_articles(word, vocabulary) for word in shouted}
    return _NO_CODE.sub(lambda match: written.get(match[0].lower(), match[0].lower()), question)


def _asking(typed: str, meant: Mapping[str, str], vocabulary: Vocabulary) -> str:
    """Return the word of questions that is meant, unless the articles have what was typed."""
    word = meant.get(typed.lower())
    if word is None or vocabulary.lexical.chunks_with(typed.lower()):
        return typed
    return _cased(word, typed)


def _in_articles(word: str, vocabulary: Vocabulary) -> str:
    """Return a word in small letters with the capitals that the articles always give it."""
    written = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    chunks = vocabulary.lexical.near(word, 0, (), _CHUNKS) if len(word) <= MOST_LETTERS else []
    forms = Counter(
        match[0] for text in vocabulary.texts(chunks) for match in written.finditer(text)
    )
    return word if word in forms or not forms else forms.most_common(1)[0][0]


def _replaced(question: str, meant: Mapping[tuple[int, int], str]) -> SpelledQuestion:
    corrections, parts, done = [], [], 0
    for start, end in sorted(meant):
        if start >= done:
            corrections.append(Correction(question[start:end], meant[start, end]))
            parts += [question[done:start], corrections[-1].searched]
            done = end
    return SpelledQuestion("".join([*parts, question[done:]]), tuple(corrections))


def _together(
    question: str,
    found: Sequence[re.Match[str]],
    unknown: Collection[re.Match[str]],
    vocabulary: Vocabulary,
) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Return neighbours that the articles write as one word: "Hong Kong" for "Hongkong"."""
    return [
        (one, other)
        for one, other in pairwise(found)
        if (one in unknown or other in unknown)
        and question[one.end() : other.start()] in {" ", "-"}
        and vocabulary.lexical.chunks_with((one[0] + other[0]).lower())
    ]


def _corrected(
    unknown: Sequence[re.Match[str]], words: int, vocabulary: Vocabulary
) -> dict[tuple[int, int], str]:
    """Return what is meant by those words that no article holds.

    What the encoder knows is a word, but may be a name in another romanisation.

    Args:
        unknown: The words.
        words: How many words the question has.
        vocabulary: Words of the articles.
    """
    counts = vocabulary.count_tokens([match[0] for match in unknown])
    strange = {match for match, tokens in zip(unknown, counts, strict=True) if tokens > 1}
    if len(strange) > _MOST_CORRECTIONS and (
        len(strange) > _MOST_UNKNOWN or 2 * len(strange) > words + 1
    ):
        # An encoder that knows the language needs none of its words, but names as they stand.
        if vocabulary.whole_words:
            return {}
        strange = set()
    capitals = {match for match in unknown if match[0][0].isupper() and match.start() > 0}
    meant = {}
    for match in [one for one in unknown if one in strange | capitals][:_MOST_UNMARKED]:
        name = match in capitals
        word = (other_form if match in strange else name_like)(match[0], vocabulary)
        if word is None and match in strange:
            word = _nearest(match[0], vocabulary, name=name)
        elif word and not (name or vocabulary.whole_words or in_one_script(word, match[0])):
            # What sounds like a name may be any word of the other language.
            word = None
        if word and word.lower() != match[0].lower():
            meant[match.span()] = _cased(word.lower(), match[0])
    return meant


def _nearest(word: str, vocabulary: Vocabulary, *, name: bool) -> str | None:
    """Return the one word of the articles that is meant, in lower case, if that is clear."""
    written = word.lower()
    edits = _edits(written, vocabulary, name=name)
    if not edits or _derived(word, vocabulary, edits):
        return None
    least = min(edits.values())
    frequencies = {
        near: vocabulary.lexical.chunks_with(near) for near in edits if edits[near] == least
    }
    first, *others = sorted(frequencies, key=lambda near: (-frequencies[near], near))
    if others and frequencies[first] < _CLEARLY * frequencies[others[0]]:
        stems = (
            {tuple(terms(one, language)) for one in (first, others[0])}
            for language in vocabulary.languages
        )
        if all(len(stem) > 1 for stem in stems):
            return None
    return first


def _edits(written: str, vocabulary: Vocabulary, *, name: bool) -> dict[str, int]:
    """Return the words that may be meant and how many edits away they are, 0 but for accents."""
    most = 1 if name or len(written) < _TWO_ERRORS else 2
    found = {}
    for near, is_name in _near(written, most, vocabulary).items():
        if plain(near) == plain(written):
            found[near] = 0
            continue
        least = _SWAPPED_LETTERS if sorted(near) == sorted(written) else _LETTERS
        # A name is read as a name only.
        if (name and not is_name) or len(written) < least:
            continue
        edits = _distance(near, written)
        # Two words with two other letters in the same places are two words.
        if edits == 1 or (not is_name and len(near) != len(written)):
            found[near] = edits
    return found


def _near(written: str, most: int, vocabulary: Vocabulary) -> dict[str, bool]:
    """Return the articles' words up to so many edits away, and whether each is a name."""
    found: dict[str, bool] = {}
    for _ in range(_ROUNDS):
        chunks = vocabulary.lexical.near(written, most, found, _CHUNKS)
        new: dict[str, bool] = {}
        for text in vocabulary.texts(chunks):
            for match in LETTERS.finditer(text):
                near = match[0].lower()
                if _distance(near, written, most) <= most:
                    new[near] = new.get(near, True) and match[0][0].isupper()
        found |= new
        if len(chunks) < _CHUNKS or not new:
            break
    return found


def _distance(word: str, written: str, most: int | None = None) -> int:
    """Count the edits between two words: optimal string alignment; above `most`, `most` + 1."""
    # Here, for its import takes 20 ms, and a refresh without a change corrects nothing.
    from rapidfuzz.distance import OSA

    return OSA.distance(word, written, score_cutoff=most)


def _derived(word: str, vocabulary: Vocabulary, edits: dict[str, int]) -> bool:
    """Whether a word is one that the encoder knows and an ending, and none with a letter doubled.

    "Commitee" is no "commit" with an ending.
    """
    if any(_undoubled(near) == _undoubled(word.lower()) for near in edits):
        return False
    stems = [
        word[:-cut]
        for cut in range(1, _ENDING + 1)
        if len(word) - cut >= _STEM and word[:-cut].lower() not in edits
    ]
    return 0 not in edits.values() and 1 in vocabulary.count_tokens(stems)


def _undoubled(word: str) -> str:
    return _DOUBLED.sub(r"\1", word)


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word
