"""Text for drawings: made harmless, kept to a readable width, and plain for pipes.

A drawing is one renderable of rich. A terminal gets it wrapped, coloured and laid out; a pipe gets
the same words as whole lines. A drawing with another layout for pipes asks `options.is_terminal`.

Titles, paths, addresses and text of articles are never markup: they pass through `visible`, so that
they cannot steer the terminal, and stand in `Text` objects, which rich does not parse.
"""

from __future__ import annotations

import io
import json
import os
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

# What draws imports it where it is used: who prints JSON draws nothing.
if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.style import Style
    from rich.text import Text

# This is #0087d7. Its contrast is 3.9 to 1 on white and 4.3 to 1 on #1e1e1e.
ACCENT = "color(32)"
# Longer lines are hard to read.
_READABLE = 96
# The width of a pipe, in columns: no line is as long.
_ENDLESS = 10**9

# C0 and DEL have pictures; C1 and lone surrogates have none. Characters that hide or reorder text
# are dropped, but for U+200C and U+200D, with which Persian, Indic scripts and emoji are written.
_VISIBLE: dict[int, str | None] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], "\ufffd"),
    **dict.fromkeys([0x2028, 0x2029], "\u2424"),
    **dict.fromkeys([0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF], None),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2060, 0x2070)], None),
    **dict.fromkeys([*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE1000)], None),
}


_LINK = re.compile(r"https?://[!-~]+")
# These print the sequences of links instead of leaving out what they do not know.
_NO_LINKS = ("linux", "eterm-color")
_STRONG = frozenset({"L", "R", "AL"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATE, _RIGHT_TO_LEFT_ISOLATE, _END = "\u2068", "\u2067", "\u2069"


def visible(text: str) -> str:
    """Return a text on one line that cannot steer a terminal.

    Control characters, line breaks and tabs included, become pictures of themselves; characters
    that hide or reorder others are dropped.
    """
    return text.translate(_VISIBLE)


def one_line(text: str) -> str:
    """Return a text on one line: of all white space within it, a blank is left."""
    return " ".join(text.split())


def shortened(text: str, chars: int) -> str:
    """Return a text on one line, cut to so many characters."""
    line = one_line(text)
    return line if len(line) <= chars else f"{line[: chars - 1].rstrip()}…"


def apart(text: str) -> str:
    """Return a text for a line beside others: visible, and isolated if it runs from right to left.

    Else its end would trade places with a date or number behind it where a terminal, or a program
    that shows what was piped, knows of directions; the marks have no width.
    """
    if _RIGHT_TO_LEFT.isdisjoint(map(unicodedata.bidirectional, text)):
        return visible(text)
    return f"{_ISOLATE}{visible(text)}{_END}"


def runs_from_right(text: str) -> bool:
    """Whether a text's first letter is of a script that runs from right to left."""
    directions = map(unicodedata.bidirectional, text)
    return next((one for one in directions if one in _STRONG), "L") != "L"


def line_from_right(line: Text) -> Text:
    """Return a line so marked that it runs from right to left, whatever it begins with."""
    from rich.text import Text

    return Text.assemble(_RIGHT_TO_LEFT_ISOLATE, line, _END)


def link_to(url: str | None) -> Style:
    """Return a style that makes text a link, where the terminal takes links.

    Only addresses of printable ASCII are linked, so that none ends the sequence that names it.
    """
    from rich.style import Style

    linked = url and _LINK.fullmatch(url) and os.environ.get("TERM") not in _NO_LINKS
    return Style(link=url if linked else None)


def json_text(document: Mapping[str, Any]) -> str:
    r"""Return a JSON document on one line, readable but for what could steer a terminal.

    Characters that control it, or hide or reorder others, are escaped as \uXXXX.
    """
    # Outside of strings JSON has none of these, and C0 it escapes itself.
    return json.dumps(document, ensure_ascii=False).translate(_escapes())


@cache
def _escapes() -> dict[int, str]:
    return {code: _escape(code) for code in _VISIBLE if code >= 0x7F}


def _escape(code: int) -> str:
    # Strict readers refuse half of a surrogate pair.
    half = 0xD800 <= code < 0xE000
    units = "\ufffd".encode("utf-16-be") if half else chr(code).encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Readable:
    """Renderables below each other, in a terminal no wider than is easy to read."""

    def __init__(self, *parts: RenderableType) -> None:
        from rich.console import Group

        self._parts = Group(*parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        from rich.constrain import Constrain

        yield Constrain(self._parts, _READABLE if options.is_terminal else None)


def plain(drawing: RenderableType) -> str:
    """Return a drawing as a pipe gets it, in whole lines without colours."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(file=file, width=_ENDLESS, force_terminal=False, color_system=None)
    console.print(drawing, crop=False)
    return file.getvalue().removesuffix("\n")


def show(drawing: RenderableType, console: Console) -> None:
    """Print a drawing on a console, as plain text if that is no terminal."""
    if console.is_terminal:
        console.print(drawing)
    else:
        console.out(plain(drawing), highlight=False)
