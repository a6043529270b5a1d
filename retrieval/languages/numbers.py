"""Numbers and codes as people write them, brought to one form: 12,500, 12 500, F-16, U.S.

A number stays one word, whatever stands between its digits: "12,500" is neither 12 nor 500.
"""

from __future__ import annotations

import re

POINT = "ꓸ"
"""What stands for the decimal point: a letter to whoever cuts a text into words."""

_BLANKS = " \u00a0\u2007\u2009\u202f"
# Each expression begins with a character that is rare in text, and then looks at what is before it:
# so a search passes over a page in no time.
# Thousands, perhaps with cents behind another mark: 12,500 12.500 12 500 12'500 1.234,56. More
# digits on either side belong to a date, a version, a list.
_THOUSANDS = re.compile(
    rf"[1-9](?<![\w+].)(?<!\d[.,'{_BLANKS}].)"
    rf"\d{{0,2}}(?P<mark>[.,'{_BLANKS}])\d{{3}}(?:(?P=mark)\d{{3}})*"
    r"(?P<cents>[.,]\d{1,2})?(?!\d|(?P=mark)\d|[.,]\d)"
)
_DECIMAL = re.compile(r"\d(?<!\w.)(?<!\d[.,].)\d{0,8}([.,])(?:\d{1,2}|(?<=0[.,])\d+)(?![.,]?\d)")
# What may be a telephone number: digits with single marks between them.
_GROUPS = re.compile(
    r"[+(\d](?<![\w.,/-].)(?:(?<=\+)\d|(?<=\()\+?\d|(?<=[08])|(?<=\d)(?=\d\d-\d\d))"
    rf"(?:(?: / |[{_BLANKS}/-])?\(?\d|\)[{_BLANKS}-]?\d){{6,17}}(?![\w/-])"
)
_DOTTED_GROUPS = re.compile(r"[+0](?<![\w.,].)\d{1,5}(?:\.\d{2,4}){2,5}(?!\.?\w)")
_DATE = re.compile(r"\d\d([/.-])\d\d\1\d{4}|\d{4}-\d\d-\d\d|\d{3,4}-\d{4}$")
# With the code of a country or without, with the zero before that of a town or without.
_PHONE = re.compile(r"\d(?<!\w.)(?:(?<=0)\d{7,14}|\d{9,14})(?!\w)")
_PHONE_DIGITS, _MOST_DIGITS = 7, 15
_NOT_DIGITS = re.compile(r"\D")
# 1st, 5-й, 80-х.
_ORDINAL = re.compile(
    r"(\d)-?(?:st|nd|rd|th|(?:[йяехмаї]|го|му|ми|ти|та|те|ту|ша|ше|га|ге))(?!\w)", re.IGNORECASE
)
# F-16s is the F16, COVID-19 COVID and 19: two letters alone say little, and longer ones are asked
# for without their number.
_CODE = re.compile(r"(?<![\w-])([^\W\d_]{1,2})[-‐‑–]?(\d{1,4})(?:['’]?s)?(?![\w-])")
_BEHIND_LETTERS = re.compile(rf"\d(?<=[^\W\d_{POINT}]{{3}}.)")
_BEFORE_LETTERS = re.compile(rf"(\d)(?=[^\W\d_{POINT}])")
# U.S., U. S., e.g.
_HAS_DOTTED = re.compile(r"\.(?:[^\W\d_](?!\w)| [A-ZА-ЯІЇЄҐ]\.)")
_DOTTED = re.compile(
    r"(?<![\w.])[^\W\d_](?:\.[^\W\d_](?![^\W_])|\. [A-ZА-ЯІЇЄҐ](?=\.))+(?:\.(?!\w))?"
)
_NOT_LETTERS = re.compile(r"[. ]")
_ELECTRONIC = re.compile(r"[-‐‑](?<=(?<![\w-])[eE].)(?=[^\W\d_]{3})")
_USA = re.compile(r"[uU](?<!\w.)[sS][aA](?!\w)")


def one_form(text: str) -> str:
    """Return a text with its numbers, codes and abbreviations in one form each.

    It is read for its words alone: the same text again is left as it is.
    """
    if any(map(str.isdigit, text)):
        text = _DOTTED_GROUPS.sub(_phone, _GROUPS.sub(_phone, text))
        text = _THOUSANDS.sub(_number, text)
        text = _DECIMAL.sub(lambda match: match[0].replace(match[1], POINT), text)
        text = _PHONE.sub(lambda match: match[0][-_PHONE_DIGITS:], text)
        text = _ORDINAL.sub(r"\1", text)
        text = _CODE.sub(r"\1\2", text)
        text = _BEHIND_LETTERS.sub(r" \g<0>", text)
        text = _BEFORE_LETTERS.sub(r"\1 ", text)
    if _HAS_DOTTED.search(text):
        text = _DOTTED.sub(lambda match: _NOT_LETTERS.sub("", match[0]), text)
    return _USA.sub("US", _ELECTRONIC.sub("", text))


def _number(match: re.Match[str]) -> str:
    cents = match["cents"] or ""
    whole = _NOT_DIGITS.sub("", match[0].removesuffix(cents))
    return f"{whole}{POINT}{cents[1:]}" if cents else whole


def _phone(match: re.Match[str]) -> str:
    digits = _NOT_DIGITS.sub("", match[0])
    if _DATE.match(match[0]) or not _PHONE_DIGITS <= len(digits) <= _MOST_DIGITS:
        return match[0]
    return digits[-_PHONE_DIGITS:]
