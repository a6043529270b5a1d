"""How values look: for a terminal as rich renderables, for a pipe as plain text of the same words.

Titles, paths, addresses and text of articles are nobody's markup: they are put into `Text` objects,
which rich does not parse, and pass through `visible`, so that none of them can steer the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.language_names import language_names
from retrieval.types import Article, Excerpt, Source

if TYPE_CHECKING:
    from bot.answers import Answer
    from retrieval.search.spelling import Correction
    from retrieval.search.unknown_language import UnknownLanguage


NO_ANSWER = "The articles do not answer this."
CLOSEST = "Closest excerpts, which may not answer:"

# #0087d7: its contrast is 3.9 to 1 on white and 4.3 to 1 on #1e1e1e.
ACCENT = "color(32)"
_BEST = f"bold {ACCENT}"
# Other articles of the same words that are named.
_ALSO = 3
# Longer lines are hard to read.
WIDTH = 96

_SPACE = re.compile(r"\s+")
_LINK = re.compile(r"https?://[!-~]+")
# C0 and DEL have pictures; C1 and lone surrogates have none. What hides or reorders text goes, but
# U+200C and U+200D stay, for Persian, Indic scripts and emoji are written with them.
_VISIBLE: dict[int, str | None] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], "\ufffd"),
    **dict.fromkeys([0x2028, 0x2029], "\u2424"),
    **dict.fromkeys([0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF], None),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2060, 0x2070)], None),
    **dict.fromkeys([*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE1000)], None),
}


def visible(text: str) -> str:
    """Return a text on one line that a terminal only shows.

    Control characters, line breaks and tabs included, become pictures of themselves; characters
    that hide or reorder others are dropped.
    """
    return text.translate(_VISIBLE)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def answer(answer: Answer, reasons: Sequence[Part] = ()) -> RenderableType:
    """Draw an answer: its excerpts, each with its citation below, then time and confidence.

    Args:
        answer: What is drawn.
        reasons: What is drawn below each citation, then at the end; nothing if it is empty.
    """
    return Constrain(Group(*_answer(answer, reasons)), WIDTH)


def answer_text(answer: Answer, reasons: Sequence[Part] = ()) -> str:
    """Write an answer as plain text, one line each for excerpts and citations."""
    return "\n".join(part.plain for part in _answer(answer, reasons))


def more(answer: Answer, shown: int) -> RenderableType:
    """Draw the excerpts behind the first `shown`, with the numbers that they have."""
    return Constrain(Group(*_excerpts(answer, shown)), WIDTH)


def more_text(answer: Answer, shown: int) -> str:
    """Write the excerpts behind the first `shown` as plain text."""
    return "\n".join(part.plain for part in _excerpts(answer, shown))


def _answer(answer: Answer, reasons: Sequence[Part]) -> Iterator[Part]:
    if answer.understood:
        yield Text(f"Understood as: {visible(answer.understood)}", "dim")
        yield Text()
    if answer.unknown_language:
        yield Text(_foreign(answer.unknown_language), "dim")
        yield Text()
    if answer.corrections:
        yield Text(" ".join(map(_repaired, answer.corrections)), "dim")
        yield Text()
    if not answer.answered:
        yield Text(NO_ANSWER, "bold")
        if not answer.excerpts:
            yield from reasons
            return
        yield Text(CLOSEST, "dim")
        yield Text()
    yield from _excerpts(answer, 0, reasons)
    yield Text()
    # Nothing is ever certain, whatever it rounds to.
    sure = f"confidence {min(100 * answer.confidence, 99):.0f} %"
    yield Text(f"{answer.elapsed_ms:,.0f} ms · {sure}", "dim")
    yield from reasons[len(answer.excerpts) :]


def _repaired(repair: Correction) -> str:
    return f"Searched for “{visible(repair.searched)}” instead of “{visible(repair.written)}”."


def _foreign(foreign: UnknownLanguage) -> str:
    searched = (
        f"searched for: {visible(foreign.searched)}"
        if foreign.share
        else "the articles have none of the words."
    )
    known = language_names(foreign.languages)
    return f"The encoder {visible(foreign.encoder)} knows {known} only; {searched}"


def _excerpts(answer: Answer, shown: int, reasons: Sequence[Part] = ()) -> Iterator[Part]:
    for number, excerpt in answer.cited():
        if number <= shown:
            continue
        if number > shown + 1:
            yield Text()
        yield _quote(excerpt, answer.answered)
        yield citation(number, excerpt, answer.answered)
        yield from reasons[number - 1 : number]


def _quote(excerpt: Excerpt, answers: bool) -> Quote:
    text, best_style = (Text("“"), _BEST) if answers else (Text("“", "dim"), None)
    for run, best in _runs(excerpt):
        folded = _SPACE.sub(" ", run)
        if text.plain.endswith((" ", "“")):
            folded = folded.lstrip()
        text.append(visible(folded), best_style if best else None)
    text.rstrip()
    return Quote(text.append("”"), ACCENT if answers else "dim")


def _runs(excerpt: Excerpt) -> Iterator[tuple[str, bool]]:
    """Yield the whole text in pieces, and of each whether it is highlighted."""
    done = 0
    for start, end in sorted(excerpt.highlights):
        yield excerpt.text[done : max(start, done)], False
        yield excerpt.text[max(start, done) : end], True
        done = max(end, done)
    yield excerpt.text[done:], False


def citation(number: int, excerpt: Excerpt, answers: bool) -> Text:
    """Draw an excerpt's citation; dimmer if it does not answer."""
    source = excerpt.source
    url = source.url if source.url and _LINK.fullmatch(source.url) else None
    line = Text(style="" if answers else "dim", overflow="fold")
    line.append(f"[{number}] ", _BEST if answers else None)
    line.append(_title(source), Style(link=url))
    also = ", ".join(" ".join(one.title.split()) for one in excerpt.also[:_ALSO])
    if len(excerpt.also) > _ALSO:
        also += f" and {len(excerpt.also) - _ALSO:,} more"
    parts = (_date(source), _place(excerpt), source.url)
    for part in (*parts, also and f"also in {also}"):
        if part:
            line.append(" ").append(f"· {visible(part)}", "dim")
    return line


