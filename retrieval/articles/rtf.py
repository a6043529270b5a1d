"""Rich Text Format (.rtf, version 1.9.1): its text, paragraph by paragraph.

https://interoperability.blob.core.windows.net/files/Archive_References/[MSFT-RTF].pdf
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass, replace

from retrieval.articles import symbols
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    declared_title,
    tags_of,
)
from retrieval.articles.text import Blocks, UnreadableArticle

MAX_DEPTH = 10_000
"""How deep groups may be nested."""

_TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?[0-9]{1,10})? ?|'([0-9A-Fa-f]{2})|([^A-Za-z]))|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)|\\"
)
_START = re.compile(rb"\s*\{\\rtf")
# Destinations whose text is none of the document's; an unknown one is marked by "\*".
_UNREAD_NAMES = (
    "annotation atnauthor atndate atnid atnref atntime atrfend atrfstart background blipuid "
    "bkmkend bkmkstart category colortbl comment company datafield datastore defchp defpap "
    "doccomm docvar falt ffdeftext ffname filetbl fldinst fldtype fontemb fontfile footer footerf "
    "footerl footerr formfield ftncn ftnsep ftnsepc generator header headerf headerl headerr "
    "hlinkbase latentstyles levelnumbers leveltext list listlevel listname listoverride "
    "listoverridetable listpicture liststylename listtable manager mmathPict nextfile "
    "nonesttables nonshppict objalias objclass objdata objname operator picprop pict pn pntxta "
    "pntxtb printim private revtbl revtim rsidtbl rxe shppict shprslt stylesheet subject tc "
    "template themedata txe userprops xe xmlnstbl"
)
_UNREAD = frozenset(_UNREAD_NAMES.split())
_ITEMS = frozenset({"listtext", "pntext"})
_KEPT = _ITEMS | {"title", "author", "keywords"}
_FONTS, _NOTE, _CREATED = "fonttbl", "footnote", "creatim"
# A drawing, and the text in it; a text in the code page and again in Unicode; a formula.
_SHAPES = frozenset({"shpinst", "do"})
_BOX = "shptxt"
_BOXES = frozenset({_BOX, "dptxbxtext"})
_TWICE, _UNICODE = "upr", "ud"
_FORMULA_SIGNS = {"mden": "/", "msup": "^", "msub": "_", "mrad": "√"}
_FORMULA_PROPERTIES = re.compile("m[A-Za-z]+Pr")
# What is marked by "\\*" and is no destination: formulas, and styles as OpenOffice marks them.
_TRANSPARENT = frozenset({"moMath", "moMathPara", "cs", "ds", "s", "ts"})
_READ = _KEPT | _SHAPES | {_FONTS, _NOTE, _CREATED, _TWICE, "info"}
_DROPPED = frozenset({None, "info", _CREATED, _TWICE, *_SHAPES})
_CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ",
    "enspace": " ", "qmspace": " ", "zwj": "\u200d", "zwnj": "\u200c", "zwbo": "",
    "~": "\xa0", "_": "\u2011", "-": "", "{": "{", "}": "}", "\\": "\\", "\t": "\t",
}  # fmt: skip
_ENDS = frozenset({"par", "sect", "page", "column", "\n", "\r"})
_CELL_ENDS = frozenset({"cell", "nestcell", "row"})
_SURROGATES = re.compile("[\ud800-\udfff]")
_MAX_SKIPPED = 10
_MAX_FONT_NAME = 40
_WHEN = ("yr", "mo", "dy")
ANSI = "cp1252"
_CODE_PAGE_NAMES = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 10007: "mac_cyrillic"}
CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Codecs by a font's \fcharset; one that is missing has the document's own.
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 78: "shift_jis", 79: "big5", 80: "euc_kr",
    81: "mac_arabic", 83: "mac_greek", 85: "mac_turkish", 88: "mac_latin2", 89: "mac_cyrillic",
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document: paragraphs, lists and tables, and its notes at the end.

    Raises:
        UnreadableArticle: It does not begin as RTF does.
        RecursionError: Its groups are nested too deeply.
    """
    if not _START.match(data):
        raise UnreadableArticle("not in Rich Text Format")
    document = _Document()
    document.read(data)
    kept = {name: "".join(texts).strip() for name, texts in document.kept.items()}
    metadata = Metadata(
        title=declared_title(kept["title"]),
        date=document.date(),
        author=kept["author"] or None,
        tags=tags_of(re.split("[,;]", kept["keywords"])),
    )
    return [RawArticle(metadata, document.text())]


