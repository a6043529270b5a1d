"""An index that cannot be written: the command line answers from it, or says so in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.command import WORLD_AT_FAULT
from tests import rights
from tests.bot.shell import Shell

pytestmark = pytest.mark.slow


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_an_index_that_cannot_be_written_answers_as_it_is(tmp_path: Path, encoder: object) -> None:
    shell = Shell(tmp_path)
    shell.articles.mkdir()
    (shell.articles / "ferry.txt").write_text("The ferry leaves at seven.", encoding="utf-8")
    assert shell.run("refresh").returncode == 0
    (shell.articles / "bees.txt").write_text("Honey bees do not hibernate.", encoding="utf-8")
    paths = [*shell.index.rglob("*"), shell.index]
    for path in paths:
        path.chmod(0o500 if path.is_dir() else 0o400)

    shell.through = rights.without(rights.DAC_OVERRIDE, rights.DAC_READ_SEARCH)
    asked = shell.run("ask", "When does the ferry leave?")
    refreshed = shell.run("refresh")

    for path in reversed(paths):
        path.chmod(0o700)
    assert "The ferry leaves at seven." in asked.stdout
    assert "cannot be written" in asked.stderr
    assert asked.stderr.strip().endswith("answering from the index as it is")
    assert refreshed.returncode == WORLD_AT_FAULT
    assert "cannot be written" in refreshed.stderr.splitlines()[-1]
    assert "Traceback" not in asked.stderr + refreshed.stderr
