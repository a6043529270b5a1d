"""Drawings of replies in a terminal, and as plain text in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.style import Style
from rich.text import Text

from bot.conversation import ArticleList, Continuation, Origin, Reply, Summary, closing, opening
from bot.display import ACCENT, Readable, apart, link_to, one_line, visible
from bot.languages import language_of
from bot.terminal.answers import ExcerptsDrawing
from bot.terminal.articles import title_of
from retrieval.types import Excerpt


@dataclass(frozen=True, slots=True)
class ReplyDrawing:
    """A reply: what it says, and the articles or the sentences that it quotes."""

    reply: Reply

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        yield Readable(*_parts(self.reply))


def _parts(reply: Reply) -> Iterator[RenderableType]:
    first, *others = opening(reply).split("\n\n")
    yield Text(visible(first))
    for paragraph in others:
        yield Text()
        yield Text(visible(paragraph))
    match reply:
        case ArticleList():
            for article in reply.articles:
                yield Text()
                yield from _article(article)
        case Summary() | Origin():
            yield Text()
            yield ExcerptsDrawing(reply.answer, 0, language_of(reply.language))
        case Continuation():
            yield Text()
            yield ExcerptsDrawing(reply.answer, reply.shown, language_of(reply.language))
    last = closing(reply)
    if last:
        yield Text()
        yield Text(visible(last), "dim")


def _article(lead: Excerpt) -> Iterator[Text]:
    style = Style.parse(f"bold {ACCENT}") + link_to(lead.source.url)
    line = Text("• ", overflow="fold").append(title_of(lead.source), style)
    for part in filter(None, (lead.source.iso_date, lead.source.path)):
        line.append(f" · {apart(part)}", "dim")
    yield line
    yield Text(visible(one_line(lead.text)))
