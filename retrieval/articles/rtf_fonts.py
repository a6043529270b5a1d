"""Fonts and code pages of Rich Text Format: which characters its bytes are."""

from __future__ import annotations

import codecs

from retrieval.articles import symbols

_MAX_NAME = 40
_ANSI = "cp1252"
_NUMBERED = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 10007: "mac_cyrillic"}
_CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Codecs by a font's \fcharset; one that is missing has the document's own.
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 78: "shift_jis", 79: "big5", 80: "euc_kr",
    81: "mac_arabic", 83: "mac_greek", 85: "mac_turkish", 88: "mac_latin2", 89: "mac_cyrillic",
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


class Fonts:
    """The fonts of a document, and the code page of what has none.

    Attributes:
        default: Number of the font that text has where it names none.
    """

    def __init__(self) -> None:
        self.default = 0
        self._codec = _ANSI
        self._codecs: dict[int, str | None] = {}
        self._names: dict[int, str] = {}
        self._described = 0

    def set_code_page(self, name: str, number: int | None) -> None:
        """Take the document's code page from a word such as `ansicpg` or `mac`."""
        if name == "ansicpg":
            self._codec = _code_page(number) or _ANSI
        elif name in _CODE_PAGES:
            self._codec = _CODE_PAGES[name]

    def describe(self, name: str, number: int | None) -> None:
        """Take what the table of fonts says of one in a word."""
        if name == "f":
            self._described = number or 0
        elif name == "fcharset":
            self._codecs[self._described] = _CHARSETS.get(number or 0)
        elif name == "cpg":
            self._codecs[self._described] = _code_page(number)

    def add_to_name(self, text: str) -> None:
        """Take a part of the name of the font that is being described."""
        name = self._names.get(self._described, "") + text
        self._names[self._described] = name[:_MAX_NAME]

    def codec_of(self, font: int) -> str | None:
        """Return a font's codec or, of one of symbols, its name; None is the document's codec."""
        return symbols.font_of_symbols(self._names.get(font, "")) or self._codecs.get(font)

    def decode(self, data: bytes | bytearray, codec: str | None) -> str:
        """Return the characters of bytes in a codec or in a font of symbols."""
        if codec and symbols.font_of_symbols(codec):
            return "".join(symbols.character(codec, byte) for byte in data)
        return data.decode(codec or self._codec, errors="replace")


def _code_page(number: int | None) -> str | None:
    """Return the name of a code page, None if it is not known."""
    name = _NUMBERED.get(number or 0, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
