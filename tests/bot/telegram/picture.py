"""Draw the bot's messages as on a phone: `python -m tests.bot.telegram.picture OUT.svg`.

The library is opened and asked as the bot does, the messages are those that it sends, and nothing
in the picture is written by hand but the questions. Run it where `seeds` is.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from bot.build import open_library
from bot.conversation import Conversation, Introductions
from bot.languages import LANGUAGES
from bot.telegram.views import answers as views
from bot.telegram.views import notices
from bot.telegram.views.message import Button, Message
from config import Settings
from retrieval.types import Source

QUESTIONS = (
    "Why did communications fail?",
    "What is the capital of Mongolia?",
)
WIDTH, EDGE, GAP = 520, 12, 10
BUBBLE, PAD, RADIUS = 456, 14, 16
SIZE, LINE, BUTTON = 16, 22, 38
INDENT = 12
"""From the bar of a quote to its text."""
FONTS = (
    "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif, "
    "'Apple Color Emoji', 'Segoe UI Emoji', 'Noto Color Emoji'"
)

STYLE = f"""
text {{ font-family: {FONTS}; font-size: {SIZE}px; fill: #14181c; white-space: pre; }}
.bold {{ font-weight: 600; }}
.italic {{ font-style: italic; fill: #5c6770; }}
.text_link {{ fill: #1a78c2; }}
.label {{ fill: #ffffff; text-anchor: middle; font-weight: 500; }}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that look the same.

    Attributes:
        kinds: Types of the entities that they are in.
    """

    text: str
    kinds: frozenset[str] = frozenset()

    @property
    def width(self) -> float:
        """In pixels, for the widest of the fonts."""
        return sum(map(advance, self.text)) * SIZE * (1.13 if "bold" in self.kinds else 1.0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message.

    Attributes:
        quoted: Whether it stands in a block quote.
    """

    runs: tuple[Run, ...]
    quoted: bool

    @property
    def width(self) -> float:
        """In pixels, with the bar of a quote."""
        return sum(run.width for run in self.runs) + self.quoted * INDENT


def advance(character: str) -> float:
    """Return about how wide a character is, in parts of its size."""
    for characters, width in (
        ("\u2060\u2068\u2069\u200d\ufe0f", 0.0),
        ("ijl.,:;'| ·", 0.32),
        ("frt!()[]-“”‘’/‹", 0.41),
        ("wM%—…", 0.86),
        ("mW", 0.98),
    ):
        if character in characters:
            return width
    return 0.7 if character.isupper() else 0.62 if ord(character) < 0x2000 else 1.1


def lines(message: Message, room: float) -> list[Line]:
    """Break a message into lines, as wide as the room at most, between words."""
    found: list[Line] = []
    for paragraph in _paragraphs(message):
        quoted = any("blockquote" in kind for _, kinds in paragraph for kind in kinds)
        width = room - quoted * INDENT
        line: list[Run] = []
        for word in _words(paragraph):
            if line and sum(run.width for run in [*line, *word]) > width:
                found.append(Line(tuple(line), quoted))
                line = []
            line += word
        found.append(Line(tuple(line), quoted))
    return found


def _paragraphs(message: Message) -> Iterator[list[tuple[str, frozenset[str]]]]:
    """Yield each line of the text, as characters with the entities they are in."""
    paragraph: list[tuple[str, frozenset[str]]] = []
    place = 0
    for character in message.text:
        kinds = frozenset(
            str(entity.type)
            for entity in message.entities
            if entity.offset <= place < entity.offset + entity.length
        )
        place += 1 + (ord(character) > 0xFFFF)
        if character == "\n":
            yield paragraph
            paragraph = []
        else:
            paragraph.append((character, kinds))
    yield paragraph


def _words(paragraph: list[tuple[str, frozenset[str]]]) -> Iterator[list[Run]]:
    """Yield each word with the space behind it."""
    word: list[tuple[str, frozenset[str]]] = []
    for place, one in enumerate(paragraph):
        word.append(one)
        if one[0] == " " or place == len(paragraph) - 1:
            yield [
                Run("".join(character for character, _ in same), kinds)
                for kinds, same in groupby(word, key=lambda one: one[1])
            ]
            word = []


def bubble(message: Message, top: float, *, asked: bool = False) -> tuple[str, float]:
    """Draw a message with its buttons, and return the height it takes."""
    found = lines(message, BUBBLE - 2 * PAD)
    width = max(line.width for line in found) + 2 * PAD if asked else BUBBLE
    left = WIDTH - EDGE - width if asked else EDGE
    height = len(found) * LINE + 2 * PAD - 6
    colour = "#d9f3c5" if asked else "#ffffff"
    parts = [_box(left, top, width, height, f'fill="{colour}"')]
    y = top + PAD - 3
    for quoted, block in groupby(found, key=lambda line: line.quoted):
        block_lines = list(block)
        if quoted:
            tall = len(block_lines) * LINE
            wide = width - 2 * PAD + 8
            parts += [
                _box(left + PAD - 4, y - 1, wide, tall + 2, 'fill="#e8f2fb"', radius=5),
                _box(left + PAD - 4, y - 1, 4, tall + 2, 'fill="#3390dc"', radius=2),
            ]
        for line in block_lines:
            x = left + PAD + quoted * INDENT
            spans = "".join(
                f'<tspan class="{" ".join(sorted(run.kinds))}">{escape(run.text)}</tspan>'
                for run in _merged(line.runs)
            )
            parts.append(f'<text x="{x:.0f}" y="{y + LINE - 6:.0f}">{spans}</text>')
            y += LINE
    bottom = top + height
    for row in message.buttons:
        parts.append(_row(row, bottom + 4))
        bottom += 4 + BUTTON
    return "\n".join(parts), bottom - top


def _merged(runs: tuple[Run, ...]) -> Iterator[Run]:
    for kinds, same in groupby(runs, key=lambda run: run.kinds):
        yield Run("".join(run.text for run in same), kinds)


def _row(row: tuple[Button, ...], top: float) -> str:
    width = (BUBBLE - 4 * (len(row) - 1)) / len(row)
    parts = []
    for place, button in enumerate(row):
        left = EDGE + place * (width + 4)
        parts.append(_box(left, top, width, BUTTON, 'fill="#5f87a6" fill-opacity=".85"', radius=10))
        label = f'class="label" x="{left + width / 2:.0f}" y="{top + BUTTON / 2 + 6:.0f}"'
        parts.append(f"<text {label}>{escape(button.text)}</text>")
    return "\n".join(parts)


def _box(
    left: float, top: float, width: float, height: float, look: str, radius: float = RADIUS
) -> str:
    place = f'x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<rect {place} rx="{radius:g}" {look}/>'


def draw(conversation: list[tuple[str, Message]]) -> str:
    """Return questions and what is said to them as SVG without anything from elsewhere."""
    parts = []
    top = float(EDGE)
    for question, reply in conversation:
        for message, asked in ((Message(question), True), (reply, False)):
            drawn, height = bubble(message, top, asked=asked)
            parts.append(drawn)
            top += height + GAP
    height = top - GAP + EDGE
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" {size}>',
            f"<style>{STYLE}</style>",
            _box(0, 0, WIDTH, height, 'fill="#c3d6e3"', radius=20),
            *parts,
            "</svg>\n",
        ]
    )


def ask(questions: tuple[str, ...]) -> list[tuple[str, Message]]:
    """Start, and ask the articles that ship."""
    english = LANGUAGES["en"]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(overrides={"index": {"folder": folder}})
        library = open_library(settings, lambda _: None)
        introductions = Introductions(library, Conversation(library))
        conversation = [("/start", notices.introduction(english, introductions.of(english)))]
        introductions.close()
        for number, question in enumerate(questions, start=1):
            answer = library.answerer.answer(question)
            reply = (
                views.answer(answer, english, number=number, more=True, preview=False, link=_link)
                if answer.answered
                else views.unanswered(answer, english, number=number, link=_link)
            )
            conversation.append((question, reply))
    return conversation


def _link(source: Source) -> str:
    return f"https://t.me/bot?start={source.path}"


if __name__ == "__main__":
    (out,) = sys.argv[1:]
    Path(out).write_text(draw(ask(QUESTIONS)), encoding="utf-8")
