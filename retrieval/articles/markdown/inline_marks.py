"""Inline marks: what Markdown's dialects write within a line, reduced to its words.

Links, embeds, highlights, comments and fields of Obsidian, attributes of kramdown and Pandoc,
references to footnotes, and elements of MDX.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from retrieval.articles.markdown.containers import FOOTNOTES

MAX_HIGHLIGHT = 2_000
MAX_ATTRIBUTES = 300

# Not behind what is indexed: a[[1]]
_WIKI_LINK = re.compile(
    r"(?<![A-Za-z0-9_)\]])\[\[(?![\s\[])([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{0,300}))?\]\](?![\[(])"
)
_EMBED = re.compile(r"!\[\[(?!\s)([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{0,300}))?\]\]")
_SIZE = re.compile(r"(?:.*\|)?\s*(?:\d+(?:x\d+)?|left|right|center|inline)?\s*")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]{1,100})\]")
_FIELD = re.compile(r"\[(\w[\w -]{0,40})::[ \t]+([^\[\]\n]{1,300})\]")
_SPAN = re.compile(r"\[([^\[\]\n]{1,500})\](?=\{[.#][^{}\n]{1,300}\})")
_COMMENT = re.compile(r"(?<![\w%])%%(?!%)([^%\n]{1,1000})%%(?![\w%])")
_HIGHLIGHT = re.compile(r"(?<![A-Za-z0-9=)\]])==(?![\s=])")
_HIGHLIGHT_END = re.compile(r"(?<![\s=])==(?![A-Za-z0-9=])")
_VALUE = r"(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s\"'{}=]+)"
_ATTRIBUTE = rf"(?:[.#][^\s{{}}\"'=]+|[\w:-]+={_VALUE})"
# {: .note}, {:toc}, {#id .class key=value}
_ATTRIBUTES = re.compile(
    rf"\{{::?/?[ \t]*(?:(?:{_ATTRIBUTE}|[\w-]+)(?:[ \t]+(?:{_ATTRIBUTE}|[\w-]+))*)?[ \t]*\}}"
    rf"|\{{[ \t]*[.#](?=[^\W\d_])[^\s{{}}\"'=]+(?:[ \t]+{_ATTRIBUTE})*[ \t]*\}}"
)
# Only behind a link, a span or code: {width=50%}
_BEHIND = re.compile(rf"\{{[ \t]*{_ATTRIBUTE}(?:[ \t]+{_ATTRIBUTE})*[ \t]*\}}")
_NOTE = re.compile(r"\{/\*.{0,2000}?\*/\}", re.DOTALL)
_BRACES = r"\{[^{}]{0,1000}(?:\{[^{}]{0,1000}\}[^{}]{0,1000}){0,20}\}"
_ELEMENT = re.compile(
    r"</?[A-Z][A-Za-z0-9]{0,50}(?:\.[A-Za-z0-9]{1,50}){0,5}"
    r"(?:\s+(?:[\w:@.-]{1,100}"
    rf"(?:=(?:\"[^\"]{{0,1000}}\"|'[^']{{0,1000}}'|{_BRACES}))?|{_BRACES})){{0,30}}"
    r"\s*/?>|</?>"
)
# As browsers do, https://html.spec.whatwg.org/#numeric-character-reference-end-state
_C1 = re.compile(r"&#(?:1[2-5]\d|x[89][0-9a-f]);", re.IGNORECASE)


def add_inline_marks(markdown: MarkdownIt) -> None:
    """Let a parser know the inline marks of the dialects."""
    markdown.inline.ruler.after("backticks", "marks", _mark)


def _mark(state: StateInline, silent: bool) -> bool:
    rule = _RULES.get(state.src[state.pos])
    return rule is not None and rule(state, silent)


def _bracket(state: StateInline, silent: bool) -> bool:
    following = state.src[state.pos + 1 : state.pos + 2]
    if following == "[":
        match = _WIKI_LINK.match(state.src, state.pos, state.posMax)
        return match is not None and _write(state, match, _link_words(*match.groups()), silent)
    if following == "^":
        match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
        known = match is not None and match[1] in state.env.get(FOOTNOTES, ())
        return known and match is not None and _write(state, match, "", silent)
    if match := _FIELD.match(state.src, state.pos, state.posMax):
        return _write(state, match, f"{match[1]}: {match[2]}", silent)
    if match := _SPAN.match(state.src, state.pos, state.posMax):
        return _write(state, match, match[1], silent)
    return False


def _embed(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("![[", state.pos):
        return False
    match = _EMBED.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    words = match[2] or ""
    return _write(state, match, "" if _SIZE.fullmatch(words) else words.strip(), silent)


def _link_words(page: str, words: str | None) -> str:
    """Return the words that Obsidian shows for a link."""
    if words and words.strip():
        return words.rpartition("|")[2].strip()
    parts = [part.strip() for part in page.split("#") if not part.startswith("^")]
    return " > ".join(filter(None, parts)).removesuffix(".md")


def _highlight(state: StateInline, silent: bool) -> bool:
    """Read `==words==`, in which may be other marks."""
    begin = _HIGHLIGHT.match(state.src, state.pos, state.posMax)
    if begin is None:
        return False
    limit = min(state.posMax, begin.end() + MAX_HIGHLIGHT)
    end = _HIGHLIGHT_END.search(state.src, begin.end(), limit)
    if end is None:
        return False
    return _inside(state, begin.end(), end.start(), end.end(), silent)


def _inline_note(state: StateInline, silent: bool) -> bool:
    """Read `^[a footnote]`, which then stands in brackets."""
    if not state.src.startswith("^[", state.pos):
        return False
    start = state.pos + 2
    end = state.md.helpers.parseLinkLabel(state, state.pos + 1)
    if end < 0 or " " not in state.src[start:end].strip():  # as in a regular expression
        return False
    before = state.src[state.pos - 1 : state.pos]
    opening = "(" if not before or before.isspace() else " ("
    if not silent:
        state.pending += opening
    _inside(state, start, end, end + 1, silent)
    if not silent:
        state.pending += ")"
    return True


def _comment(state: StateInline, silent: bool) -> bool:
    match = _COMMENT.match(state.src, state.pos, state.posMax)
    return match is not None and _write(state, match, "", silent)


def _braces(state: StateInline, silent: bool) -> bool:
    match = _ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if match is None and state.pos and state.src[state.pos - 1] in ")]`":
        match = _BEHIND.match(state.src, state.pos, state.posMax)
    if match is None and state.src.startswith("{/*", state.pos):
        match = _NOTE.match(state.src, state.pos, state.posMax)
    return match is not None and _write(state, match, "", silent)


def _element(state: StateInline, silent: bool) -> bool:
    match = _ELEMENT.match(state.src, state.pos, state.posMax)
    return match is not None and _write(state, match, "", silent)


def _reference(state: StateInline, silent: bool) -> bool:
    match = _C1.match(state.src, state.pos, state.posMax)
    return match is not None and _write(state, match, unescape(match[0]), silent)


def _write(state: StateInline, match: re.Match[str], words: str, silent: bool) -> bool:
    if not silent:
        state.pending += words
    state.pos = match.end()
    return True


def _inside(state: StateInline, start: int, end: int, behind: int, silent: bool) -> bool:
    """Read what is between two marks."""
    limit = state.posMax
    if not silent:
        state.pos, state.posMax = start, end
        state.level += 1  # beyond 20, marks stay as they are
        state.md.inline.tokenize(state)
        state.level -= 1
        state.posMax = limit
    state.pos = behind
    return True


_RULES: Mapping[str, Callable[[StateInline, bool], bool]] = {
    "[": _bracket,
    "!": _embed,
    "=": _highlight,
    "^": _inline_note,
    "%": _comment,
    "{": _braces,
    "<": _element,
    "&": _reference,
}
