"""The commands that keep the index, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.bot.test_cli import Shell, shell
from tests.paths import ROOT

pytestmark = pytest.mark.slow

__all__ = ["shell"]

WORLD_AT_FAULT = 3


def folders(shell: Shell) -> list[str]:
    return sorted(path.name for path in shell.index.iterdir() if path.is_dir())


def test_a_dry_run_says_what_would_change_and_writes_nothing(shell: Shell) -> None:
    assert sorted(shell.json("refresh", "--dry-run")["added"]) == ["bees.md", "ferry.txt"]
    assert not shell.index.exists()
    shell.run("refresh")
    (shell.articles / "bees.md").rename(shell.articles / "sub.md")
    (shell.articles / "ferry.txt").write_text("The island ferry\n\nIt sank.")
    (shell.articles / "empty.txt").touch()
    (shell.articles / "new.txt").write_text("The mill\n\nIt burnt down.")
    before = {path: path.stat().st_mtime_ns for path in shell.index.rglob("*.sqlite")}

    seen = shell.json("refresh", "--dry-run")
    text = shell.run("refresh", "--dry-run").stdout

    assert seen["renamed"] == [{"from": "bees.md", "to": "sub.md"}]
    assert (seen["added"], seen["modified"], seen["deleted"]) == (
        ["new.txt", "sub.md"], ["ferry.txt"], ["bees.md"],
    )  # fmt: skip
    assert [one["article"] for one in seen["skipped"]] == ["empty.txt"]
    assert text.splitlines() == [
        "renamed bees.md -> sub.md",
        "added new.txt",
        "modified ferry.txt",
        "skipped empty.txt: an empty file",
        "3 changes, 0 files unchanged; nothing was written",
    ]
    assert before == {path: path.stat().st_mtime_ns for path in shell.index.rglob("*.sqlite")}


def test_a_rollback_holds_until_somebody_refreshes(shell: Shell) -> None:
    shell.run("refresh")
    (shell.articles / "ferry.txt").unlink()
    assert shell.json("refresh")["deleted"] == 1

    back = shell.json("rollback")

    assert (back["generation"], back["content"], back["articles"]) == (3, 1, 2)
    answer = shell.json("ask", "When does the ferry leave?")
    assert answer["generation"] == 3
    assert answer["excerpts"][0]["article"] == "ferry.txt"
    assert "rolled back" in shell.json("status")["held"]
    again = shell.json("refresh")
    assert (again["generation"], again["deleted"], again["encoded"]) == (4, 1, 0)
    assert shell.json("status")["held"] is None


def test_a_rollback_that_cannot_be_is_said_in_a_line(shell: Shell) -> None:
    assert "no index in" in shell.fails(WORLD_AT_FAULT, "rollback")
    shell.run("refresh")
    assert "is not kept (kept: no other" in shell.fails(WORLD_AT_FAULT, "rollback")
    assert "generation 9 is not kept" in shell.fails(WORLD_AT_FAULT, "rollback", "9")


def test_a_rebuild_takes_another_encoder(shell: Shell) -> None:
    shell.run("refresh")
    other = {"EXCERPTA_ENCODER__PASSAGE_PROMPT": "passage: "}
    assert "refresh --rebuild" in shell.fails(WORLD_AT_FAULT, "refresh", **other)

    report = json.loads(shell.run("refresh", "--rebuild", "--json", **other).stdout)

    assert (report["rebuilt"], report["added"]) == (True, 2)
    assert shell.run("ask", "When does the ferry leave?", **other).returncode == 0


@pytest.mark.parametrize("change", [False, True])
def test_a_refresh_without_a_change_loads_no_encoder(shell: Shell, change: bool) -> None:
    shell.run("refresh")
    if change:
        (shell.articles / "new.txt").write_text("The mill\n\nIt burnt down.")
    code = (
        "import sys; from bot.cli import app\n"
        "try: app()\n"
        "except SystemExit: print('openvino' in sys.modules, 'faiss' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *shell.arguments("refresh")[3:]],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        cwd=ROOT,
    )
    assert done.stdout.splitlines()[-1] == f"{change} {change}", (done.stdout, done.stderr)
