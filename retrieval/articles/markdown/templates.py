"""Templates: the tags of Liquid, Jinja, Hugo and ERB in a text, which are taken out of it.

A site is made of such a text before its Markdown is read, so that a tag may stand wherever a
character may: in the address of a link, in HTML, around a table. What a tag would write is not
known; its caption is kept, the text between two tags is, and code is made a block of code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

MAX_TAG = 5_000
MAX_EXPRESSION = 500
MAX_LINE = 200

_OPENERS = ("{{", "{%", "{#", "<%")
_CLOSERS = {"{{<": ">}}", "{{%": "%}}", "{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>"}
# Runs of backticks, whose code is no template, and characters that a backslash makes plain.
_MARK = re.compile(r"\\[\\`{<]|`+|\{\{[<%]?|\{%|\{# |<%")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_NAME = re.compile(r"\s*[-~+]?\s*(/?)\s*([A-Za-z_][\w./-]*)")
_ERB = re.compile(r"[=\-_*~+#]|\s")
_NAMED = r"[A-Za-z_$][\w-]*(?:\.[\w-]+|\[[^\[\]]*\]|\([^()]*\))*"
# A name or a string, perhaps with filters or an operator behind it: prose has a word there.
_EXPRESSION = re.compile(
    rf"""\s*[-~]?\s*
    (?: (?:"[^"]*"|'[^']*'|\.[A-Za-z][\w.]*|{_NAMED})
        \s*(?:\|\s*[A-Za-z_]\w*(?:\s*[:(][^|]*|\s*))*
        (?:[?+*/=<>~&-].*|\b(?:if|and|or|not|in|is)\b.*)?
      | [#/>!^&]-{{0,2}}\s*\*?[A-Za-z_ ].*
      | (?:embed|query|renderer|tweet|video|youtube)\s.*
    )-?\s*""",
    re.DOTALL | re.VERBOSE,
)
_NAME_ALONE = re.compile(r"\s*[A-Za-z_][\w-]*\s*")
# Where one of these stands, a name between braces is no prose about them.
_SIGN = re.compile(r"\{%-?\s*/?[A-Za-z]|\{\{[<%]\s*/?[A-Za-z]|\{\{\s*[A-Za-z][\w-]*\s*[.|(]")
_CLOZE = re.compile(r"c\d+::(.*?)(?:::.*)?", re.DOTALL)
_WORDS = re.compile(
    r"\b(caption|title|header|summary|alt)\s*[=:]\s*"
    r"(?:\"([^\"]{0,1000})\"|'([^']{0,1000})'|`([^`]{0,1000})`|“([^”]{0,1000})”)"
)
# {{% notice tip "Good to know" %}}
_TITLED = re.compile(
    r"\s*(?:admonition|alert|callout|details|expand|info|note|notice|tab|tip|warning)"
    r"(?:\s[^\"]*)?\s\"([^\"]+)\"\s*"
)
_CODE = re.compile(r"(?:highlight|code|prism)(?!.*(?:group|tabs|pen))", re.IGNORECASE)
_OTHERWISE = frozenset({"elif", "else", "elseif", "elsif", "when"})
_FENCE = re.compile(r"`{3,}|~{3,}")
_LINK = re.compile(r"\](?:\(|:[ \t]*)\Z")


def has_templates(text: str) -> bool:
    """Tell whether there may be a tag in a text."""
    return any(opener in text for opener in _OPENERS)


def without_templates(text: str, code: Iterable[tuple[int, int]]) -> str:
    """Return the text without tags.

    Args:
        text: Markdown.
        code: Where blocks of code begin and end, in their order. All in them stays.
    """
    return _Templates(text, code).read()


class _Templates:
    """Reads a text from its start to its end, and keeps what is no tag."""

    def __init__(self, text: str, code: Iterable[tuple[int, int]]) -> None:
        self._text = text
        self._code = list(code)
        self._starts = [start for start, _ in self._code]
        self._signs = _SIGN.search(text) is not None
        self._kept: list[str] = []
        self._place = 0  # up to where the text is kept or left out
        self._unended: set[str] = set()  # end tags that do not follow
        self._runs: dict[int, list[int]] = {}  # places of backticks by the length of their run
        self._ends = [match.start() for match in _PARAGRAPH_END.finditer(text)]
        for match in re.finditer("`+", text):
            self._runs.setdefault(len(match[0]), []).append(match.start())

    def read(self) -> str:
        at = 0
        while match := _MARK.search(self._text, at):
            at = self._past_code(match.start()) or self._past(match)
        self._kept.append(self._text[self._place :])
        return "".join(self._kept)

    def _past_code(self, at: int) -> int:
        """Return the end of the block of code at a place, or 0."""
        block = bisect_right(self._starts, at) - 1
        return self._code[block][1] if block >= 0 and at < self._code[block][1] else 0

    def _past(self, match: re.Match[str]) -> int:
        """Return where to go on behind a mark, and leave out the tag that begins there."""
        mark = match[0].strip()
        if mark[0] == "\\":
            return match.end()
        if mark[0] == "`":
            return self._past_code_span(match)
        closer = _CLOSERS[mark]
        limit = MAX_EXPRESSION if mark == "{{" else MAX_TAG
        end = self._text.find(closer, match.end(), match.end() + limit)
        if end < 0 or not self._is_tag(mark, inner := self._text[match.end() : end]):
            return match.end()
        return self._leave_out(match.start(), end + len(closer), mark, inner)

    def _past_code_span(self, match: re.Match[str]) -> int:
        runs = self._runs.get(
            len(match[0]), []
        )  # none is as long as what is left of an escaped one
        following = bisect_right(runs, match.start())
        if following == len(runs):
            return match.end()
        paragraph = bisect_right(self._ends, match.start())
        if paragraph < len(self._ends) and self._ends[paragraph] < runs[following]:
            return match.end()
        return runs[following] + len(match[0])

    def _is_tag(self, mark: str, inner: str) -> bool:
        if mark == "{{":
            if "{" in inner or "}" in inner or (not self._signs and _NAME_ALONE.fullmatch(inner)):
                return False
            return bool(_EXPRESSION.fullmatch(inner) or _CLOZE.fullmatch(inner))
        if mark == "<%":
            return bool(_ERB.match(inner))
        return mark == "{#" or inner.startswith("/*") or bool(_NAME.match(inner))

    def _leave_out(self, start: int, end: int, mark: str, inner: str) -> int:
        if mark in ("{{<", "{{%") and inner.startswith("/*"):  # shown, not run
            return self._replace(
                start, end, f"{mark}{inner[2:].removesuffix('*/')}{_CLOSERS[mark]}"
            )
        name = _NAME.match(inner)
        if name and not name[1] and mark in ("{%", "{{<", "{{%"):
            word = name[2].lower()
            if word == "raw" and mark == "{%" and (found := self._end_tag(mark, word, end)):
                self._replace(start, end, "")
                return self._replace(*found, "")
            if word == "comment" and (found := self._end_tag(mark, word, end)):
                return self._replace(start, found[1], "")
            if _CODE.match(word) and (found := self._end_tag(mark, word, end)):
                return self._replace(start, found[1], _code_block(self._text[end : found[0]]))
            if word in _OTHERWISE:
                return self._replace(start, end, " ")
        elif mark == "{{" and (cloze := _CLOZE.fullmatch(inner)):
            return self._replace(start, end, cloze[1])
        return self._replace(start, end, self._in_place_of(start, end, _words(inner)))

    def _end_tag(self, mark: str, word: str, at: int) -> tuple[int, int] | None:
        """Return the place of the tag that ends the one of a name, if it does not begin again."""
        name = re.escape(word)
        if mark == "{%":
            pattern = rf"\{{%[-~]?\s*(?:(end){name}\s*[-~]?%\}}|{name}\b)"
        else:
            pattern = rf"\{{\{{[<%]\s*(?:(/)\s*{name}\s*[>%]\}}\}}|{name}[\s>%])"
        if pattern in self._unended:
            return None
        match = re.compile(pattern, re.IGNORECASE).search(self._text, at)
        if match is None:
            self._unended.add(pattern)
        return match.span() if match and match[1] else None

    def _in_place_of(self, start: int, end: int, words: str) -> str:
        before = self._text[max(0, start - MAX_LINE) : start].rpartition("\n")[2]
        behind = self._text[end : end + MAX_LINE].partition("\n")[0]
        if before.strip() or behind.strip():
            if words:
                return f" {words} "
            # A link needs an address.
            return "#" if _LINK.search(before) else ""
        # Alone on its line it parts paragraphs. A comment does, and an empty line would end HTML.
        return f"\n{before}{words}\n" if words else "<!---->"

    def _replace(self, start: int, end: int, words: str) -> int:
        self._kept += (self._text[self._place : start], words)
        self._place = end
        return end


def _words(inner: str) -> str:
    """Return the words of a tag that are shown: its caption or title, or the picture's words."""
    found = {
        match[1]: next(filter(None, match.groups()[1:]), "") for match in _WORDS.finditer(inner)
    }
    if titled := _TITLED.fullmatch(inner):
        return titled[1].strip()
    alt = found.pop("alt", "")
    return ". ".join(filter(None, dict.fromkeys(map(str.strip, found.values())))) or alt.strip()


def _code_block(content: str) -> str:
    if _FENCE.match(content.strip()):
        return f"\n\n{content.strip()}\n\n"
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n\n{fence}\n{content.strip(chr(10))}\n{fence}\n\n"
