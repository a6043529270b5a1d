"""Rights: start a program without those that root has, or be nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# From linux/capability.h: root's rights to pass over permission bits.
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
ALL = range(41)
_NOBODY = 65534

# Gives rights up and becomes the program: a test process has threads, so that no Python may run
# between fork and exec. 24 is PR_CAPBSET_DROP of linux/prctl.h, which only root may use.
_PROGRAM = """
import ctypes, os, sys
if os.geteuid() == 0:
    for right in sys.argv[1].split(","):
        ctypes.CDLL(None).prctl(24, int(right), 0, 0, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


def without(*rights: int) -> list[str]:
    """Make the arguments that stand before those of a program which is to lack rights of root."""
    return [sys.executable, "-c", _PROGRAM, ",".join(map(str, rights))]


@contextmanager
def without_roots_rights(folder: Path) -> Iterator[None]:
    """Be nobody, who owns the folder and what is in it; whoever is not root stays who he is."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
