"""An index that cannot be written: the command line answers from it, or says so in one line."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.command import WORLD_AT_FAULT

pytestmark = pytest.mark.slow

# From linux/prctl.h and linux/capability.h: root's right to pass over permission bits.
_CAPBSET_DROP, _DAC_OVERRIDE, _DAC_READ_SEARCH = 24, 1, 2


def obey_permission_bits() -> None:
    """Give up what lets root write where nobody may; done between fork and exec."""
    if os.geteuid() == 0:
        for right in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(_CAPBSET_DROP, right, 0, 0, 0)


def run(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = ["--articles", str(folder / "articles"), "--index", str(folder / "index")]
    return subprocess.run(
        [sys.executable, "-m", "bot", command, *places, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=obey_permission_bits,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_an_index_that_cannot_be_written_answers_as_it_is(tmp_path: Path, encoder: object) -> None:
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    (articles / "ferry.txt").write_text("The ferry leaves at seven.", encoding="utf-8")
    assert run(tmp_path, "refresh").returncode == 0
    (articles / "bees.txt").write_text("Honey bees do not hibernate.", encoding="utf-8")
    paths = [*index.rglob("*"), index]
    for path in paths:
        path.chmod(0o500 if path.is_dir() else 0o400)

    asked = run(tmp_path, "ask", "When does the ferry leave?")
    refreshed = run(tmp_path, "refresh")

    for path in reversed(paths):
        path.chmod(0o700)
    assert "The ferry leaves at seven." in asked.stdout
    assert "cannot be written" in asked.stderr
    assert asked.stderr.strip().endswith("answering from the index as it is")
    assert refreshed.returncode == WORLD_AT_FAULT
    assert "cannot be written" in refreshed.stderr.splitlines()[-1]
    assert "Traceback" not in asked.stderr + refreshed.stderr