@dataclass(frozen=True, slots=True)
class _State:
    r"""What a group inherits and its end takes back.

    Attributes:
        target: Where text goes: "" is the document, and None nowhere.
        outside: Where it went before.
        codec: Codec of bytes above 127, or a font of symbols; None is the document's codec.
        skipped: Characters behind a \u, which stand for it where it is not known.
        hidden: Text is hidden, or was deleted with the changes tracked.
        drop_cap: The paragraph is the large first letter of the next.
    """

    target: str | None = ""
    outside: str | None = ""
    codec: str | None = None
    skipped: int = 1
    in_table: bool = False
    hidden: bool = False
    drop_cap: bool = False


class _Document:
    """A document while it is read.

    Attributes:
        kept: Texts by their destination: the title, say, or the mark of a list item.
    """

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {name: [] for name in _KEPT}
        self._body = _Body()
        self._state = _State()
        self._groups: list[_State] = []
        self._codec = ANSI
        self._fonts: dict[int, str | None] = {}
        self._font_names: dict[int, str] = {}
        self._font = 0  # the one that the font table describes
        self._default_font = 0
        self._bytes = bytearray()
        self._skip = 0
        self._first = False  # of its group
        self._optional = False  # behind a "\\*" that is the first of its group
        self._notes: list[str] = []
        self._box: list[str] = []
        self._created: dict[str, int] = {}

    def read(self, data: bytes) -> None:
        """Read the whole file."""
        at = 0
        while match := _TOKEN.match(data, at):
            at = match.end()
            word, number, code, symbol, brace, text = match.groups()
            if text is not None:
                self._add(text)
            elif code is not None:
                self._add(bytes.fromhex(code.decode()))
            elif brace is not None:
                self._flush()
                if not self._brace(brace):
                    break
                self._first = brace == b"{"
                continue
            elif word == b"bin":
                at += max(0, int(number or 0))
            elif word is not None or symbol is not None:
                self._flush()
                name = (word or symbol).decode("latin-1")
                self._control(name, None if number is None else int(number))
            else:
                continue  # a line's end, which means nothing
            self._first = False
        self._flush()

    def text(self) -> str:
        """Return the text, its notes at the end."""
        return "\n\n".join([self._body.text(), _whole("".join(self._notes))])

    def date(self) -> dt.date | None:
        """Return the day of its creation, None if that is not known."""
        with suppress(ValueError, OverflowError):
            return dt.date(*(self._created.get(name, 0) for name in _WHEN))
        return None

    def _add(self, data: bytes) -> None:
        """Take bytes of text; those of one letter may come apart."""
        if self._skip:
            skip, self._skip = self._skip, max(0, self._skip - len(data))
            data = data[skip:]
        if self._state.target not in _DROPPED:
            self._bytes += data

    def _flush(self) -> None:
        self._skip = 0
        if self._bytes:
            codec = self._state.codec or self._codec
            if symbols.font_of_symbols(codec):
                text = "".join(symbols.character(codec, byte) for byte in self._bytes)
            else:
                text = self._bytes.decode(codec, errors="replace")
            self._write(text)
            self._bytes.clear()

    def _write(self, text: str) -> None:
        target = self._state.target
        if target == "":
            if not self._state.hidden:
                self._body.write(text)
        elif target == _NOTE:
            self._notes.append(text)
        elif target == _BOX:
            self._box.append(text)
        elif target == _FONTS:
            name = self._font_names.get(self._font, "") + text
            self._font_names[self._font] = name[:_MAX_FONT_NAME]
        elif target in self.kept:
            self.kept[target].append(text)

    def _brace(self, brace: bytes) -> bool:
        """Begin or end a group; return whether the document goes on."""
        self._optional = False
        if brace == b"{":
            if len(self._groups) == MAX_DEPTH:
                raise RecursionError("groups are nested too deeply")
            self._groups.append(self._state)
        elif self._groups:
            ended, self._state = self._state.target, self._groups.pop()
            if ended == _BOX and self._state.target != _BOX:
                self._body.add_box(_whole("".join(self._box)))
                self._box.clear()
            if ended in _ITEMS and self._state.target == "":
                item = "".join(self.kept[ended]).strip()
                self.kept[ended].clear()
                # Whatever sign it is in whatever font, unless it is a number.
                self._body.write("" if not item else f"{item} " if item[-1] in ".)" else "• ")
        return bool(self._groups)

    def _control(self, name: str, number: int | None) -> None:
        optional, self._optional = self._optional, name == "*" and self._first
        state = self._state
        if state.target is None:
            return
        if self._redirect(name, optional=optional):
            return
        if name in _FORMULA_SIGNS:
            self._write(_FORMULA_SIGNS[name])
        elif name == "u" and number is not None:
            text = chr(number & 0xFFFF)
            font = symbols.font_of_symbols(state.codec or "")
            self._write(symbols.drawn(text, font) if font else text)
            self._skip = state.skipped
        elif name in _CHARACTERS:
            self._write(_CHARACTERS[name])
        elif state.target == _FONTS:
            self._describe_font(name, number)
        elif name in _WHEN and state.target == _CREATED:
            self._created[name] = number or 0
        elif name in _ENDS or name in _CELL_ENDS:
            self._end(name)
        else:
            self._format(name, number)

    def _redirect(self, name: str, *, optional: bool) -> bool:
        """Let text go elsewhere up to the group's end; return whether the word says so."""
        state = self._state
        unread = name in _UNREAD or _FORMULA_PROPERTIES.fullmatch(name)
        if name == _UNICODE and state.target == _TWICE:
            self._state = replace(state, target=state.outside)
        elif name in _BOXES:
            self._state = replace(state, target=_BOX)
        elif name in _READ:
            self._state = replace(state, target=name, outside=state.target)
        elif unread or (optional and name not in _TRANSPARENT):
            self._state = replace(state, target=None)
        else:
            return False
        return True

    def _end(self, name: str) -> None:
        state = self._state
        if state.target == "":
            self._body.end(name, in_table=state.in_table, drop_cap=state.drop_cap)
        elif state.target == _NOTE:
            self._notes.append("\n\n")
        elif state.target == _BOX:
            self._box.append("\n\n")

    def _describe_font(self, name: str, number: int | None) -> None:
        if name == "f":
            self._font = number or 0
        elif name == "fcharset":
            self._fonts[self._font] = CHARSETS.get(number or 0)
        elif name == "cpg":
            self._fonts[self._font] = code_page(number)

    def _codec_of(self, font: int) -> str | None:
        return symbols.font_of_symbols(self._font_names.get(font, "")) or self._fonts.get(font)

    def _format(self, name: str, number: int | None) -> None:
        state = self._state
        on = number != 0
        if name == "f":
            self._state = replace(state, codec=self._codec_of(number or 0))
        elif name == "plain":
            self._state = replace(state, codec=self._codec_of(self._default_font), hidden=False)
        elif name == "uc":
            self._state = replace(state, skipped=max(0, min(number or 0, _MAX_SKIPPED)))
        elif name in {"v", "deleted"}:
            self._state = replace(state, hidden=on)
        elif name == "pard":
            self._state = replace(state, in_table=False, drop_cap=False)
        elif name == "dropcapli":
            self._state = replace(state, drop_cap=on)
        elif name in {"intbl", "itap"}:
            self._state = replace(state, in_table=on)
        else:
            self._set_default(name, number)

    def _set_default(self, name: str, number: int | None) -> None:
        if name == "ansicpg":
            self._codec = code_page(number) or ANSI
        elif name in CODE_PAGES:
            self._codec = CODE_PAGES[name]
        elif name == "deff":
            self._default_font = number or 0


