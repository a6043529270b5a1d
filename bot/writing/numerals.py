"""Numerals: numbers that are written as a word or in Roman numerals."""

from __future__ import annotations

import re

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
CARDINALS = {word: number for number, words in _CARDINALS.items() for word in words.split()}
"""Words of English, German, Ukrainian and Russian, with their number."""

# Of one letter they are initials, and "I" is a word.
_ROMAN = re.compile(r"(?=..)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman(word: str) -> int | None:
    """Return the value of a Roman numeral in capitals; None if a word is none."""
    if not _ROMAN.fullmatch(word):
        return None
    values = [_VALUES[letter] for letter in word]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))
