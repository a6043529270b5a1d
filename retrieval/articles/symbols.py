"""What a document shows in another way than it is written.

An "a" of the font Symbol is an alpha, a raised 6 is ⁶, a field of Word may keep its text in its
instruction, and the third item of a list is 3, c or III.
"""

from __future__ import annotations

import re

_PRIVATE = 0xF000  # where Word puts the characters of such a font
_LETTERS = re.compile("[\uf020-\uf0ff]")
# From 0x21 on and from 0xA0 on, https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt
_SYMBOL = {
    0x21: "!∀#∃%&∍()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾"
    "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
    "⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪•〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
# Of the ornaments, what says something.
_WINGDINGS = {
    0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0xA8: "☐", 0xDF: "←", 0xE0: "→", 0xE1: "↑",
    0xE2: "↓", 0xE7: "⇐", 0xE8: "⇒", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑", 0x20: " ",
}  # fmt: skip
_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_EXPONENT = re.compile(r"[+−-]?[0-9]{1,3}")
_UNKNOWN = "•"
_FONTS: dict[str, dict[int, str]] = {
    "symbol": {
        first + number: character
        for first, characters in _SYMBOL.items()
        for number, character in enumerate(characters)
    }
    | {0x20: " "},
    "wingdings": _WINGDINGS,
    "wingdings 2": {0x20: " ", 0x4F: "✗", 0x50: "✓", 0x52: "☑", 0x54: "☒"},
    "wingdings 3": {0x20: " ", 0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓"},
    "webdings": {0x20: " ", 0x61: "✓", 0x72: "✗"},
    "zapfdingbats": {0x20: " ", 0x33: "✓", 0x34: "✔", 0x37: "✗", 0x38: "✘"},
}

# Readings above letters, as Japanese documents had them: EQ \* jc2 \o\ad(\s\up 9(reading),letters)
_READINGS = re.compile(
    r"\s*EQ\s.{0,200}?\\o\s?(?:\\a[clrd]\s?)?\(\s?\\s\s?\\up\s?\d{0,3}\s?\([^()]{0,200}\)\s?[,;](.{0,200})\)\s*",
    re.DOTALL,
)
_SYMBOL_FIELD = re.compile(r'\s*SYMBOL\s+(\d{1,5})\s.{0,100}?\\f\s+"?([^"\\]{1,40})"?.*', re.DOTALL)
MAX_INSTRUCTION = 1000
"""How long an instruction is that has text; links may be longer."""

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


def font_of_symbols(name: str) -> str | None:
    """Return the name under which a font of symbols is known here, None for any other."""
    key = name.strip(" ;'\"").lower()
    return key if key in _FONTS else None


def character(font: str, code: int) -> str:
    """Return what a font of symbols draws for a code, a bullet if that is not known."""
    code = code - _PRIVATE if code >= _PRIVATE else code
    return _FONTS[font].get(code, _UNKNOWN)


def drawn(text: str, font: str) -> str:
    """Return a text in a font of symbols with its private characters as they are drawn."""
    return _LETTERS.sub(lambda letter: character(font, ord(letter[0])), text)


def raised(text: str, before: str) -> str:
    """Return raised text; digits behind a digit are raised ones, for 10 and 6 are no 106."""
    exponent = before[-1:].isdigit() and _EXPONENT.fullmatch(text)
    return text.translate(_RAISED) if exponent else text


def field_text(instruction: str) -> str:
    """Return the text in a field's instruction, nothing where its result is the text."""
    instruction = instruction[:MAX_INSTRUCTION]
    if match := _READINGS.fullmatch(instruction):
        return match[1].strip()
    if match := _SYMBOL_FIELD.fullmatch(instruction):
        font = font_of_symbols(match[2])
        return character(font, int(match[1])) if font else ""
    return ""


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
