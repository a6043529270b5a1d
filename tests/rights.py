"""Rights, for tests: permission bits mean nothing to root, so root becomes nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


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
