"""Long text: Markdown with more marks than its parser may take, read line by line.

Its headings and the rows of its tables are what they are; other marks stay in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.articles.headings import marked
from retrieval.articles.tables import Cell, Row, lines_of

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+([^\n]*?)[ \t#]*")
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_BORDER = re.compile(r"(?<!\\)\|")


def text_of(markdown: str) -> str:
    """Return the text with its headings marked and its tables read, in one pass over its lines."""
    parts: list[str] = []
    table: list[str] = []
    for line in [*markdown.split("\n"), ""]:
        if "|" in line:
            table.append(line)
            continue
        parts += _rows(table)
        table = []
        heading = _HEADING.fullmatch(line)
        parts.append(f"\n{marked(heading[1])}\n" if heading else line)
    return "\n".join(parts)


def _rows(lines: list[str]) -> Iterator[str]:
    """Yield the rows of a table, whose second line is a rule, each a paragraph; or the lines."""
    if len(lines) < 2 or not _RULE.fullmatch(lines[1]):
        yield from lines
        return
    rows = [Row(_cells(line), head=n == 0) for n, line in enumerate(lines) if n != 1]
    for line in lines_of(rows):
        yield f"\n{marked(line.text) if line.heading else line.text}\n"


def _cells(line: str) -> list[Cell]:
    inside = line.strip().removeprefix("|").removesuffix("|")
    return [Cell(" ".join(text.replace("\\|", "|").split())) for text in _BORDER.split(inside)]
