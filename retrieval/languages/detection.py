"""The language of a text: of an article that names none, and of a question."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from retrieval.errors import IndexFault
from retrieval.languages.analysis import WITH_STOP_WORDS, WITHOUT_FIELD, words_with_languages

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Characters of an article that are looked at. Each thousand more costs 2 ms, and tells little.
_SAMPLE = 1000
# At this probability none of 1,813 English articles was taken for another language; one in thirty
# did not reach it.
_SURE = 0.9
# And so much is enough where the language that it is else taken for is so many times less likely:
# of the same articles and their beginnings one in 700 was taken for another language.
_LIKELY, _HARDLY = 0.4, 10
# Share of stop words in a question; fewer may be names, or words that two languages share.
_STOP_SHARE = 0.25
# So many characters of a question tell its language.
_TELLING = 400
# Languages that are written in a script of their own, or nearly so.
_SCRIPTS = {
    "ARABIC": "ar", "ARMENIAN": "hy", "BENGALI": "bn", "BOPOMOFO": "zh",
    "CYRILLIC": "ru", "DEVANAGARI": "hi", "ETHIOPIC": "am", "GEORGIAN": "ka", "GREEK": "el",
    "GUJARATI": "gu", "GURMUKHI": "pa", "HANGUL": "ko", "HEBREW": "he",
    "KANNADA": "kn", "KHMER": "km", "LAO": "lo", "MALAYALAM": "ml",
    "MYANMAR": "my", "ORIYA": "or", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te", "THAANA": "dv",
    "THAI": "th", "TIBETAN": "bo",
}  # fmt: skip
# Japanese is written with Chinese characters too.
_WITH_CHINESE = frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})
# Letters of languages that share a script with the one above, which has no word with them.
_OWN_LETTERS = {"CYRILLIC": {"uk": "іїєґ"}, "ARABIC": {"ur": "ٹڈڑںے", "fa": "پچژگ"}}

# What else a few words may be in whose letters are those of the language above, likeliest first.
_AS_WELL = {
    "ar": ("fa", "ur", "ps", "ug", "ku"), "bn": ("as",), "fa": ("ur", "ps", "ug", "ku"),
    "hi": ("mr", "ne", "sa"), "uk": ("be", "kk"),
    "ru": ("uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg", "tt", "ba"),
}  # fmt: skip
# Ukrainian has none of these letters.
_NOT_UKRAINIAN = frozenset("ыэъё")
# Without letters of one, a text in this script may be in any of many languages.
_MANY = frozenset({"ru", "ar"})


def language_of_article(text: str, otherwise: str = "en") -> str | None:
    """Return the ISO 639-1 code of an article's language, None where its text leaves doubt.

    Args:
        text: Text of an article, its title before it.
        otherwise: Language that it is taken to be in then. A text that can hardly be in that one is
            in the likeliest.

    Raises:
        IndexFault: There is no room for temporary files.
    """
    ranked = _identifier().rank(text[:_SAMPLE])
    language, probability = ranked[0]
    if probability >= _SURE:
        return str(language)
    # A few words may leave doubt where their script leaves none.
    by_script = _by_script(text[:_SAMPLE])
    if by_script is not None and by_script not in _MANY:
        return by_script
    hardly = _HARDLY * dict(ranked).get(otherwise, 0.0) < probability
    return str(language) if hardly and probability >= _LIKELY else None


@cache
def _identifier() -> LanguageIdentifier:
    # Half a second and 80 MB, which an article that names its language should not cost.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as exc:
        # py3langid unpacks its model there.
        raise IndexFault(
            f"the folder for temporary files cannot be used ({exc.strerror}); make room in it, or "
            "name another with TMPDIR"
        ) from exc
    # The others are rare, have no two-letter code, and take short English texts for their own.
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])
    return identifier


def language_of_question(question: str, likely: frozenset[str]) -> str | None:
    """Return the ISO 639-1 code of a question's language, None where nothing tells it.

    Its stop words decide, or its script if it has none: a question is too short for
    `language_of_article`. Languages of fewer speakers, which share words with those of more, count
    only where they are likely.

    Args:
        question: Question in any language.
        likely: Languages that are preferred unless another has more stop words in the question.
    """
    best, one = _likeliest(question[:_TELLING], likely & WITHOUT_FIELD)
    return next((language for language in best if language in likely), one)


# A question is asked for before it is searched, and for each language of what was found.
@lru_cache(maxsize=32)
def _likeliest(question: str, rarer: frozenset[str]) -> tuple[tuple[str, ...], str | None]:
    """Return the languages with most stop words in a question, and the one that is likeliest.

    Args:
        question: Question in any language.
        rarer: Those of `WITHOUT_FIELD` that it may be in.
    """
    left_out = WITHOUT_FIELD - rarer
    found = [
        (word, [language for language in languages if language not in left_out])
        for word, languages in words_with_languages(question)
    ]
    # A single letter is a piece of "wasn't" or of "U.S." as often as a word.
    long = [languages for word, languages in found if len(word) > 1]
    counts = Counter(chain.from_iterable(long))
    most = max(counts.values(), default=0)
    if most < _STOP_SHARE * max(1, len(long)):
        by_script = _by_script(question)
        best = (by_script, *_AS_WELL.get(by_script, ())) if by_script else ()
        if not _NOT_UKRAINIAN.isdisjoint(question.lower()):
            best = tuple(language for language in best if language != "uk")
        return best, by_script
    best = tuple(language for language in WITH_STOP_WORDS if counts[language] == most)
    every = Counter(chain.from_iterable(languages for _, languages in found))
    return best, max(best, key=lambda language: every[language])


def _by_script(text: str) -> str | None:
    letters = [letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalpha()]
    names = Counter(unicodedata.name(letter, " ").split(" ")[0] for letter in letters)
    scripts = Counter[str]()
    for name, count in names.items():
        scripts["CJK" if name in _WITH_CHINESE else name] += count
    if not scripts:
        return None
    script = max(scripts, key=lambda name: scripts[name])
    if script == "CJK":
        return "zh" if _WITH_CHINESE.isdisjoint(names) else "ja"
    for language, own in _OWN_LETTERS.get(script, {}).items():
        if not set(own).isdisjoint(letters):
            return language
    return _SCRIPTS.get(script)
