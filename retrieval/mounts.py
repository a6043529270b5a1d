"""Mounts: whether the file system that a folder lies on tells of changes.

What another machine writes to a network folder, the kernel of this one never hears of; nor does a
guest of what its host writes to a shared one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_TABLE = Path("/proc/self/mountinfo")
_UNTOLD = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gfs2", "glusterfs",
    "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3",
    "smbfs", "vboxsf", "virtiofs", "vmhgfs",
})  # fmt: skip
# sshfs, rclone, s3fs and so on; the disks of other systems are "fuseblk".
_UNTOLD_START = "fuse."
# Blanks, tabs, line ends and backslashes in a path are written so.
_ESCAPED = re.compile(r"\\([0-7]{3})")


def untold(folder: Path, table: Path = _TABLE) -> str | None:
    """Return the kind of file system of a folder, or of one in it, that tells nothing of changes.

    Args:
        folder: Without symbolic links.
        table: The mounts, as in proc_pid_mountinfo(5); where there is none, all are told of.

    Returns:
        None if all changes are told of.
    """
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    below, above, depth = "", "", 0
    for point, kind in _mounts(lines):
        if point != folder and point.is_relative_to(folder):
            below = kind if _tells_nothing(kind) else below
        # Of several at one place the last lies on top.
        elif folder.is_relative_to(point) and len(point.parts) >= depth:
            above, depth = kind, len(point.parts)
    return above if _tells_nothing(above) else below or None


def _mounts(lines: list[str]) -> Iterator[tuple[Path, str]]:
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = fields.split(" ")[4:5]
        if point and rest:
            path = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), point[0])
            yield Path(path), rest.split(" ")[0]


def _tells_nothing(kind: str) -> bool:
    return kind in _UNTOLD or kind.startswith(_UNTOLD_START)
