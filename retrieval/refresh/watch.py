"""Watching the articles folder: changes, by events or by looking, once they have settled.

What another machine writes to a network folder, this kernel never hears of, nor does a guest of
what its host writes to a shared one; such file systems are looked at every few seconds.
"""

from __future__ import annotations

import logging
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import watchfiles
from watchfiles import Change

from config import WatchMode
from retrieval.articles import READERS, is_ignored, suffix

logger = logging.getLogger(__name__)

# A look is due even if no change was heard of: a mount may hide one, and a look is cheap.
_UNHEARD_S = 30.0
# Files that are saved together come within this; what comes later is found by a look of its own.
_QUIET_MS = 100
_STEP_MS = 50
# Looking takes a twentieth of the time at most, as far as that is not too seldom to be of use.
_SHARE = 20
_SOONEST_S, _LATEST_S = 2.0, 30.0
# How long to look after the system refused to report changes, as of too many folders.
_REFUSED_S = 300.0
_GONE_S = 0.5
# While changes go on and on, as when many files are copied.
_LONGEST_S = 2.0
# So many changes in a row are passed on as soon as it is quiet, then one in so many seconds.
_CREDIT = 10.0
_REST_S = 10.0
_TABLE = Path("/proc/self/mountinfo")
_SILENT = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gfs2", "glusterfs",
    "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3",
    "smbfs", "vboxsf", "virtiofs", "vmhgfs",
})  # fmt: skip
# sshfs, rclone, s3fs and so on; the disks of other systems are "fuseblk".
_SILENT_START = "fuse."
# Blanks, tabs, line ends and backslashes in a path are written so.
_ESCAPED = re.compile(r"\\([0-7]{3})")

_State = tuple[int, ...]


class FolderChanges:
    """Yields when articles may have changed, at once when begun, and every now and then.

    It yields whether it heard of a change; else it is only time to look.

    It ends at Ctrl-C, or soon after `over` is set. When the folder is gone or cannot be read, it
    yields once more, so that the caller finds out, and then waits until the folder is back.

    It does not say what changed: a refresh looks at the files, and so also finds what the watcher
    missed.
    """

    def __init__(
        self,
        folder: Path,
        mode: WatchMode = WatchMode.AUTO,
        over: threading.Event | None = None,
    ) -> None:
        self._folder = folder
        self._mode = mode
        self._over = over or threading.Event()
        self._debouncer = Debouncer(time.monotonic())
        self._next_s = _UNHEARD_S
        self._said = ""

    def soon(self, wait_s: float) -> None:
        """Yield again after so many seconds, even if no change is heard of."""
        self._next_s = min(self._next_s, wait_s)

    def __iter__(self) -> Iterator[bool]:
        """Yield until it is over."""
        try:
            while not self._over.is_set():
                yield from self._of_one_folder()
        except KeyboardInterrupt:
            return

    def _of_one_folder(self) -> Iterator[bool]:
        """Yield until another folder has taken the place of this one."""
        state = _state(self._folder)
        if state is None:
            yield from self._until_it_is_back()
            return
        if not self._listens():
            yield from self._by_looking(state)
            return
        try:
            yield from self._by_events(state)
        except FileNotFoundError:  # it went just then
            self._over.wait(_GONE_S)
        # RuntimeError: of watchfiles, whose own class for it is private.
        except (OSError, RuntimeError) as exc:
            self._say(
                f"changes of {self._folder} are not told of ({exc}); it is looked at every few "
                "seconds instead"
            )
            yield from self._by_looking(state, _REFUSED_S)

    def _listens(self) -> bool:
        if self._mode is not WatchMode.AUTO:
            return self._mode is WatchMode.EVENTS
        kind = network_filesystem(self._folder.resolve())
        if kind is not None:
            logger.info("%s is %s: it is looked at every few seconds", self._folder, kind)
        return kind is None

    def _say(self, text: str) -> None:
        if text != self._said:
            logger.warning("%s", text)
        self._said = text

    def _until_it_is_back(self) -> Iterator[bool]:
        # One that is replaced is gone for a moment.
        if not self._over.wait(_GONE_S) and _state(self._folder) is None:
            yield False
        while _state(self._folder) is None and not self._over.wait(_GONE_S):
            pass

    def _by_events(self, state: _State) -> Iterator[bool]:
        root = str(self._folder.resolve())
        heard = watchfiles.watch(
            root,
            watch_filter=None,
            stop_event=self._over,
            debounce=_STEP_MS,
            step=_STEP_MS,
            rust_timeout=_QUIET_MS,
            yield_on_timeout=True,
            force_polling=False,
            # Else what comes after a folder that cannot be read is not listened to either.
            ignore_permission_denied=False,
        )
        self._debouncer.hurry(time.monotonic())
        others = False
        with closing(heard):
            for changes in heard:
                if (Change.deleted, root) in changes or _state(self._folder) != state:
                    return
                now = time.monotonic()
                concerns = _concern(changes, root)
                if concerns:
                    self._debouncer.hear(now)
                others = others or _brings_folders(changes, root)
                if not self._debouncer.is_time(now, quiet=not concerns):
                    continue
                if others:
                    return
                self._next_s = _UNHEARD_S
                yield self._debouncer.has_heard
                self._debouncer.told(time.monotonic(), self._next_s)

    def _by_looking(self, state: _State, for_s: float = math.inf) -> Iterator[bool]:
        end = time.monotonic() + for_s
        cost = least = _SOONEST_S / _SHARE
        while _state(self._folder) == state and time.monotonic() < end:
            begun = time.monotonic()
            self._next_s = _LATEST_S
            yield False
            # A look may have led to a refresh, which would be taken for the cost of looking.
            cost = min(max(time.monotonic() - begun, least), 2 * cost)
            if self._over.wait(min(_SHARE * cost, self._next_s)):
                return


