"""Printing of a written answer: its sentences as they come, or a part of a JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.answers import Answer
from bot.display import Readable, show, visible
from bot.writing.writer import Writer, Written

WRITTEN = "Written by {model} from the excerpts above; what they do not support is left out:"


def print_written(answer: Answer, writer: Writer, out: Console) -> None:
    """Print the supported sentences of a written answer as they come, below a line with its model.

    Args:
        answer: The answer, which is printed already; nothing is printed if it does not answer.
        writer: The writer.
        out: The console to print on.
    """

    def line(text: Text) -> None:
        show(Readable(text), out)

    model = visible(writer.model)
    waits = answer.answered and out.is_terminal
    begun = False
    with out.status(Text(f"{model} is writing", "dim")) if waits else nullcontext():
        for sentence in writer.written(answer):
            if not sentence.supported:
                continue
            if not begun:
                line(Text(WRITTEN.format(model=model), "dim"))
            line(Text(visible(sentence.text)))
            begun = True
    if begun:
        line(Text())


def written_document(writer: Writer, sentences: Sequence[Written]) -> dict[str, Any] | None:
    """Return all sentences of a written answer as `--json` prints them; None if it has none."""
    if not sentences:
        return None
    return {
        "model": writer.model,
        "sentences": [
            {"text": one.text, "citations": list(one.citations), "supported": one.supported}
            for one in sentences
        ],
    }
