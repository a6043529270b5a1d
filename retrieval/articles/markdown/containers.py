"""Containers: the blocks of Markdown's dialects, reduced to their titles and what is in them.

Admonitions and tabs of MkDocs, directives of Docusaurus, MyST and Pandoc, footnotes, callouts and
comments of Obsidian, imports of MDX, and paragraphs that are lists of tasks, tags or definitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

FOOTNOTES = "footnotes"
"""The labels of a text's footnotes, in the environment of its parse."""
TAGS = "tags"
"""The tags that stand in paragraphs of their own, in the environment of its parse."""

MAX_NESTING = 40
"""The level of nesting from which on markdown-it leaves out the rest of a text."""
# So no block comes to it: a list and its item are two levels. What is deeper is a paragraph.
_MAX_LEVEL = MAX_NESTING - 3
_INDENT = 4
_MAX_IMPORT_LINES = 30

_ADMONITION = re.compile(
    r"(?:!!!|\?\?\?\+?)[ \t]+[A-Za-z][\w-]*(?:[ \t]+[\w-]+)*(?:[ \t]+\"(?P<title>[^\"]*)\")?\s*"
    r"|===[+!]?[ \t]+\"(?P<tab>[^\"]+)\"\s*"
)
_DIRECTIVE = re.compile(
    r":{3,}[ \t]*(?:\{(?P<braces>[^{}]*)\}|[A-Za-z][A-Za-z0-9_-]*)?(?:\[(?P<label>[^\]]*)\])?"
    r"(?:[ \t]*\{(?P<more>[^{}]*)\})?[ \t]*(?P<title>.*?)[ \t:]*"
)
_SLASHES = re.compile(r"/{3,}[ \t]*(?:[A-Za-z][\w-]*[ \t]*(?:\|(?P<title>.*))?)?")
_DIRECTIVE_OPTION = re.compile(r":[A-Za-z][\w-]*:(?:[ \t].*)?")
_TITLE_ATTRIBUTE = re.compile(r"\b(?:title|summary)=\"([^\"]*)\"")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]{1,100})\]:[ \t]*")
_SNIPPET = re.compile(r"-+8<-+(?:[ \t]+\"[^\"]*\")?\s*")
_IMPORT = re.compile(
    r"import[ \t]+(?:[\w*{},$][\w*{},$ \t]{0,500}[ \t]from[ \t]+)?(?P<quote>[\"']).+(?P=quote);?\s*"
)
_IMPORT_START = re.compile(r"import[ \t]+(?:\w+,[ \t]*)?\{\s*")
_IMPORT_END = re.compile(r"\}[ \t]*from[ \t]+[\"'].+[\"'];?\s*")
_EXPORT = re.compile(r"export[ \t]+(?:const|let|var|default|function|async)\b")

_CALLOUT = re.compile(r"\[![A-Za-z][\w-]*(?:\|[^\]\n]*)?\][+-]?[ \t]*")
_TASK = re.compile(r"\[[ xX/<>-]\][ \t]+")
_BLOCK_ID = re.compile(r"(?:^|[ \t\n])\^(?=[\w-]*[A-Za-z]|\d{6}\Z)[A-Za-z0-9][A-Za-z0-9-]+\Z")
_TAG = re.compile(r"#[^\s#,;.!?\"'()\[\]{}]*[^\W\d_][^\s#,;.!?\"'()\[\]{}]*")
_CONTENTS = re.compile(r"\[\[?_?toc_?\]?\]|.*\n?\{:\s*toc[^{}\n]*\}", re.IGNORECASE)
_DEFINITION = re.compile(r"(?:^|\n):[ \t]+")
# What Logseq keeps of a block, and refers to one by.
_PROPERTY = re.compile(r"^(?:collapsed|id)::[ \t]+\S+$", re.MULTILINE)
_BLOCK = re.compile(r"!?\(\([0-9a-f]{8}-[0-9a-f-]{27}\)\)")
_FIELD = re.compile(r"^([*_]{0,3}\w[\w -]{0,40}[*_]{0,3})::[ \t]+(?=\S)", re.MULTILINE)