def _place(excerpt: Excerpt) -> str:
    place = f"paragraph {excerpt.paragraph}"
    return place if excerpt.page is None else f"page {excerpt.page:,}, {place}"


def sources(sources: Sequence[Source]) -> RenderableType:
    """Draw a list of articles."""
    return Group(*map(_source, sources), Text(), Text(counted(len(sources), "article"), "dim"))


def sources_text(sources: Sequence[Source]) -> str:
    """Write a line per article."""
    return "\n".join(_source(source).plain for source in sources)


def _source(source: Source) -> Text:
    line = Text(_title(source), overflow="fold")
    for part in (_date(source), source.path):
        if part:
            line.append(f" · {visible(part)}", "dim")
    return line


def _title(source: Source) -> str:
    return visible(" ".join(source.title.split()))


def _date(source: Source) -> str | None:
    return source.date.isoformat() if source.date else None


def article(article: Article, paragraph: int | None) -> RenderableType:
    """Draw an article, its paragraphs numbered in the margin and the given one emphasised."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    for number, text in _paragraphs(article):
        mark, style = (_BEST, ACCENT) if number == paragraph else ("dim", "")
        table.add_row()
        table.add_row(Text(f"¶ {number}", mark), Text(text, style, overflow="fold"))
    head = Text(_title(article.source), "bold")
    return Constrain(Group(head, Text(_about(article.source), "dim"), table), WIDTH)


def article_text(article: Article, paragraph: int | None) -> str:
    """Write an article with numbered paragraphs as plain text, `>` before the given one."""
    # Only here, for what cuts sentences takes a while to load.

    blocks = [
        f"{'> ' if number == paragraph else ''}¶ {number}  {text}"
        for number, text in _paragraphs(article)
    ]
    return "\n\n".join([f"{_title(article.source)}\n{_about(article.source)}", *blocks])


def _paragraphs(article: Article) -> Iterator[tuple[int, str]]:
    # Only here, for what cuts sentences takes a while to load.
    from retrieval.chunking import split_paragraphs

    for number, (start, end) in enumerate(split_paragraphs(article.text), start=1):
        lines = article.text[start:end].expandtabs(4).split("\n")
        yield number, "\n".join(visible(line) for line in lines)


def _about(source: Source) -> str:
    about = (source.author, source.language, ", ".join(source.tags), source.url, source.path)
    parts = (_date(source), *about)
    return " · ".join(visible(part) for part in parts if part)


def status(values: Mapping[str, str]) -> RenderableType:
    """Draw names and values."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in _labelled(values):
        table.add_row(Text(name, ACCENT), Text(value, overflow="fold"))
    return table


def status_text(values: Mapping[str, str]) -> str:
    """Write a line per value."""
    return "\n".join(f"{name}: {value}" for name, value in _labelled(values))


def _labelled(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if value:
            yield visible(name.replace("_", " ")), visible(value)


class Part(Protocol):
    """What can be drawn, and written as plain text of the same words."""

    @property
    def plain(self) -> str:
        """The text, without a line feed at its end."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Text behind a bar of a style."""

    text: Text
    bar: str

    @property
    def plain(self) -> str:
        """The text without the bar."""
        return self.text.plain

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, the bar before each line."""
        bar = ("| " if options.ascii_only else "▎ ", self.bar)
        for line in self.text.wrap(console, max(1, options.max_width - 2)):
            line.rstrip()
            yield Text.assemble(bar, line)
