"""Markdown: front matter, and a body that is rendered to HTML and read as a page is.

What CommonMark does not know, but Obsidian, Hugo, Jekyll and others write, is reduced to its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from retrieval.articles import markup
from retrieval.articles.front_matter import split_front_matter, split_header
from retrieval.articles.headings import marked
from retrieval.articles.markdown.containers import MAX_NESTING, TAGS, add_containers
from retrieval.articles.markdown.inline_marks import add_inline_marks
from retrieval.articles.markdown.templates import has_templates, without_templates
from retrieval.articles.metadata import RawArticle, ReadingLimits, metadata_of, tags_of
from retrieval.articles.tables import Cell, Row, lines_of
from retrieval.articles.text import decode, line_ends

# markdown-it takes up to 70 µs for each of these characters, and a tenth of it for each of those
# where it only stops; beyond, lines are read one by one.
MARKS = "\n[]*_`<>&|\\~!{%=^"
STOPS = "#$+-:@}"
MAX_MARKS = 50_000
MAX_TITLE = 500

_LINE_BREAK = re.compile(r"<br\b", re.IGNORECASE)

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+([^\n]*?)[ \t#]*")
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_BORDER = re.compile(r"(?<!\\)\|")


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read an article; its title is the one of the front matter or the heading that names it.

    Raises:
        RecursionError: Its HTML is nested too deeply.
    """
    fields, body = split_front_matter(line_ends(decode(data)))
    if not fields:
        fields, body = split_header(body)
    metadata = metadata_of(path, fields)
    if sum(map(body.count, MARKS)) + sum(map(body.count, STOPS)) // 10 > MAX_MARKS:
        return [RawArticle(metadata, _long_text_of(body))]
    env: dict[str, Any] = {}
    tokens = _markdown().parse(body, env)
    title = metadata.title
    if title is None:
        title = _text_of(_heading(tokens))
    elif len(title) <= MAX_TITLE:
        # Its angle brackets are meant: nobody writes elements into a title.
        title = _text_of(_markdown().parseInline(title.replace("<", "&lt;")))
    metadata = replace(metadata, title=title, tags=tags_of([*metadata.tags, *env.get(TAGS, ())]))
    return [RawArticle(metadata, _text_of(tokens))]


def _heading(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the first heading of level 1 that has a letter, or such a one at the very start."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and (place == 0 or token.tag == "h1"):
            heading = tokens[place : place + 3]
            if any(map(str.isalpha, heading[1].content)):
                return heading
    return ()


def _text_of(tokens: Sequence[Token]) -> str:
    markdown = _markdown()
    page = markup.parse(f"<div>{markdown.renderer.render(tokens, markdown.options, {})}</div>")
    return "" if page is None else markup.text_of(page)


def _leave_out_templates(state: StateCore) -> None:
    """Take tags of templates out of a text, other than from its code."""
    if not has_templates(state.src):
        return
    blocks: list[Token] = []
    state.md.block.parse(state.src, state.md, {}, blocks)
    starts = [0, *(match.end() for match in re.finditer("\n", state.src)), len(state.src)]
    code = [
        (starts[block.map[0]], starts[min(block.map[1], len(starts) - 1)])
        for block in blocks
        if block.type in ("fence", "code_block") and block.map
    ]
    state.src = without_templates(state.src, code)


@cache
def _markdown() -> MarkdownIt:
    """Return a parser whose renderer leaves out emphasis, links and images.

    Raw HTML in a line is dropped tag by tag, and each block of it is closed in itself, so that an
    open `<script>` or `<title>` in a text about HTML does not swallow what follows.
    """
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
    markdown.enable(["table", "strikethrough"])
    add_containers(markdown)
    add_inline_marks(markdown)
    markdown.core.ruler.before("block", "templates", _leave_out_templates)
    for mark in ("em", "strong", "s", "link"):
        markdown.add_render_rule(f"{mark}_open", lambda *_: "")
        markdown.add_render_rule(f"{mark}_close", lambda *_: "")
    markdown.add_render_rule(
        "image",
        lambda self, tokens, at, options, env: escape(
            self.renderInlineAsText(tokens[at].children, options, env)
        ),
    )
    markdown.add_render_rule(
        "html_inline",
        lambda _, tokens, at, *__: "<br>" if _LINE_BREAK.match(tokens[at].content) else "",
    )
    markdown.add_render_rule(
        "html_block", lambda _, tokens, at, *__: markup.well_formed(tokens[at].content)
    )
    return markdown


def _long_text_of(markdown: str) -> str:
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
