"""Power cuts: what is left of a folder whose writer loses the machine.

A library in C is loaded before that of the system into the writing process, and keeps what is
synced; everything else is lost. A disk may in truth write some of the rest; that is no promise.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("power_cut.c")


class PowerCut:
    """Keeps what processes sync that run with `environment`.

    Args:
        folder: For the library and what is kept.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if sys.platform != "linux" or compiler is None:
            pytest.skip("needs Linux and a C compiler, to note what is synced")
        self._synced = folder / "synced"
        self._synced.mkdir()
        library = folder / "power_cut.so"
        build = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
        subprocess.run(build, check=True)
        self.environment = {"LD_PRELOAD": str(library), "SYNCED": str(self._synced)}

    def left(self, folder: Path, to: Path) -> Path:
        """Make a folder of what a power cut would have left of another, and return it."""
        to.mkdir()
        for number, name in self._entries(folder.stat().st_ino):
            if (folder / name).is_dir():
                self.left(folder / name, to / name)
            elif (self._synced / number).exists():
                shutil.copy(self._synced / number, to / name)
            else:
                (to / name).touch()
        return to

    def _entries(self, inode: int) -> list[list[str]]:
        kept = self._synced / str(inode)
        lines = kept.read_text().splitlines() if kept.exists() else []
        return [entry for line in lines if (entry := line.split(" ", 1))[1] not in (".", "..")]
