from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.evaluation.command import check_output, write_output
from config import SettingsError


def test_lines_take_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before\n")
    check_output(path, [tmp_path / "in"])
    write_output(path, ["one", "zwei – \ud800"])
    assert path.read_text(encoding="utf-8") == "one\nzwei – ?\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("out")
    write_output(tmp_path / "link", ["one"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out").read_text() == "one\n"


def test_a_file_stays_as_it_was_when_the_lines_break_off(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before\n")

    def breaks_off() -> Iterator[str]:
        yield "one"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_output(path, breaks_off())
    assert path.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BotError, match=r"cannot write .*: it is no file; name another"):
        check_output(tmp_path, [])
    with pytest.raises(BotError, match="cannot write /dev/null: it is no file"):
        check_output(Path("/dev/null"), [])
    with pytest.raises(
        BotError, match=r"cannot write .*: there is no folder .*none; make it first"
    ):
        check_output(tmp_path / "none" / "out", [])
    with pytest.raises(BotError, match=r"cannot write .*out: No such file or directory; name"):
        write_output(tmp_path / "none" / "out", ["one"])


def test_the_questions_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("questions\n")
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(SettingsError, match="link holds the questions, and would be lost"):
        check_output(tmp_path / "link", [tmp_path / "other", tmp_path / "in"])
