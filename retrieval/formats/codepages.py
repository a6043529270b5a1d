"""Code pages: the encodings of Rich Text Format, by the names and numbers that it has for them."""

from __future__ import annotations

import codecs

ANSI = "cp1252"
_CODE_PAGE_NAMES = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 10007: "mac_cyrillic"}
CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Of a font's \fcharset; those that are missing are the document's own.
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 78: "shift_jis", 79: "big5", 80: "euc_kr",
    81: "mac_arabic", 83: "mac_greek", 85: "mac_turkish", 88: "mac_latin2", 89: "mac_cyrillic",
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


def code_page(number: int | None) -> str | None:
    """Return the name of a code page, None if it is not known."""
    name = _CODE_PAGE_NAMES.get(number or 0, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
