"""`excerpta refresh` with the real encoder: killed, stopped, waited for, and gone on with."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.command import WORLD_AT_FAULT
from tests.bot.shell import Shell
from tests.retrieval.faults.check import problems

pytestmark = pytest.mark.slow

# More than three batches of what is encoded at once, so that three may be begun and not finished.
_COPIES = 450
# Longer than a refresh waits that was not told to.
_A_WHILE_S = 4.0
_TEXT = """\
The ferry to island {n}

The ferry to island {n} leaves at seven in the morning, and on Sundays at nine. It carries forty
cars and a crew of {n}, who sing when the sea is calm.
"""


def test_a_first_build_that_is_killed_again_and_again_encodes_nothing_twice(
    tmp_path: Path, encoder: object
) -> None:
    shell = Shell(tmp_path)
    shell.articles.mkdir()
    for n in range(_COPIES):
        (shell.articles / f"copy{n}.txt").write_text(_TEXT.format(n=n))
    kept = 0
    for _ in range(2):
        with refreshing(shell) as process:
            kept = wait_for_more(shell, kept, process)
            process.kill()
        assert process.returncode == -signal.SIGKILL

    # Told to end, it does so soon and in order.
    with refreshing(shell, "--watch") as process:
        wait_for_more(shell, kept, process)
        process.terminate()
        assert process.wait(30) == 0
    assert problems(shell.index) == []

    with refreshing(shell) as stopped:
        kept = wait_for_more(shell, encodings(shell), stopped)
        stopped.send_signal(signal.SIGSTOP)
        kept = encodings(shell)
        said = shell.fails(WORLD_AT_FAULT, "refresh")
        assert re.search(
            rf"process {stopped.pid}, since \d\d:\d\d:\d\d on .* refresh --wait$", said
        )
        said = shell.fails(WORLD_AT_FAULT, "ask", "When does the ferry leave?")
        assert said.endswith("is being built by another process; wait until it has finished")
        with refreshing(shell, "--wait", "--json") as waiting:
            with pytest.raises(subprocess.TimeoutExpired, match="refresh"):
                waiting.wait(_A_WHILE_S)
            stopped.kill()
            document, _ = waiting.communicate(timeout=100)

    report = json.loads(document)
    assert 0 < kept < _COPIES
    assert (report["generation"], report["added"]) == (1, _COPIES)
    assert report["encoded"] == report["chunks"] - kept
    assert encodings(shell) == report["chunks"] >= _COPIES
    assert not (shell.index / "lock.holder").exists()
    assert problems(shell.index) == []
    answer = shell.json("ask", "When does the ferry to island 117 leave?")
    assert answer["excerpts"][0]["article"] == "copy117.txt"


@contextmanager
def refreshing(shell: Shell, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        shell.arguments("refresh", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_more(shell: Shell, kept: int, process: subprocess.Popen[str]) -> int:
    """Return the number of encodings as soon as there are more."""
    while (found := encodings(shell)) <= kept:
        assert process.poll() is None
        time.sleep(0.02)
    return found


def encodings(shell: Shell) -> int:
    database = shell.index / "1" / "index.sqlite"
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM encodings").fetchone()[0])
    except sqlite3.OperationalError:
        # Not there yet, or without its tables.
        return 0
