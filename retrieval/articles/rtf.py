"""Rich Text Format (.rtf, version 1.9.1): its text, paragraph by paragraph.

https://interoperability.blob.core.windows.net/files/Archive_References/[MSFT-RTF].pdf
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from retrieval.articles import symbols
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    declared_title,
    tags_of,
)
from retrieval.articles.rtf_body import ENDS, Body, Fonts, whole
from retrieval.articles.text import UnreadableArticle

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
    "doccomm docvar falt ffdeftext ffname filetbl fldtype fontemb fontfile footer footerf "
    "footerl footerr formfield ftncn ftnsep ftnsepc generator header headerf headerl headerr "
    "hlinkbase latentstyles levelnumbers leveltext list listlevel listname listoverride "
    "NeXTGraphic listoverridetable listpicture liststylename listtable manager mmathPict nextfile "
    "nonesttables nonshppict objalias objclass objdata objname operator picprop pict pn pntxta "
    "pntxtb printim private revtbl revtim rsidtbl rxe shppict shprslt subject tc "
    "template themedata txe userprops xe xmlnstbl"
)
_UNREAD = frozenset(_UNREAD_NAMES.split())
_ITEMS = frozenset({"listtext", "pntext"})
_INSTRUCTION = "fldinst"
_PROPERTY, _VALUE = "sn", "sv"  # of a drawing
_WORD_ART = "gtextUNICODE"
_TOLD = frozenset({"title", "author", "keywords"})
_KEPT = _ITEMS | _TOLD | {_INSTRUCTION, _PROPERTY, _VALUE}
_FONTS, _NOTE, _CREATED, _STYLES = "fonttbl", "footnote", "creatim", "stylesheet"
# A drawing, and the text in it; a text in the code page and again in Unicode; a formula.
_SHAPES = frozenset({"shpinst", "do"})
_BOX = "shptxt"
_BOXES = frozenset({_BOX, "dptxbxtext"})
_TWICE, _UNICODE = "upr", "ud"
_FORMULA_SIGNS = {"mden": "/", "msup": "^", "msub": "_", "mrad": "√"}
_FORMULA_PROPERTIES = re.compile("m[A-Za-z]+Pr")
# What is marked by "\\*" and is no destination: formulas, and styles as OpenOffice marks them.
_TRANSPARENT = frozenset({"moMath", "moMathPara", "cs", "ds", "s", "ts"})
_READ = _KEPT | _SHAPES | {_FONTS, _NOTE, _CREATED, _STYLES, _TWICE, "info"}
_DROPPED = frozenset({None, "info", _CREATED, _TWICE, *_SHAPES})
_CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ",
    "enspace": " ", "qmspace": " ", "zwj": "\u200d", "zwnj": "\u200c", "zwbo": "",
    "~": "\xa0", "_": "\u2011", "-": "", "{": "{", "}": "}", "\\": "\\", "\t": "\t",
}  # fmt: skip
_CELL_ENDS = frozenset({"cell", "nestcell", "row"})
_SWITCHES = {
    "v": "hidden", "deleted": "hidden", "super": "raised", "dropcapli": "drop_cap",
    "intbl": "in_table", "itap": "in_table", "nosupersub": "raised", "sub": "raised",
    "outlinelevel": "heading",
}  # fmt: skip
_STYLE_WORDS = frozenset({"cs", "ds", "s", "ts"})
_MAX_SKIPPED = 10
_MAX_STYLE_NAME = 40
# Styles of lists that are made from the text.
_MADE = re.compile(r"(?:toc|contents|index) \d|table of (?:figures|authorities)", re.IGNORECASE)
_HEADING = re.compile(r"heading \d|title|subtitle", re.IGNORECASE)
_LEVELS = range(9)
_WHEN = ("yr", "mo", "dy")


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
        style: Number of the paragraph's style.
        codec: Codec of bytes above 127, or a font of symbols; None is the document's codec.
        skipped: Characters behind a \u, which stand for it where it is not known.
        hidden: Text is hidden, or was deleted with the changes tracked.
        raised: Text is superscript.
        heading: The paragraph has a level in the outline.
        drop_cap: The paragraph is the large first letter of the next.
    """

    target: str | None = ""
    outside: str | None = ""
    codec: str | None = None
    skipped: int = 1
    style: int | None = 0
    in_table: bool = False
    hidden: bool = False
    raised: bool = False
    drop_cap: bool = False
    heading: bool = False


