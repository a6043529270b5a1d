"""Secrecy: neither a core dump nor another process of the same user has the token."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import rights
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

TOKEN = "123456:not-a-real-token"

PROGRAM = """
import os, resource, subprocess, sys
from bot.telegram.command import hide_memory

most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
if sys.argv[1] == "hidden":
    hide_memory()
subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], env={})
os.abort()
"""


@pytest.mark.parametrize("hidden", [True, False])
def test_the_token_is_seen_only_where_it_is_not_hidden(tmp_path: Path, hidden: bool) -> None:
    # Root may look into any process.
    without_rights = rights.without(*rights.ALL)
    child = subprocess.Popen(
        [*without_rights, sys.executable, "-c", PROGRAM, "hidden" if hidden else "shown"],
        cwd=tmp_path,
        env={**os.environ, "EXCERPTA_TELEGRAM__TOKEN": TOKEN, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with child:
        assert child.stdout is not None
        shown = child.stdout.read()
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert (TOKEN.encode() in shown) is not hidden
    assert ended is not None
    assert ended.si_code == os.CLD_KILLED or not hidden
    assert not hidden or list(tmp_path.iterdir()) == []
