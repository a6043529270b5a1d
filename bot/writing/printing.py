"""A written answer on a console: its sentences, line by line, as they come."""

from __future__ import annotations

from contextlib import nullcontext

from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.text import Text

from bot.answers import Answer
from bot.terminal import answers as render
from bot.writing.writer import Writer

WRITTEN = "Written by {model} from the excerpts above; what they do not support is left out:"


def show(answer: Answer, writer: Writer, out: Console, *, plain: bool) -> None:
    """Show the supported sentences of a written answer, and whose words they are.

    Args:
        answer: It stands above already. Nothing is shown where it is none.
        writer: Writes.
        out: Where it stands.
        plain: Whether it is text for a pipe, and not drawn.
    """

    def line(text: Text) -> None:
        drawn: RenderableType = Constrain(text, render.WIDTH)
        out.out(text.plain, highlight=False) if plain else out.print(drawn)

    model = render.visible(writer.model)
    waits = answer.answered and out.is_terminal and not plain
    said = False
    with out.status(Text(f"{model} is writing", "dim")) if waits else nullcontext():
        for sentence in writer.written(answer):
            if not sentence.supported:
                continue
            if not said:
                line(Text(WRITTEN.format(model=model), "dim"))
            line(Text(render.visible(sentence.text)))
            said = True
    if said:
        line(Text())
