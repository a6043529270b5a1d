"""Plain text: decoded from whatever encoding, and cleaned into what an `Article` promises."""

from __future__ import annotations

import codecs
import re
import unicodedata

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What articles were written in before UTF-8. Offered all that exist, the guess falls on rarities.
_LEGACY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
# More of Cyrillic. The few accents of a text in Latin letters would be mistaken for them; where
# more than this share of the bytes is no ASCII, its letters are others.
_LEGACY_CYRILLIC = ("koi8_u", "cp866", "cp1125", "iso8859_5", "mac_cyrillic")
_ACCENTS = 0.2
# So many of the characters may be lost of a text whose encoding nobody recognises.
_LOST = 0.05
# What codecs for text are called; Python has others, that unpack archives.
_LEGACY_FAMILIES = ("cp", "iso", "koi8", "mac", "shift", "euc", "gb", "big5")
_SAMPLE = 32 * 1024

_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# Control characters, invisible word breaks (they hide words from a search), bidirectional
# overrides (they make a text read as something else), byte order marks and lone surrogates.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# Every combining mark is in this class and no letter. To normalise a run of n marks takes n²
# steps; UAX #15 calls text stream-safe that has at most 30 in a row.
_MARKS = re.compile(r"[^\w\s\x00-\u02ff]{31,}")
_BLANK_LINES = re.compile(r"\n{3,}")


class UnreadableArticle(ValueError):
    """A file that holds no article; the message is a clause for the operator."""


WRITTEN = "is still being written"
"""The reason for not reading a file that another process writes."""


class StillWritten(UnreadableArticle):
    """A file that changed while it was read."""

    def __init__(self) -> None:
        super().__init__(WRITTEN)


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode by byte order mark, as UTF-8, as declared, or by a guess, in this order.

    Raises:
        UnreadableArticle: The bytes are no text.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return data.decode(codec, errors="replace")
    if b"\0" in data:
        raise UnreadableArticle("a binary file: NUL bytes")
    if declared and data.isascii():  # the Japanese of ISO-2022-JP is
        return data.decode(declared, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.decode(declared or _guess(data, error.start), errors="replace")


def legacy_codec(label: bytes) -> str | None:
    """Return the codec that a page or a feed declares, None for UTF-8 or one that is no such."""
    try:
        name = codecs.lookup(label.decode("ascii")).name
    except (LookupError, ValueError):
        return None
    if name == "iso8859-1":
        return "cp1252"  # as browsers do, https://encoding.spec.whatwg.org/#names-and-labels
    return name if name.startswith(_LEGACY_FAMILIES) else None


def line_ends(text: str) -> str:
    r"""Return the text with all its line ends as `\n`."""
    return _LINE_ENDS.sub("\n", text)


def printable(text: str) -> str:
    """Return the text without control characters and others that nobody sees."""
    return _UNWANTED.sub("", text)


def clean(text: str) -> str:
    """Return the text as an `Article` promises it; cleaning twice changes nothing.

    Tabs become spaces, letters are composed (NFC), lines end without blanks, and paragraphs are
    parted by one empty line.
    """
    text = printable(line_ends(text).replace("\t", " "))
    text = unicodedata.normalize("NFC", _MARKS.sub(_without_marks, text))
    # Line by line: a pattern for trailing blanks takes n² steps on a long run of spaces.
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def one_line(text: str, limit: int = 300) -> str:
    """Clean a title or a name and fold it to one line, cut at a word to `limit` characters."""
    line = " ".join(clean(text).split())
    if len(line) <= limit:
        return line
    return line[: limit + 1].rpartition(" ")[0] or line[:limit]


def _guess(data: bytes, invalid: int) -> str:
    """Name the encoding of a file whose first byte that is not UTF-8 is at `invalid`.

    Raises:
        UnreadableArticle: None is recognised, and too little of the text is UTF-8.
    """
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    if len(text) - len(text.encode("ascii", errors="ignore")) > 2 * broken:
        return "utf-8"
    from charset_normalizer import from_bytes

    # From the start of a line to the end of one: half a character would rule its encoding out.
    start = data.rfind(b"\n", max(0, invalid - _SAMPLE // 2), invalid) + 1
    if not start and invalid > _SAMPLE // 2:
        start = invalid
    sample = data[start : start + _SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    latin = sum(byte >= 0x80 for byte in sample) <= _ACCENTS * len(sample)
    names = _LEGACY if latin else _LEGACY + _LEGACY_CYRILLIC
    matches = from_bytes(sample, cp_isolation=list(names))
    best = matches.best()
    if best is None:
        if broken > _LOST * len(text):
            raise UnreadableArticle("text in an encoding that is not recognised: save it as UTF-8")
        return "utf-8"
    # A few accents do not tell the Latin, Greek and Cyrillic code pages apart: the commonest wins.
    equal = {
        name
        for match in matches
        if (match.chaos, match.coherence) == (best.chaos, best.coherence)
        for name in match.could_be_from_charset
    }
    return "cp1252" if "cp1252" in equal else best.encoding


def _without_marks(run: re.Match[str]) -> str:
    return "".join(char for char in run[0] if not unicodedata.category(char).startswith("M"))