class _Document:
    """A document while it is read.

    Attributes:
        kept: Texts by their destination: the title, say, or the mark of a list item.
    """

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {name: [] for name in _KEPT}
        self._body = Body()
        self._state = _State()
        self._groups: list[_State] = []
        self._fonts = Fonts()
        self._bytes = bytearray()
        self._skip = 0
        self._first = False  # of its group
        self._optional = False  # behind a "\\*" that is the first of its group
        self._style_names: dict[int | None, str] = {}
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
        notes = whole("".join(self._notes)).split("\n\n")
        return "\n\n".join([self._body.text(), *map(str.strip, notes)])

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
            self._write(self._fonts.decode(self._bytes, self._state.codec))
            self._bytes.clear()

    def _write(self, text: str) -> None:
        target = self._state.target
        if target == "":
            if not self._state.hidden:
                self._body.write(text, raised=self._state.raised)
        elif target == _NOTE:
            self._notes.append(text)
        elif target == _BOX:
            self._box.append(text)
        elif target == _FONTS:
            self._fonts.add_to_name(text)
        elif target == _STYLES:
            name = self._style_names.get(self._state.style, "") + text
            self._style_names[self._state.style] = name[:_MAX_STYLE_NAME]
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
            if ended != self._state.target:
                self._end_group(ended)
        return bool(self._groups)

    def _end_group(self, ended: str | None) -> None:
        """Write what was kept until its group's end."""
        if ended == _NOTE:
            self._notes.append("\n\n")
        elif ended == _BOX:
            self._body.add_box(whole("".join(self._box)))
            self._box.clear()
        elif ended in _ITEMS:
            item = self._taken(ended)
            # Whatever sign it is in whatever font, unless it is a number.
            number = item.endswith((".", ")")) or any(map(str.isdigit, item))
            self._write("" if not item else f"{item} " if number else "• ")
        elif ended == _INSTRUCTION:
            self._write(symbols.field_text(self._taken(_INSTRUCTION)))
        elif ended == _VALUE:
            value = self._taken(_VALUE)
            if self._taken(_PROPERTY) == _WORD_ART:
                self._body.add_box(whole(value))

    def _taken(self, target: str) -> str:
        """Return the text that went to a target, which is empty then."""
        text = "".join(self.kept[target]).strip()
        self.kept[target].clear()
        return text

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
            self._fonts.describe(name, number)
        elif name in _WHEN and state.target == _CREATED:
            self._created[name] = number or 0
        elif name in ENDS or name in _CELL_ENDS:
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
            if name in _TOLD:  # again, in Unicode say
                self.kept[name].clear()
            self._state = replace(state, target=name, outside=state.target)
        elif unread or (optional and name not in _TRANSPARENT):
            self._state = replace(state, target=None)
        else:
            return False
        return True

    def _end(self, name: str) -> None:
        state = self._state
        if state.target == "":
            style = self._style_names.get(state.style, "").lstrip()
            if _MADE.match(style):
                self._body.drop()
            self._body.end(
                name,
                in_table=state.in_table,
                drop_cap=state.drop_cap,
                heading=state.heading or _HEADING.match(style) is not None,
                caption=style.lower().startswith("caption"),
            )
        elif state.target == _NOTE:
            self._notes.append("\n\n")
        elif state.target == _BOX:
            self._box.append("\n\n")

    def _format(self, name: str, number: int | None) -> None:
        state = self._state
        if name in _SWITCHES:
            change: dict[str, Any] = {_SWITCHES[name]: _is_on(name, number)}
            self._state = replace(state, **change)
        elif name == "f":
            self._state = replace(state, codec=self._fonts.codec_of(number or 0))
        elif name == "plain":
            codec = self._fonts.codec_of(self._fonts.default)
            self._state = replace(state, codec=codec, hidden=False, raised=False)
        elif name == "uc":
            self._state = replace(state, skipped=max(0, min(number or 0, _MAX_SKIPPED)))
        elif name == "pard":
            self._state = replace(state, style=0, in_table=False, drop_cap=False, heading=False)
        elif name in _STYLE_WORDS and (name == "s" or state.target == _STYLES):
            self._state = replace(state, style=number if name == "s" else None)
        elif name == "deff":
            self._fonts.default = number or 0
        elif not (state.target == "" and self._body.define(name, number)):
            self._fonts.set_code_page(name, number)


def _is_on(name: str, number: int | None) -> bool:
    """Return whether a switch is on; of the levels of an outline, the tenth is none."""
    if name == "outlinelevel":
        return number in _LEVELS
    return number != 0 and name not in {"nosupersub", "sub"}
