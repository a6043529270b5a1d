"""Claims: what a sentence claims word by word, and what another sentence need not.

These are its numbers, names and addresses, whether it says "not", calls something false, or speaks
of the future, and letters that look like others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from retrieval.languages import terms

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Separators of thousands, as in 12,000 and in 12 000 with a no-break space.
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W\d_]+")
_NUMERAL = re.compile(r"[^\W\d_]+(?:'[^\W\d_]{2,})*")
# Web and mail addresses, mentions, and other words with such signs between letters.
_ADDRESS = re.compile(r"\S*(?:[^\W\d_][.:/@]+[^\W\d_]|@\w)\S*")
_AROUND = ".,;:!?()[]\"'“”«»"
# A part of a sentence that may claim something of its own.
_CLAUSE_END = re.compile(r"[;؛?!…。|•·()\[\]—]+|:(?!\d)|\s[-–]+\s|\.(?=[^\W\d_]{2})")

# The words of each language, in ISO 639-1; in other languages, none of these is recognised. The
# second line of a language has those that nearly say "not".
_NEGATIONS = {
    "en": """
        not no never none nobody nothing nowhere nor neither without cannot t isnt arent wasnt
        werent dont doesnt didnt hasnt havent hadnt wont cant couldnt wouldnt shouldnt mustnt
        neednt mightnt shant aint willnt cannt
        hardly scarcely barely seldom rarely
    """,
    "de": """
        nicht kein keine keinen keinem keiner keines nie niemals niemand nichts nirgends ohne weder
        noch kaum selten schwerlich
    """,
    "uk": """
        не ні ніколи ніхто ніщо нічого ніде без жоден жодна жодне жодного немає нема
        ледве ледь навряд заледве рідко
    """,
    "ru": """
        не ни никогда никто ничто ничего нигде без нет нету
        едва вряд навряд редко
    """,
}
# Words that call the rest of a sentence untrue.
_DENIALS = {
    "en": """
        false falsely untrue incorrect incorrectly wrong wrongly mistaken myth hoax fake
        denied denies deny denying refuted refute disproved disproven debunked
    """,
    "de": """
        falsch fälschlich unwahr unwahrheit unrichtig gelogen lüge irrtum mythos dementiert
        dementierte bestritten bestreitet bestritt widerlegt
    """,
    "uk": """
        неправда неправдою хибно хибне хибним неправильно брехня брехнею вигадка вигадкою міф міфом
        фейк спростовано спростував спростували заперечив заперечує заперечили
    """,
    "ru": """
        неправда неправдой ложь ложью ложно неверно ошибочно вымысел вымыслом миф мифом фейк
        опровергнуто опроверг опровергли отрицает отрицал отрицали
    """,
}
_UNTRUE = re.compile(
    r"(?:\b(?:not|nicht|не)|n'?t) (?:\w+ )?(?:true|the case|correct|right|wahr|richtig|korrekt"
    r"|der fall|правда|правдою|верно|вірно|правильно)\b|\ba lie\b"
)
# Words of the future, and those that may stand beside them in another's sentence.
_FUTURE = {
    "en": "will shall ll wont",
    "uk": "буду будеш буде будемо будете будуть",
    "ru": "буду будешь будет будем будете будут",
}
_FORTHCOMING = {
    "en": """
        would going may might plan plans planned planning expect expects expected intend intends
        intended aim aims want wants hope hopes promise promised due set scheduled upcoming
        tomorrow soon
    """,
    "de": "würde würden will wollen soll sollen plant planen morgen bald künftig",
    "uk": "має мають планує планують завтра скоро незабаром",
    "ru": "должен должны планирует планируют завтра скоро вскоре",
}
# "Won't", Ukrainian verbs that say it by their ending, and German "wird" with an infinitive; with a
# participle it is a passive of the present.
_FUTURE_FORM = re.compile(
    r"\bwon't\b|\b\w{2,}ти(?:му|меш|ме|мемо|мете|муть)(?:ся|сь)?\b"
    r"|\b(?:werde|wirst|wird|werden|werdet)\b[^,;.]* (?!ge)\w+(?:en|ern|eln|sein|tun)"
    r"\s*(?:[,;.!?]|$)"
)
# Words that often begin a sentence and claim nothing. Any other first word has a capital letter, so
# it is taken for a name.
_OPENING = (
    "according additionally afterwards again also although another because before besides both "
    "consequently despite during each even finally further furthermore hence however instead "
    "later meanwhile moreover most nevertheless one only other overall several similarly since so "
    "still therefore though thus today together under unlike until whether while yet"
)
_OPENERS = frozenset(_OPENING.split())
# Apostrophes, and Roman numerals of one character, of which NFKC would make letters.
_SAME = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\u2032\u00b4`\uff07\u201b"), "'"),
    **{code: f"{unicodedata.numeric(chr(code)):g}" for code in range(0x2160, 0x2183)},
}
# NFKC would make a blank of the first, and "31/2" of a number with a fraction.
_THIN_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u202f](?=\d{3}(?!\d))")
_FRACTION = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215f])")
# Letters of other alphabets that are Latin by name, as in phonetic script.
_LOOK_ALIKES = re.compile(r"[\u0250-\u02af\u1d00-\u1dbf\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f]")
# Strokes through a letter.
_STROKES = re.compile(r"[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20eb]")
# Scripts that stand in one word.
_TOGETHER = {
    "HIRAGANA": "CJK",
    "KATAKANA": "CJK",
    "KATAKANA-HIRAGANA": "CJK",
    "HANGUL": "CJK",
    "IDEOGRAPHIC": "CJK",
}

# "One" is left out: it is a pronoun as well. So are the forms of other languages that mean
# something else.
_CARDINALS = {
    "2": "two zwei два две двох двом двома двух двум двумя",
    "3": "three third drei три трьох трьом трьома трёх трех трём трем тремя",
    "4": "four fourth vier чотири чотирьох чотирьом четыре четырёх четырех четырем",
    "5": "five fifth fünf п'ять п'яти п'ятьох пять пяти пятью",
    "6": "six sixth sechs шість шести шістьох шесть шестью",
    "7": "seven seventh sieben сім семи сімох семь семью",
    "8": "eight eighth вісім восьми вісьмох восемь восемью",
    "9": "nine ninth neun дев'ять дев'яти девять девяти девятью",
    "10": "ten tenth zehn десять десяти десятьох десятью",
    "11": "eleven eleventh elf одинадцять одинадцяти одиннадцать одиннадцати",
    "12": "twelve twelfth zwölf дванадцять дванадцяти двенадцать двенадцати",
    "13": "thirteen thirteenth dreizehn тринадцять тринадцяти тринадцать тринадцати",
    "14": "fourteen fourteenth vierzehn чотирнадцять чотирнадцяти четырнадцать четырнадцати",
    "15": "fifteen fifteenth fünfzehn п'ятнадцять п'ятнадцяти пятнадцать пятнадцати",
    "16": "sixteen sixteenth sechzehn шістнадцять шістнадцяти шестнадцать шестнадцати",
    "17": "seventeen seventeenth siebzehn сімнадцять сімнадцяти семнадцать семнадцати",
    "18": "eighteen eighteenth achtzehn вісімнадцять вісімнадцяти восемнадцать восемнадцати",
    "19": "nineteen nineteenth neunzehn дев'ятнадцять дев'ятнадцяти девятнадцать девятнадцати",
    "20": "twenty twentieth zwanzig двадцять двадцяти двадцать двадцати",
    "30": "thirty thirtieth dreißig тридцять тридцяти тридцать тридцати",
    "40": "forty fortieth vierzig сорок сорока",
    "50": "fifty fiftieth fünfzig п'ятдесят п'ятдесяти пятьдесят пятидесяти",
    "60": "sixty sixtieth sechzig шістдесят шістдесяти шестьдесят шестидесяти",
    "70": "seventy seventieth siebzig сімдесят сімдесяти семьдесят семидесяти",
    "80": "eighty eightieth achtzig вісімдесят вісімдесяти восемьдесят восьмидесяти",
    "90": "ninety ninetieth neunzig дев'яносто девяносто",
    "hundred": "hundred hundreds hundert сто ста",
    "thousand": "thousand thousands tausend tausende тисяча тисячі тисяч тысяча тысячи тысяч",
    "million": "million millions millionen мільйон мільйона мільйонів миллион миллиона миллионов",
    "billion": "billion billions milliarde milliarden мільярд мільярдів миллиард миллиардов",
}
_DIGITS = {word: number for number, words in _CARDINALS.items() for word in words.split()}
"""Words of English, German, Ukrainian and Russian, with their number."""

# Of one letter they are initials, and "I" is a word.
_ROMAN = re.compile(r"(?=..)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def plain(text: str) -> str:
    """Return a text as claims are read in it: without letters that only look otherwise.

    Ligatures, wide letters and numerals of one character become the usual ones, what is invisible
    is dropped, and all apostrophes are one.
    """
    text = _FRACTION.sub(" ", _THIN_THOUSANDS.sub(",", text))
    folded = unicodedata.normalize("NFKC", text.translate(_SAME))
    return "".join(map(_visible, folded))


def _visible(char: str) -> str:
    """Return a character as it is read: a numeral in a black circle as digits."""
    category = unicodedata.category(char)
    if category in ("Nl", "No") and not char.isascii():
        return f"{unicodedata.numeric(char):g}"
    return "" if category == "Cf" else char


def clauses_of(sentence: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of the parts that semicolons, colons, dashes and brackets make."""
    start = 0
    for end in _CLAUSE_END.finditer(sentence):
        yield start, end.start()
        start = end.end()
    yield start, len(sentence)


