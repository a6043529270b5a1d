"""Confinement: what a process gives up before it reads files that nobody vouches for.

A defect in a reader then costs its process, and neither the disk, the network nor the machine's
memory. What is refused in Python is refused by an audit hook (PEP 578), which cannot be taken off;
code that is not Python passes it, and meets the limits of the system.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

MEMORY_BYTES = 800_000_000
"""Memory that the process may ask for after it was confined."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# https://docs.python.org/3/library/audit_events.html
_REFUSED_NAMES = (
    "os.chflags os.chmod os.chown os.exec os.fork os.forkpty os.kill os.killpg os.link os.mkdir "
    "os.posix_spawn os.remove os.removexattr os.rename os.rmdir os.setxattr os.spawn os.startfile "
    "os.symlink os.system os.truncate os.utime pty.spawn sqlite3.connect subprocess.Popen "
    "webbrowser.open"
)
_REFUSED = frozenset(_REFUSED_NAMES.split())
_REFUSED_FAMILIES = ("socket.", "shutil.", "tempfile.", "winreg.")


def confine() -> None:
    """Give up writing, the network, other processes, and memory without end, for good."""
    # Else each import would try to write its bytecode, and be refused.
    sys.dont_write_bytecode = True
    _limit()
    sys.addaudithook(_refuse)


def memory_in_use() -> int:
    """Return the bytes of the process's address space, 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    if in_use := memory_in_use():
        limits[resource.RLIMIT_AS] = in_use + MEMORY_BYTES
    for limit, value in limits.items():
        lower = [old for old in resource.getrlimit(limit) if old != resource.RLIM_INFINITY]
        # The hard limit too, so that it cannot be lifted.
        resource.setrlimit(limit, (min([value, *lower]),) * 2)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise PermissionError for what no reader does."""
    if event == "open":
        flags = arguments[2]
        refused = isinstance(flags, int) and bool(flags & _WRITING)
    else:
        refused = event in _REFUSED or event.startswith(_REFUSED_FAMILIES)
    if refused:
        raise PermissionError(f"a reader may not do this: {event}")
