"""Drawings of an answer: its excerpts, each with its citation below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.style import Style
from rich.text import Text

from bot.display import ACCENT, Readable, apart, line_from_right, runs_from_right, visible
from bot.language_names import language_names
from retrieval.types import Excerpt, Source

if TYPE_CHECKING:
    from bot.answers import Answer
    from retrieval.search import Correction, UnknownLanguage

NO_ANSWER = "The articles do not answer this."
CLOSEST = "Closest excerpts, which may not answer:"

_BEST = f"bold {ACCENT}"
# So many other articles with the same words are named.
_ALSO = 3

_SPACE = re.compile(r"\s+")
_LINK = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class AnswerDrawing:
    """An answer: its excerpts, then time and confidence.

    Attributes:
        reasons: What is drawn below each citation, then what is drawn at the end; see
            `reasons_below`.
    """

    answer: Answer
    reasons: Sequence[RenderableType] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        yield Readable(*_answer(self.answer, self.reasons))


@dataclass(frozen=True, slots=True)
class ExcerptsDrawing:
    """The excerpts of an answer after the first `shown`, with their numbers."""

    answer: Answer
    shown: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        yield Readable(*_excerpts(self.answer, self.shown))


def _answer(answer: Answer, reasons: Sequence[RenderableType]) -> Iterator[RenderableType]:
    if answer.understood:
        yield Text(f"Understood as: {apart(answer.understood)}", "dim")
        yield Text()
    if answer.unknown_language:
        yield Text(_unknown_language(answer.unknown_language), "dim")
        yield Text()
    if answer.corrections:
        yield Text(" ".join(map(_corrected, answer.corrections)), "dim")
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
    # A confidence never rounds to 100 %, as nothing is certain.
    confidence = f"confidence {min(100 * answer.confidence, 99):.0f} %"
    yield Text(f"{answer.elapsed_ms:,.0f} ms · {confidence}", "dim")
    yield from reasons[len(answer.excerpts) :]


def _corrected(correction: Correction) -> str:
    return f"Searched for “{apart(correction.searched)}” instead of “{apart(correction.written)}”."


def _unknown_language(found: UnknownLanguage) -> str:
    searched = (
        f"searched for: {apart(found.searched)}"
        if found.share
        else "the articles have none of the words."
    )
    known = language_names(found.languages)
    return f"The encoder {visible(found.encoder)} knows {known} only; {searched}"


def _excerpts(
    answer: Answer, shown: int, reasons: Sequence[RenderableType] = ()
) -> Iterator[RenderableType]:
    for number, excerpt in answer.cited():
        if number <= shown:
            continue
        if number > shown + 1:
            yield Text()
        yield _quotation(excerpt, answer.answered)
        yield citation_line(number, excerpt, answer.answered)
        yield from reasons[number - 1 : number]


@dataclass(frozen=True, slots=True)
class _Quotation:
    """Text with a bar on its left; a pipe gets no bar."""

    text: Text
    bar: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not options.is_terminal:
            yield self.text
            return
        bar = ("| " if options.ascii_only else "▎ ", self.bar)
        from_right = runs_from_right(self.text.plain)
        for line in self.text.wrap(console, max(1, options.max_width - 2)):
            line.rstrip()
            yield Text.assemble(bar, line_from_right(line) if from_right else line)


def _quotation(excerpt: Excerpt, answers: bool) -> _Quotation:
    text, best_style = (Text("“"), _BEST) if answers else (Text("“", "dim"), None)
    for run, best in _runs(excerpt):
        folded = _SPACE.sub(" ", run)
        if text.plain.endswith((" ", "“")):
            folded = folded.lstrip()
        text.append(visible(folded), best_style if best else None)
    text.rstrip()
    return _Quotation(text.append("”"), ACCENT if answers else "dim")


def _runs(excerpt: Excerpt) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is highlighted."""
    done = 0
    for start, end in sorted(excerpt.highlights):
        yield excerpt.text[done : max(start, done)], False
        yield excerpt.text[max(start, done) : end], True
        done = max(end, done)
    yield excerpt.text[done:], False


def citation_line(number: int, excerpt: Excerpt, answers: bool) -> Text:
    """Return an excerpt's citation; dimmer if it does not answer."""
    source = excerpt.source
    url = source.url if source.url and _LINK.fullmatch(source.url) else None
    line = Text(style="" if answers else "dim", overflow="fold")
    line.append(f"[{number}] ", _BEST if answers else None)
    line.append(_title(source), Style(link=url))
    also = ", ".join(map(_title, excerpt.also[:_ALSO]))
    if len(excerpt.also) > _ALSO:
        also += f" and {len(excerpt.also) - _ALSO:,} more"
    date = source.date.isoformat() if source.date else None
    address = source.url and apart(source.url)
    for part in (date, _place(excerpt), address, also and f"also in {also}"):
        if part:
            line.append(" ").append(f"· {part}", "dim")
    return line


def _title(source: Source) -> str:
    return apart(" ".join(source.title.split()))


def _place(excerpt: Excerpt) -> str:
    place = f"paragraph {excerpt.paragraph}"
    if excerpt.last_paragraph is not None:
        place = f"paragraphs {excerpt.paragraph}–{excerpt.last_paragraph}"
    return place if excerpt.page is None else f"page {excerpt.page:,}, {place}"