def _state(folder: Path) -> _State | None:
    """Return what identifies the folder at this path, None if none can be read there."""
    try:
        found = folder.stat()
    except OSError:
        return None
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return None
    return found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_gid


def _concern(changes: set[tuple[Change, str]], root: str) -> bool:
    """Whether articles may have changed, or folders that may hold some."""
    for change, path in changes:
        if any(map(is_ignored, Path(path.removeprefix(root)).parts)):
            continue
        if suffix(path) in READERS or os.path.isdir(path):  # noqa: PTH112 - of many files
            return True
        # It may have been a folder, unless it came and went like an editor's temporary file.
        if change is Change.deleted and (Change.added, path) not in changes:
            return True
    return False


def _brings_folders(changes: set[tuple[Change, str]], root: str) -> bool:
    """Whether there are folders that may not be listened to yet: new ones, or of another mode.

    The system may refuse to watch them, and says so only when listening begins.
    """
    return any(
        change is not Change.deleted and path != root and os.path.isdir(path)  # noqa: PTH112
        for change, path in changes
    )


class Debouncer:
    """Decides when the changes that were heard of are passed on.

    Args:
        now: Seconds of a clock that never goes back, as in all methods.
    """

    def __init__(self, now: float) -> None:
        self._heard: float | None = None
        self._due = self._credited = now
        self._credit = _CREDIT

    @property
    def has_heard(self) -> bool:
        """Whether something changed that was not passed on yet."""
        return self._heard is not None

    def hear(self, now: float) -> None:
        """Note that something changed."""
        if self._heard is None:
            self._heard = now

    def is_time(self, now: float, *, quiet: bool) -> bool:
        """Whether to pass changes on now.

        Args:
            now: Seconds of the clock.
            quiet: Whether nothing changed for a moment.
        """
        self._credit = min(_CREDIT, self._credit + (now - self._credited) / _REST_S)
        self._credited = now
        if self._credit < 1:
            return False
        if self._heard is not None and (quiet or now - self._heard >= _LONGEST_S):
            return True
        return now >= self._due

    def hurry(self, now: float) -> None:
        """Be due as soon as the credit allows, heard of a change or not."""
        self._due = now

    def told(self, now: float, next_s: float) -> None:
        """Note that changes were passed on; the next time is due in so many seconds at most."""
        self._heard = None
        self._due = now + next_s
        self._credit -= 1


def network_filesystem(folder: Path, table: Path = _TABLE) -> str | None:
    """Return the kind of file system, of a folder or of one in it, that reports no changes.

    Args:
        folder: Path without symbolic links.
        table: File of the mounts, as in proc_pid_mountinfo(5).

    Returns:
        None if all changes are reported, and where there is no table.
    """
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    below, above, depth = "", "", 0
    for point, kind in _mounts(lines):
        if point != folder and point.is_relative_to(folder):
            below = kind if _is_silent(kind) else below
        # The last of several mounts at one place lies on top.
        elif folder.is_relative_to(point) and len(point.parts) >= depth:
            above, depth = kind, len(point.parts)
    return above if _is_silent(above) else below or None


def _mounts(lines: list[str]) -> Iterator[tuple[Path, str]]:
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = fields.split(" ")[4:5]
        if point and rest:
            path = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), point[0])
            yield Path(path), rest.split(" ")[0]


def _is_silent(kind: str) -> bool:
    return kind in _SILENT or kind.startswith(_SILENT_START)
