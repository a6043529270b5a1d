"""Parts that an answer is drawn from, each of which can be written as plain text too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text


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