def words_in(text: str) -> list[str]:
    """Return the words of letters, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def numbers_in(text: str) -> list[str]:
    """Return the numbers that are written in digits, as a word or in Roman numerals, in digits."""
    # A date is written 2025-03-05 or 5 March 2025.
    found = _NUMBER.findall(_THOUSANDS.sub("", text))
    digits = [_in_latin(one).lstrip("0") or "0" for one in found]
    words = [_DIGITS[word] for word in _NUMERAL.findall(text.lower()) if word in _DIGITS]
    romans = [str(value) for value in map(roman, _WORD.findall(text)) if value]
    return digits + words + romans


def _in_latin(number: str) -> str:
    """Return a number in the digits 0 to 9, whatever script its own are of."""
    return "".join(str(unicodedata.digit(char, char)) for char in number)


def names_in(sentence: str, language: str) -> list[str]:
    """Return the words with a capital letter, and so perhaps the first one."""
    return [
        word
        for place, word in enumerate(_WORD.findall(sentence))
        if len(word) > 1
        and word[0].isupper()
        and word.lower() not in _DIGITS
        and not roman(word)
        and (place or (word.lower() not in _OPENERS and terms(word, language)))
    ]


def name_spans(sentence: str) -> Iterator[int]:
    """Yield where a word with a capital letter begins, but for the first word."""
    small = {word for word in _WORD.findall(sentence) if word[0].islower()}
    for place, word in enumerate(_WORD.finditer(sentence)):
        if place and len(word[0]) > 1 and word[0][0].isupper() and word[0].lower() not in small:
            yield word.start()


def is_known(name: str, known: Collection[str]) -> bool:
    """Whether a name is among words, also inflected: Russia and Russian, Суджа and Суджі."""
    name = name.lower()
    return name in known or any(_akin(name, word) for word in known)


def _akin(one: str, other: str) -> bool:
    shared = max(4, min(len(one), len(other)) - 1)
    return len(one) >= shared and one[:shared] == other[:shared]


def addresses_in(text: str) -> list[str]:
    """Return the words that are written like an address or a mention."""
    return [one.strip(_AROUND) for one in _ADDRESS.findall(text)]


def is_negated(sentence: str, language: str) -> bool:
    """Whether a sentence has a word that says "not", or nearly so."""
    return _has(sentence, _NEGATIONS, language)


def is_denied(sentence: str, language: str) -> bool:
    """Whether a sentence calls something untrue."""
    return _has(sentence, _DENIALS, language) or bool(_UNTRUE.search(sentence.lower()))


def is_future(sentence: str, language: str) -> bool:
    """Whether a sentence speaks of what will be."""
    return _has(sentence, _FUTURE, language) or bool(_FUTURE_FORM.search(sentence.lower()))


def is_forthcoming(sentence: str, language: str) -> bool:
    """Whether a sentence speaks of what will, may, or is meant to be."""
    return is_future(sentence, language) or _has(sentence, _FORTHCOMING, language)


def is_reversed(sentence: str, nearest: str, language: str) -> bool:
    """Whether only one of two sentences says "not", "false", or speaks of the future."""
    return (
        is_negated(sentence, language) != is_negated(nearest, language)
        or is_denied(sentence, language) != is_denied(nearest, language)
        or (is_future(sentence, language) and not is_forthcoming(nearest, language))
        or (is_future(nearest, language) and not is_forthcoming(sentence, language))
    )


def disguised_in(sentence: str, text: str) -> list[str]:
    """Return the words that look like others: with letters of two scripts, or struck through.

    A word is one too if it is of a script that a text lacks, beside words of one that it has. What
    stands in the text is none.
    """
    scripts = set(map(_script, filter(str.isalpha, text)))
    shared = not scripts.isdisjoint(map(_script, filter(str.isalpha, sentence)))
    known = set(words_in(text))

    def is_disguised(word: str) -> bool:
        own = set(map(_script, word))
        odd = _LOOK_ALIKES.findall(word)
        return len(own) > 1 or (shared and not own <= scripts) or not set(odd) <= set(text)

    found = [one for one in _WORD.findall(sentence) if one.lower() not in known]
    return [*filter(is_disguised, found), *set(_STROKES.findall(sentence)).difference(text)]


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "?").split(" ")[0]
    return _TOGETHER.get(name, name)


def _has(sentence: str, words: dict[str, str], language: str) -> bool:
    return not set(words.get(language, "").split()).isdisjoint(words_in(sentence))


def roman(word: str) -> int | None:
    """Return the value of a Roman numeral in capitals; None if a word is none."""
    if not _ROMAN.fullmatch(word):
        return None
    values = [_VALUES[letter] for letter in word]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
