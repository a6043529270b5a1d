"""Draw a chat about the articles that ship: `python tests/bot/picture.py OUT.svg`.

The library is opened and asked as `excerpta chat` does, and drawn by the same code; nothing in the
picture is written by hand but the questions. Run it where `seeds` is.
"""

from __future__ import annotations

import re
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.build import open_library
from bot.display import ACCENT
from bot.terminal import Chat
from bot.terminal.console import PROMPT
from config import Settings

QUESTIONS = (
    "Why did communications fail?",
    "What is the capital of Mongolia?",
)
WIDTH = 92
# All of them advance by about 0.6 of their size, as the grid of the picture does.
FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def draw(questions: tuple[str, ...]) -> str:
    """Ask the questions and return the chat as SVG without anything from elsewhere."""
    console = Console(
        record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(overrides={"index": {"folder": folder}})
        chat = Chat(open_library(settings, lambda _: None), console, console)
        chat.greet()
        for question in questions:
            console.print(Text.assemble((PROMPT, f"bold {ACCENT}"), question))
            chat.handle(question)
    console.print(Text(PROMPT, f"bold {ACCENT}"))
    svg = console.export_svg(title="excerpta chat", font_aspect_ratio=0.602, unique_id="chat")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", FONTS).replace("arial", "sans-serif")
    # Some viewers drop the space that a change of colour begins with.
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


if __name__ == "__main__":
    (out,) = sys.argv[1:]
    Path(out).write_text(draw(QUESTIONS), encoding="utf-8")
