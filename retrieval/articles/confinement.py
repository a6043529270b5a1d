"""Confinement: what a process gives up before it reads files that nobody vouches for.

A defect in a reader then costs its process, and neither the disk, the network, other files nor the
machine's memory. Three layers refuse the same, as each has gaps of its own:

    system limits       memory, size of files, core dumps
    Landlock, seccomp   everything that a file could make native code do; Linux only, and only as
                        far as its kernel goes (Landlock since 5.13, its network rules since 6.7)
    audit hook          what is refused in Python (PEP 578); code that is not Python passes it
"""

from __future__ import annotations

import mimetypes
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

MEMORY_BYTES = 450_000_000
"""Memory that the process may ask for after it was confined.

A refresh takes up to 420 MB while it waits for it, so that both together stay below a gigabyte. A
text of five million characters takes 40 MB to read in most formats, an export of 60,000 posts 270.
"""

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
# Where libraries, time zones and the like lie, beside Python's own folders.
_SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew"),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/ssl/openssl.cnf"),
    *("/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup"),
)


def confine(folders: Sequence[Path] | None = None) -> None:
    """Give up writing, the network, other processes, and memory without end, for good.

    Args:
        folders: What may be read, where the kernel can tell, beside Python and the system's
            libraries; None for everything.
    """
    # Else each import would try to write its bytecode, and be refused.
    sys.dont_write_bytecode = True
    _limit()
    if sys.platform == "linux":
        from retrieval.articles.kernel import refuse_calls, refuse_files

        refuse_files([Path("/")] if folders is None else [*folders, *_needed()])
        refuse_calls()
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


def _needed() -> Iterator[Path]:
    """Yield what may be imported later, and what imports look at."""
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    yield Path(__file__).parents[2]
    for path in (*prefixes, *sys.path, *libraries, *mimetypes.knownfiles, *_SYSTEM):
        if path:
            yield Path(path)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Raise PermissionError for what no reader does."""
    if event == "open":
        flags = arguments[2]
        refused = isinstance(flags, int) and bool(flags & _WRITING)
    else:
        refused = event in _REFUSED or event.startswith(_REFUSED_FAMILIES)
    if refused:
        raise PermissionError(f"a reader may not do this: {event}")
