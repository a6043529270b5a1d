"""Secrecy: neither a core dump nor another process of the same user has the token."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

TOKEN = "123456:not-a-real-token"
_CAPBSET_DROP, _RIGHTS = 24, range(41)  # linux/prctl.h and linux/capability.h

PROGRAM = """
import os, subprocess, sys
from bot.telegram.command import hide_memory

if sys.argv[1] == "hidden":
    hide_memory()
subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], env={})
os.abort()
"""


def as_a_user() -> None:
    """Give up root's rights, one of which is to look into any process, and allow core dumps."""
    for right in _RIGHTS:
        ctypes.CDLL(None).prctl(_CAPBSET_DROP, right, 0, 0, 0)
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


@pytest.mark.parametrize("hidden", [True, False])
def test_the_token_is_seen_only_where_it_is_not_hidden(tmp_path: Path, hidden: bool) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "hidden" if hidden else "shown"],
        cwd=tmp_path,
        env={**os.environ, "EXCERPTA_TELEGRAM__TOKEN": TOKEN, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=as_a_user,
    )
    with child:
        assert child.stdout is not None
        shown = child.stdout.read()
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert (TOKEN.encode() in shown) is not hidden
    assert ended is not None
    assert ended.si_code == os.CLD_KILLED or not hidden
    assert not hidden or list(tmp_path.iterdir()) == []
