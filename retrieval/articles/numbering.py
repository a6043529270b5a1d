"""Numbers of lists, written as documents write them: 3, c, III."""

from __future__ import annotations

_ROMAN = {
    1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x",
    9: "ix", 5: "v", 4: "iv", 1: "i",
}  # fmt: skip
_MAX_ROMAN = 3999
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
_ALPHABETS = {
    "lowerLetter": _LATIN,
    "upperLetter": _LATIN.upper(),
    "russianLower": _RUSSIAN,
    "russianUpper": _RUSSIAN.upper(),
    "a": _LATIN,
    "A": _LATIN.upper(),
}
_ROMANS = {"lowerRoman": str.lower, "i": str.lower, "upperRoman": str.upper, "I": str.upper}


def numeral(kind: str, number: int) -> str:
    """Write a number in the way that Word or OpenDocument names; as digits in any other."""
    if kind in _ALPHABETS and 0 < number <= len(_ALPHABETS[kind]):
        return _ALPHABETS[kind][number - 1]
    if kind in _ROMANS and 0 < number <= _MAX_ROMAN:
        return _ROMANS[kind](_roman(number))
    if kind in {"none", ""}:
        return ""
    if kind == "decimalZero":
        return f"{number:02}"
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN.items():
        written += letters * (number // value)
        number %= value
    return written