def add_containers(markdown: MarkdownIt) -> None:
    """Let a parser know the blocks of the dialects."""
    ends: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("reference", "containers", _container, ends)
    markdown.block.ruler.at("blockquote", _bounded(blockquote), ends)
    inner: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
    markdown.block.ruler.at("list", _bounded(list_block), inner)
    markdown.core.ruler.after("block", "paragraphs", _paragraphs)


def _bounded(rule: _Rule) -> _Rule:
    """Return a rule for blocks that nests them no deeper than `_MAX_LEVEL`."""

    def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level <= _MAX_LEVEL and rule(state, start, end, silent)

    return bounded


def _container(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    place = state.bMarks[start] + state.tShift[start]
    mark, rule = _RULES.get(state.src[place : place + 1], ("", None))
    if rule is None or not state.src.startswith(mark, place) or state.is_code_block(start):
        return False
    return rule(state, start, end, silent)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Skip what stands between two `%%`, of which the second one ends a line."""
    first = _line(state, start).rstrip()
    last = start
    if not (len(first) > 3 and first.find("%%", 2) == len(first) - 2):
        if "%%" in first[2:]:
            return False
        unended = state.env.setdefault("unended", set())
        if end in unended:
            return False
        lines = range(start + 1, end)
        last = next((line for line in lines if "%%" in _line(state, line)), end)
        if last == end:
            unended.add(end)
            return False
        if not re.fullmatch(r"[^%]*%%\s*", _line(state, last)):
            return False
    if not silent:
        state.line = last + 1
    return True


def _directive(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a line of `:::` or `///`, alone, as the start or the end of a block with a title."""
    line = _line(state, start)
    match = _DIRECTIVE.fullmatch(line) or _SLASHES.fullmatch(line)
    if match is None and not _SNIPPET.fullmatch(line):
        return False
    if silent:
        return True
    state.line = start + 1
    if match is None:
        return True
    found = match.groupdict()
    if found.get("braces") is not None:
        while state.line < end and _DIRECTIVE_OPTION.fullmatch(_line(state, state.line)):
            state.line += 1
    attributes = _TITLE_ATTRIBUTE.search(f"{found.get('braces')} {found.get('more')}")
    title = found.get("label") or (attributes and attributes[1]) or found["title"] or ""
    _push_title(state, start, title)
    return True


def _admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read an indented block below a line of `!!! note "Title"` or `=== "Tab"`."""
    match = _ADMONITION.fullmatch(_line(state, start))
    indent = state.sCount[start] + _INDENT
    first = state.skipEmptyLines(start + 1)
    if match is None or first >= end or state.sCount[first] < indent or state.level > _MAX_LEVEL:
        return False
    if silent:
        return True
    last = first
    while last < end and (state.isEmpty(last) or state.sCount[last] >= indent):
        last += 1
    _push_title(state, start, match["title"] or match["tab"] or "")
    _tokenize(state, first, last, indent)
    return True


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read `[^label]: text` with what is indented below it."""
    begin = state.bMarks[start] + state.tShift[start]
    match = _FOOTNOTE.match(state.src, begin, state.eMarks[start])
    if match is None or state.level > _MAX_LEVEL:
        return False
    if silent:
        return True
    state.env.setdefault(FOOTNOTES, set()).add(match[1])
    indent = state.blkIndent + _INDENT
    state.bMarks[start], state.tShift[start], state.sCount[start] = match.end(), 0, indent
    _tokenize(state, start, end, indent)
    return True


def _script(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Skip what MDX imports and exports."""
    if silent or state.level:
        return False
    line = _line(state, start)
    if _IMPORT.fullmatch(line):
        state.line = start + 1
    elif _IMPORT_START.fullmatch(line):
        lines = range(start + 1, min(end, start + _MAX_IMPORT_LINES))
        last = next((at for at in lines if _IMPORT_END.fullmatch(_line(state, at))), None)
        if last is None:
            return False
        state.line = last + 1
    elif _EXPORT.match(line):
        state.line = next((at for at in range(start, end) if state.isEmpty(at)), end)
    else:
        return False
    return True


def _tokenize(state: StateBlock, start: int, end: int, indent: int) -> None:
    """Parse the lines of a block that are indented."""
    before = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent, state.lineMax, state.parentType = indent, end, "container"
    state.level += 1
    state.md.block.tokenize(state, start, end)
    state.level -= 1
    state.blkIndent, state.lineMax, state.parentType = before


def _push_title(state: StateBlock, line: int, title: str) -> None:
    if title := title.strip().strip('"'):
        state.tokens += _paragraph(title, state.level, [line, line + 1])


def _paragraph(content: str, level: int, lines: list[int] | None) -> list[Token]:
    inline = Token("inline", "", 0, map=lines, level=level + 1, content=content, children=[])
    return [
        Token("paragraph_open", "p", 1, map=lines, level=level, block=True),
        inline,
        Token("paragraph_close", "p", -1, level=level, block=True),
    ]


def _paragraphs(state: StateCore) -> None:
    """Take from paragraphs what is not their words, and part those that are several."""
    found: list[Token] = []
    inside = ["", "", ""]  # the types of the tokens before
    for token in state.tokens:
        if token.type == "inline":
            contents = list(_contents(token.content, inside[1:], state))
            token.content = contents[0]
            found.append(token)
            if inside[2] == "paragraph_open" and len(contents) > 1:
                opening = found[-2]
                for content in contents[1:]:
                    found.append(Token("paragraph_close", "p", -1, level=opening.level, block=True))
                    found += _paragraph(content, opening.level, opening.map)[:2]
        else:
            found.append(token)
        inside = [*inside[1:], token.type]
    state.tokens = found


def _contents(content: str, inside: list[str], state: StateCore) -> Iterator[str]:
    """Yield a paragraph's text, or the texts of the paragraphs that it is."""
    if inside[0] == "blockquote_open" and (match := _CALLOUT.match(content)):
        title, _, rest = content[match.end() :].partition("\n")
        if title and rest:
            yield title
        content = rest or title
    elif inside[0] == "list_item_open" and (match := _TASK.match(content)):
        content = content[match.end() :]
    content = _without_signs(content)
    if inside[1] != "paragraph_open":
        yield content
    elif tags := _tags(content):
        state.env.setdefault(TAGS, []).extend(tags)
        yield ""
    elif ": " in content and _DEFINITION.search(content):
        yield from [part for part in _DEFINITION.split(content) if part] or [""]
    else:
        yield content


def _without_signs(content: str) -> str:
    if content[:2] == "##":  # without a space behind it
        content = content.lstrip("#")
    if "^" in content[-100:]:
        content = _BLOCK_ID.sub("", content)
    if "::" in content:
        content = _FIELD.sub(r"\1: ", _PROPERTY.sub("", content))
    if "((" in content:
        content = _BLOCK.sub("", content)
    if "toc" in content[-50:].lower() and _CONTENTS.fullmatch(content):
        return ""
    return content


def _tags(content: str) -> list[str]:
    """Return the tags of a paragraph that is a list of them; one alone may be a heading."""
    if content[:1] != "#":
        return []
    words = content.split()
    listed = len(words) > 1 and all(map(_TAG.fullmatch, words))
    return [word[1:] for word in words] if listed else []


_Rule = Callable[[StateBlock, int, int, bool], bool]
# By the character that a line begins with, and by all that it begins with.
_RULES: Mapping[str, tuple[str, _Rule]] = {
    "%": ("%%", _comment),
    ":": (":::", _directive),
    "/": ("///", _directive),
    "-": ("--8<--", _directive),
    "!": ("!!!", _admonition),
    "?": ("???", _admonition),
    "=": ("===", _admonition),
    "[": ("[^", _footnote),
    "i": ("import", _script),
    "e": ("export", _script),
}
