"""Secrecy: nobody sees the token in what the process leaves or shows of its memory."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def hide_memory() -> None:
    """Leave no core dump; on Linux, let no other process of this user look in, root excepted.

    `/proc/PID/environ` would show the token to any process of the same user, so also to one that
    reads the articles and that an article has taken over.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