class _Body:
    """The paragraphs and rows of a document while it is read."""

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._paragraph: list[str] = []
        self._cell: list[str] = []
        self._row: list[list[str]] = []

    def write(self, text: str) -> None:
        self._paragraph.append(text)

    def add_box(self, text: str) -> None:
        """Add the paragraphs of a text box, before the one that it stands in."""
        if self._row or self._cell:
            self._cell.append(text)
        else:
            self._blocks.add(text)

    def end(self, name: str, *, in_table: bool, drop_cap: bool = False) -> None:
        """End a paragraph, a cell or a row."""
        if drop_cap and name == "par":
            return
        paragraph = _whole("".join(self._paragraph))
        self._paragraph.clear()
        if not in_table and name in _ENDS:
            self._end_row()
            self._blocks.add(paragraph)
            return
        self._cell.append(paragraph)
        if name == "cell":
            self._row.append(self._cell)
            self._cell = []
        elif name == "row":
            self._end_row()

    def text(self) -> str:
        self.end("par", in_table=False)
        return self._blocks.text()

    def _end_row(self) -> None:
        self._blocks.start_row()
        for cell in self._row:
            self._blocks.start_cell()
            for paragraph in cell:
                self._blocks.add(paragraph)
            self._blocks.end_cell()
        self._blocks.end_row()
        for paragraph in self._cell:  # behind the last cell
            self._blocks.add(paragraph)
        self._row, self._cell = [], []


def _whole(text: str) -> str:
    """Return the text with the two halves of each character that has them put together."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def code_page(number: int | None) -> str | None:
    """Return the name of a code page, None if it is not known."""
    name = _CODE_PAGE_NAMES.get(number or 0, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
