from __future__ import annotations

import io
import logging
import re
import sys

import pytest
from rich.console import Console

from bot.terminal import Asking, Building
from retrieval.refresh import RefreshProgress

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def console(file: io.StringIO, **environment: str) -> Console:
    return Console(file=file, width=100, _environ={"TERM": "xterm-256color", **environment})


def words(file: io.StringIO) -> str:
    """What was written, without control sequences."""
    return re.sub(r"\x1b\[[?\d;]*[A-Za-z]|\r", "", file.getvalue())


def erases_its_lines(file: io.StringIO) -> bool:
    """Whether the last that was written goes up and erases the line there."""
    return file.getvalue().endswith("\r\x1b[1A\x1b[2K")


def test_what_takes_long_is_announced_and_taken_away() -> None:
    file = Terminal()
    with Building(console(file)) as building:
        building.announce("looking")
        building.announce("compiling [the] encoder")
    assert re.search(r"compiling \[the\] encoder · 0:00:0\d", words(file))
    assert "looking" not in words(file).splitlines()[-1]
    assert file.getvalue().index(HIDE) < file.getvalue().rindex(SHOW)
    assert erases_its_lines(file)


def test_the_bar_tells_how_far_it_is() -> None:
    file = Terminal()
    with Building(console(file)) as building:
        building.update(RefreshProgress(articles=1_250, total=9_000, chunks=0, encoded=64))
        building.update(RefreshProgress(articles=1_400, total=9_000, chunks=2_500, encoded=1_128))
    last = words(file).splitlines()[-1]
    assert re.search(r"1,400/9,000 articles, 2,500 chunks, [\d,]+/s · 0:00:00 · [-\d:]+ left", last)
    assert erases_its_lines(file)


def test_what_is_logged_appears_when_the_drawing_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Terminal()
    monkeypatch.setattr(sys, "stderr", file)
    handler = logging.StreamHandler(file)
    handler.name = "excerpta"
    logging.getLogger().addHandler(handler)
    with Building(console(file)) as building:
        building.announce("compiling")
        logging.getLogger("bot").warning("a warning")
        building.update(RefreshProgress(articles=1, total=9, chunks=9, encoded=9))
        assert "a warning" not in words(file)
    logging.getLogger().removeHandler(handler)
    assert words(file).endswith("a warning\n")


def test_nothing_is_drawn_where_nothing_is_to_be_done() -> None:
    file = Terminal()
    with Building(console(file)) as building:
        building.update(RefreshProgress(articles=0, total=0, chunks=0, encoded=0))
        building.update(RefreshProgress(articles=3, total=3, chunks=0, encoded=0))
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        (io.StringIO(), {}),
        (io.StringIO(), {"FORCE_COLOR": "1"}),
        (Terminal(), {"TERM": "dumb"}),
    ],
)
def test_nothing_is_drawn_where_it_cannot_be(
    file: io.StringIO, environment: dict[str, str]
) -> None:
    with Building(console(file, **environment)) as building:
        building.announce("compiling")
        building.update(RefreshProgress(articles=1, total=9, chunks=9, encoded=9))
    with Asking(console(file, **environment), 3) as asking:
        asking.update(2)
    assert file.getvalue() == ""


def fail(building: Building, fault: BaseException) -> None:
    with building:
        building.update(RefreshProgress(articles=1, total=9, chunks=9, encoded=9))
        raise fault


def test_ctrl_c_notes_that_what_was_encoded_is_kept() -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        fail(Building(console(Terminal())), KeyboardInterrupt())
    assert caught.value.__notes__ == [
        "what was encoded is kept, and the next start goes on from there"
    ]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_the_terminal_is_restored_whatever_happens(kind: type[BaseException]) -> None:
    file = Terminal()
    with pytest.raises(kind, match="stop"):
        fail(Building(console(file)), kind("stop"))
    assert file.getvalue().count(HIDE) == file.getvalue().count(SHOW) == 1
    assert erases_its_lines(file)


def test_how_many_questions_are_asked_is_told_and_taken_away() -> None:
    file = Terminal()
    with Asking(console(file), 1_200) as asking:
        asking.update(1_100)
    assert "1,100/1,200 questions" in words(file)
    assert erases_its_lines(file)
