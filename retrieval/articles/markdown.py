"""Markdown: front matter, and a body that is rendered to HTML and read as a page is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from retrieval.articles import markup
from retrieval.articles.front_matter import split_front_matter, split_header
from retrieval.articles.metadata import RawArticle, ReadingLimits, metadata_of
from retrieval.articles.text import decode, line_ends

# markdown-it takes up to 70 µs for each of these characters; beyond, markup stays in the text.
MARKS = "\n[]*_`<>&|\\~!"
MAX_MARKS = 50_000

_LINE_BREAK = re.compile(r"<br\b", re.IGNORECASE)


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read an article; its title is the one of the front matter or the heading that names it.

    Raises:
        RecursionError: Its HTML is nested too deeply.
    """
    fields, body = split_front_matter(line_ends(decode(data)))
    if not fields:
        fields, body = split_header(body)
    metadata = metadata_of(path, fields)
    if sum(map(body.count, MARKS)) > MAX_MARKS:
        return [RawArticle(metadata, body)]
    tokens = _markdown().parse(body)
    if metadata.title is None:
        metadata = replace(metadata, title=_text_of(_heading(tokens)))
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


@cache
def _markdown() -> MarkdownIt:
    """Return a parser whose renderer leaves out emphasis, links and images.

    Raw HTML in a line is dropped tag by tag, and each block of it is closed in itself, so that an
    open `<script>` or `<title>` in a text about HTML does not swallow what follows.
    """
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
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
