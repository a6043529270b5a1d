"""The clipboard, the desktop's programs and the pager; programs of the tests stand for them."""

from __future__ import annotations

import io
import os
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest
from rich.console import Console

from bot.command import Run
from bot.terminal import ArticleDrawing
from bot.terminal.pager import page
from config import Settings
from retrieval.types import Article, Source
from tests.bot.terminal.test_console import Talk, library

TEXT = "\n\n".join(f"Paragraph {number} of a long article." for number in range(1, 41))
LONG = ArticleDrawing(Article(Source("a.md", "A"), TEXT), range(12, 14))


class Programs:
    """Programs that come before those of the machine, and write down what they are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, status: int = 0) -> None:
        """Add one that writes its arguments, a line each, and what it reads to files."""
        lines = ["#!/bin/sh", f'printf "%s\\n" "$@" > {self.folder}/{name}.given']
        lines += [f"cat > {self.folder}/{name}.read", f"exit {status}"]
        (self.folder / name).write_text("\n".join(lines))
        (self.folder / name).chmod(0o700)

    def given(self, name: str) -> list[str]:
        return (self.folder / f"{name}.given").read_text().splitlines()

    def read(self, name: str) -> str:
        return (self.folder / f"{name}.read").read_text()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "programs"
    folder.mkdir()
    # `cat` and the shell are all that they need.
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    for name in ("PAGER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return Programs(folder)


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    side, other = os.openpty()
    termios.tcsetwinsize(other, (24, 80))
    with os.fdopen(other, "w") as file:
        yield file
    os.close(side)


ARTICLES = {
    "crows.md": "---\nurl: https://example.org/crows\n---\n# Crows\n\nCrows recognise human faces.",
    "-tides.md": "---\nurl: javascript:alert(1)\n---\n# Tides\n\nThe moon raises tides.",
}


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("Who can recognise human faces?", "https://example.org/crows"),
        ("moon tides", "{folder}/articles/-tides.md"),
    ],
)
@pytest.mark.parametrize(("status", "reply"), [(0, "Opened {place}"), (3, "Nothing here opens it")])
def test_a_citation_is_opened_at_its_address_else_as_a_file(
    tmp_path: Path, programs: Programs, question: str, place: str, status: int, reply: str
) -> None:
    talk = Talk(library(tmp_path, ARTICLES), plain=True)
    programs.add("xdg-open", status)
    place = place.format(folder=tmp_path)
    talk(question)
    assert talk("/open 1").startswith(reply.format(place=place))
    assert programs.given("xdg-open") == [place]


def test_what_cannot_be_opened_is_said_with_its_place(tmp_path: Path, programs: Programs) -> None:
    talk = Talk(library(tmp_path, ARTICLES), plain=True)
    file = tmp_path / "articles" / "-tides.md"
    if not os.access("/bin/xdg-open", os.X_OK):
        assert talk("/open tides") == f"Nothing here opens it; it is at {file}"
    file.unlink()
    assert talk("/open tides") == f"-tides.md is no longer in {file.parent}."


def test_a_post_is_opened_as_the_file_that_it_is_in(tmp_path: Path, programs: Programs) -> None:
    entry = "<item><title>Tides</title><guid>1</guid><description>The moon raises tides." \
        "</description></item>"  # fmt: skip
    feed = f'<rss version="2.0"><channel><title>Sea</title>{entry}</channel></rss>'
    talk = Talk(library(tmp_path, {"sea.xml": feed}), plain=True)
    programs.add("xdg-open")
    assert "#" in talk("/sources")
    assert talk("/open tides") == f"Opened {tmp_path}/articles/sea.xml"


def test_an_excerpt_is_copied_with_where_it_is_from(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(library(tmp_path, ARTICLES), plain=True)
    programs.add("xclip")
    talk("Who can recognise human faces?")
    assert talk("/copy 1") == "There is no clipboard here."
    monkeypatch.setenv("DISPLAY", ":0")
    assert talk("/copy [1]") == "Copied."
    assert programs.read("xclip") == (
        "“Crows recognise human faces.”\nCrows · paragraph 1 · https://example.org/crows"
    )


def test_a_long_article_is_paged_from_its_marked_paragraph(
    programs: Programs, terminal: TextIO
) -> None:
    programs.add("less")
    console = Console(file=terminal, _environ={"TERM": "xterm-256color"})
    assert page(LONG, console, LONG.opening)
    lines = programs.read("less").rstrip().splitlines()
    *options, line = programs.given("less")
    assert options == ["-R", "-j3"]
    assert "> ¶ 12" in lines[int(line) - 1]
    # The last ones open so that they fill the screen.
    last = ArticleDrawing(LONG.article, range(40, 41))
    assert page(last, console, last.opening)
    assert programs.given("less")[-1] == f"+{len(lines) - console.height + 4}"


def test_a_command_pages_what_it_is_told_to(
    programs: Programs, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("less")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", terminal)
    run = Run(Settings(), {}, False, False, ())
    run.print({}, LONG)
    assert not (programs.folder / "less.given").exists()
    run.print({}, LONG, paged=True)
    assert programs.given("less") == ["-R", "-j3", "+1"]
    assert "Paragraph 40" in programs.read("less")


def test_the_pager_is_the_users(
    programs: Programs, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("mine")
    monkeypatch.setenv("PAGER", "mine --plain 'two words'")
    assert page(LONG, Console(file=terminal, _environ={"TERM": "xterm"}), LONG.opening)
    assert programs.given("mine") == ["--plain", "two words"]
    assert "Paragraph 40" in programs.read("mine")


def test_what_fits_or_cannot_be_paged_is_left_to_be_printed(
    programs: Programs, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("less")
    short = ArticleDrawing(Article(Source("a.md", "A"), "One."))
    assert not page(short, Console(file=terminal, _environ={"TERM": "xterm"}))
    assert not page(LONG, Console(file=terminal, _environ={"TERM": "dumb"}))
    assert not page(LONG, Console(file=terminal, force_terminal=False))
    assert not page(LONG, Console(file=io.StringIO(), force_terminal=True, height=24))
    for pager in ("nothing-of-this-name", "less 'open"):
        monkeypatch.setenv("PAGER", pager)
        assert not page(LONG, Console(file=terminal, _environ={"TERM": "xterm"}))
    assert not (programs.folder / "less.given").exists()
