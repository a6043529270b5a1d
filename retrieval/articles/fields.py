"""Fields of Word: what one shows that keeps its text in its instruction."""

from __future__ import annotations

import re

from retrieval.articles.symbols import character, font_of_symbols

# Readings above letters, as Japanese documents had them: EQ \* jc2 \o\ad(\s\up 9(reading),letters)
_READINGS = re.compile(
    r"\s*EQ\s.{0,200}?\\o\s?(?:\\a[clrd]\s?)?\(\s?\\s\s?\\up\s?\d{0,3}\s?\([^()]{0,200}\)\s?[,;](.{0,200})\)\s*",
    re.DOTALL,
)
_SYMBOL = re.compile(r'\s*SYMBOL\s+(\d{1,5})\s.{0,100}?\\f\s+"?([^"\\]{1,40})"?.*', re.DOTALL)
MAX_INSTRUCTION = 1000
"""How long an instruction is that has text; links may be longer."""


def text_of(instruction: str) -> str:
    """Return the text in a field's instruction, nothing where its result is the text."""
    instruction = instruction[:MAX_INSTRUCTION]
    if match := _READINGS.fullmatch(instruction):
        return match[1].strip()
    if match := _SYMBOL.fullmatch(instruction):
        font = font_of_symbols(match[2])
        return character(font, int(match[1])) if font else ""
    return ""
