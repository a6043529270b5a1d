from __future__ import annotations

import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from config import WatchMode
from retrieval.refresh.watch import Debouncer, FolderChanges, network_filesystem
from tests.paths import ROOT

SOON_S = 30.0
SILENT_S = 0.5
WATCH = """
import sys
from pathlib import Path
from retrieval.refresh.watch import FolderChanges

for _ in FolderChanges(Path(sys.argv[1])):
    print("changed", flush=True)
print("ended", flush=True)
"""


class Listener:
    """Hears what is told of a folder.

    Args:
        told: From which it hears of each change, by whatever is in it.
    """

    def __init__(self, told: queue.Queue[str]) -> None:
        self._told = told

    def next(self, timeout: float = SOON_S) -> str | None:
        """Return what is told next, or None if nothing is."""
        try:
            return self._told.get(timeout=timeout)
        except queue.Empty:
            return None

    def until_silent(self, timeout: float = SILENT_S) -> int:
        """Return how often something is still told."""
        return sum(1 for _ in iter(lambda: self.next(timeout), None))

    def hears_of(self, file: Path) -> bool:
        """Whether writing a file is told."""
        self.until_silent()
        file.write_text(str(time.monotonic_ns()))
        return self.next() is not None


@contextmanager
def listening(folder: Path, mode: WatchMode = WatchMode.AUTO) -> Iterator[Listener]:
    """Watch a folder in a thread; the first look has been taken."""
    over = threading.Event()
    told: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for _ in FolderChanges(folder, mode, over):
            told.put("changed")

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        listener = Listener(told)
        assert listener.next() is not None
        yield listener
    finally:
        over.set()
        thread.join(SOON_S)
        assert not thread.is_alive()


@contextmanager
def process(folder: Path, *before: str) -> Iterator[tuple[subprocess.Popen[str], Listener]]:
    """Watch a folder in a process of its own, started by a command, and hear its lines."""
    command = [*before, sys.executable, "-c", WATCH, str(folder)]
    told: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        assert started.stdout is not None
        lines = started.stdout

        def read() -> None:
            for line in lines:
                told.put(line.strip())

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield started, Listener(told)
        finally:
            started.kill()
            started.wait()
            reader.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.md").write_text("before")
    return folder


def test_changes_are_told_until_interrupted(folder: Path) -> None:
    with process(folder) as (started, listener):
        assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")
        # So that it waits, and does not just tell something.
        listener.until_silent()
        started.send_signal(signal.SIGINT)
        assert listener.next() == "ended"
        assert started.wait(SOON_S) == 0


def vim(folder: Path) -> None:
    (folder / "4913").touch()
    (folder / "4913").unlink()
    (folder / "a.md").rename(folder / "a.md~")
    (folder / "a.md").write_text("after")
    (folder / "a.md~").unlink()


def emacs(folder: Path) -> None:
    (folder / "#a.md#").write_text("after")
    (folder / "a.md").rename(folder / "a.md~")
    (folder / "a.md").write_text("after")
    (folder / "#a.md#").unlink()


def libreoffice(folder: Path) -> None:
    (folder / ".~lock.a.md#").write_text("somebody")
    (folder / "lu1234.tmp").write_text("after")
    (folder / "lu1234.tmp").replace(folder / "a.md")
    (folder / ".~lock.a.md#").unlink()


def in_one_step(folder: Path) -> None:
    (folder.parent / "draft").write_text("after")
    (folder.parent / "draft").replace(folder / "a.md")


def truncated_and_written(folder: Path) -> None:
    with (folder / "a.md").open("w") as stream:
        time.sleep(0.05)
        stream.write("after")


@pytest.mark.parametrize("save", [vim, emacs, libreoffice, in_one_step, truncated_and_written])
def test_what_editors_save_is_told_when_it_is_there(
    folder: Path, save: Callable[[Path], None]
) -> None:
    with listening(folder) as listener:
        save(folder)
        assert listener.next() is not None
        assert listener.until_silent() <= 1
    assert (folder / "a.md").read_text() == "after"


def test_what_is_no_article_is_not_told(folder: Path) -> None:
    (folder / ".git").mkdir()
    with listening(folder) as listener:
        for name in (
            ".a.md.swp",
            "a.md~",
            "#a.md#",
            "~$a.md",
            ".~lock.a.md#",
            ".git/a.md",
            "a.png",
        ):
            (folder / name).write_text("text")
        (folder / "4913").touch()
        (folder / "4913").unlink()
        assert listener.next(SILENT_S) is None
        (folder / "a.md~").unlink()
        shutil.rmtree(folder / ".git")
        assert listener.next(SILENT_S) is None
        assert listener.hears_of(folder / "a.md")


def test_deletes_and_names_that_change_are_told(folder: Path) -> None:
    with listening(folder) as listener:
        (folder / "a.md").rename(folder / "b.md")
        assert listener.next() is not None
        listener.until_silent()
        (folder / "b.md").unlink()
        assert listener.next() is not None


def test_a_copy_of_many_files_is_few_changes(folder: Path) -> None:
    with listening(folder) as listener:
        for n in range(300):
            (folder / f"{n}.txt").write_text("text")
        assert listener.next() is not None
        assert listener.until_silent() <= 2


def test_a_slow_writer_is_told_of_after_its_last_write(folder: Path) -> None:
    with listening(folder) as listener:
        with (folder / "a.md").open("a") as stream:
            for _ in range(10):
                stream.write("more ")
                stream.flush()
                time.sleep(0.03)
            listener.until_silent(0)
            stream.write("last")
        assert listener.next() is not None
        assert listener.until_silent() <= 1


def test_folders_that_are_added_or_moved_are_watched_as_well(folder: Path, tmp_path: Path) -> None:
    deep = tmp_path / "elsewhere" / "deep"
    deep.mkdir(parents=True)
    (deep / "c.md").write_text("text")
    with listening(folder) as listener:
        (folder / "sub").mkdir()
        (folder / "sub" / "b.md").write_text("text")
        assert listener.next() is not None
        assert listener.hears_of(folder / "sub" / "b.md")
        listener.until_silent()
        deep.parent.rename(folder / "moved")
        assert listener.next() is not None
        assert listener.hears_of(folder / "moved" / "deep" / "c.md")
        listener.until_silent()
        (folder / "moved").rename(tmp_path / "elsewhere")
        assert listener.next() is not None


def test_a_folder_that_another_replaces_is_watched(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    with listening(folder) as listener:
        folder.rename(tmp_path / "old")
        other.rename(folder)
        assert listener.next() is not None
        assert listener.hears_of(folder / "a.md")
        listener.until_silent()
        (tmp_path / "old" / "a.md").write_text("nobody's")
        assert listener.next(SILENT_S) is None


def test_a_folder_that_is_deleted_and_made_again_is_watched(folder: Path) -> None:
    with listening(folder) as listener:
        shutil.rmtree(folder)
        folder.mkdir()
        assert listener.next() is not None
        assert listener.hears_of(folder / "a.md")


def test_a_link_that_comes_to_lead_elsewhere_is_followed(folder: Path, tmp_path: Path) -> None:
    link, other = tmp_path / "link", tmp_path / "other"
    shutil.copytree(folder, other)
    link.symlink_to(folder)
    with listening(link) as listener:
        assert listener.hears_of(folder / "a.md")
        listener.until_silent()
        (tmp_path / "new").symlink_to(other)
        (tmp_path / "new").replace(link)
        assert listener.next() is not None
        assert listener.hears_of(other / "a.md")


@pytest.mark.slow
def test_a_folder_that_is_missing_is_told_once_and_again_when_it_comes(folder: Path) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    with listening(folder) as listener:
        assert listener.next(2 * SILENT_S) is None
        away.rename(folder)
        assert listener.next() is not None
        assert listener.hears_of(folder / "a.md")
        listener.until_silent()
        # A file is no folder either.
        folder.rename(away)
        folder.write_text("a file")
        assert listener.next() is not None
        assert listener.next(2 * SILENT_S) is None
        folder.unlink()
        away.rename(folder)
        assert listener.next() is not None
        assert listener.hears_of(folder / "a.md")


def _without_the_rights_of_root() -> list[str]:
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read everything")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.mark.slow
def test_a_folder_that_cannot_be_read_for_a_time_is_watched_afterwards(folder: Path) -> None:
    with process(folder, *_without_the_rights_of_root()) as (_, listener):
        assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")
        listener.until_silent()
        folder.chmod(0)
        assert listener.next() == "changed"
        assert listener.next(2 * SILENT_S) is None
        folder.chmod(0o700)
        assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")


def test_where_a_folder_cannot_be_read_the_others_are_looked_at(folder: Path) -> None:
    (folder / "sub").mkdir(mode=0)
    with process(folder, *_without_the_rights_of_root()) as (_, listener):
        assert "Permission denied" in str(listener.next())
        assert listener.next() == "changed"
        assert listener.next() == "changed"


def _in_a_namespace(*flags: str, first: str) -> list[str]:
    """Return a command that runs another one where we may do as root does, after a first one."""
    shell = ["unshare", "--map-root-user", *flags, "sh", "-ec"]
    if subprocess.run([*shell, first], capture_output=True, check=False).returncode:
        pytest.skip("there are no such namespaces here")
    return [*shell, f'{first}; exec "$@"', "sh"]


@pytest.mark.slow
def test_where_the_system_watches_no_more_it_is_looked_at_and_said_once(folder: Path) -> None:
    limit = "echo 2 > /proc/sys/user/max_inotify_watches"
    with process(folder, *_in_a_namespace("--user", first=limit)) as (_, listener):
        assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")
        listener.until_silent()
        for name in ("b", "c", "d"):
            (folder / name).mkdir()
        told = [str(listener.next()) for _ in range(4)]
    said = [line for line in told if line != "changed"]
    assert len(said) == 1
    assert "it is looked at every few seconds instead" in said[0]


@pytest.mark.slow
def test_a_folder_that_is_mounted_and_unmounted_is_watched(folder: Path) -> None:
    mount, sign = f"mount -t tmpfs none '{folder}'", folder.with_name("sign")
    shell = _in_a_namespace("--user", "--mount", first=f"{mount}; umount '{folder}'")
    # What is mounted there, only that process sees; so another one beside it has to do it.
    wait = f"for _ in $(seq 600); do [ -e '{sign}' ] && break; sleep 0.05; done; rm '{sign}'"
    beside = f"({wait}; {mount}; {wait}; umount '{folder}') > /dev/null 2>&1"
    with process(folder, *shell[:-2], f'{beside} & exec "$@"', "sh") as (_, listener):
        assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")
        for _ in ("mounted", "unmounted"):
            listener.until_silent()
            sign.touch()
            assert listener.next() == "changed"
        assert listener.hears_of(folder / "a.md")


@pytest.mark.slow
def test_looking_at_it_needs_no_events(folder: Path) -> None:
    with listening(folder, WatchMode.POLL) as listener:
        assert listener.next() is not None
        folder.rename(folder.with_name("away"))
        assert listener.next() is not None
        assert listener.next(2 * SILENT_S) is None
        folder.with_name("away").rename(folder)
        assert listener.next() is not None


@pytest.mark.parametrize("mode", [WatchMode.EVENTS, WatchMode.POLL])
def test_another_look_can_be_asked_for(folder: Path, mode: WatchMode) -> None:
    times = []
    looks = FolderChanges(folder, mode)
    for _ in looks:
        times.append(time.monotonic())
        if len(times) == 5:
            break
        looks.soon(0.01)
    # Four times unasked would take seconds at least.
    assert times[-1] - times[0] < 4.0


def test_it_says_whether_it_heard_of_a_change(folder: Path) -> None:
    looks = FolderChanges(folder, WatchMode.EVENTS)
    heard = iter(looks)
    assert not next(heard), "the look at the beginning"
    (folder / "a.md").write_text("new", encoding="utf-8")
    assert next(heard)
    looks.soon(0.01)
    assert not next(heard), "a look that was asked for"


def test_nothing_is_logged_where_all_is_well(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with listening(folder) as listener:
        assert listener.hears_of(folder / "a.md")
    assert not [one for one in caplog.records if one.name.startswith("retrieval")]


STEP_S = 0.1


def told(times: list[float], until: float) -> list[float]:
    """Return when it is told, after the first look, of changes at such times."""
    pace = Debouncer(0.0)
    assert pace.is_time(0.0, quiet=True)
    pace.told(0.0, 30.0)
    found = []
    left = sorted(times)
    for step in range(1, round(until / STEP_S)):
        now = step * STEP_S
        heard = bool(left) and left[0] <= now
        while left and left[0] <= now:
            left.pop(0)
        if heard:
            pace.hear(now)
        if pace.is_time(now, quiet=not heard):
            pace.told(now, 30.0)
            found.append(now)
    return found


def test_a_change_is_told_once_as_soon_as_it_is_quiet() -> None:
    (at,) = told([1.0], until=20.0)
    assert 1.0 < at < 1.3


def test_changes_that_follow_at_once_are_told_together() -> None:
    (at,) = told([1.0 + n * STEP_S for n in range(10)], until=20.0)
    assert 1.9 < at < 2.3


def test_changes_that_do_not_end_are_told_meanwhile_and_after_the_last() -> None:
    found = told([n * STEP_S for n in range(1, 100)], until=25.0)
    assert found[0] < 3.0
    assert found[-1] > 9.9
    assert len(found) <= 7


def test_a_copy_of_many_files_that_takes_long_is_told_seldom() -> None:
    # Three files a second for a quarter of an hour.
    found = told([n / 3 for n in range(2700)], until=930.0)
    assert len(found) < 110
    assert max(found) > 899.0
    gaps = [later - before for before, later in pairwise(found)]
    assert max(gaps) < 11.0


def test_a_look_is_due_now_and_then_and_when_it_was_asked_for() -> None:
    first, second = told([], until=61.0)
    assert 29.9 < first < 30.2
    assert 59.9 < second < 60.4
    pace = Debouncer(0.0)
    pace.told(0.0, 1.0)
    assert not pace.is_time(0.9, quiet=True)
    assert pace.is_time(1.1, quiet=True)
    pace.told(1.1, 30.0)
    pace.hurry(2.0)
    assert pace.is_time(2.0, quiet=True)


DISK = "27 1 254:0 / / rw,relatime - ext4 /dev/sda1 rw"


def table(folder: Path, *lines: str) -> Path:
    path = folder / "mountinfo"
    path.write_text("\n".join([DISK, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("ext4", True), ("tmpfs", True), ("overlay", True), ("fuseblk", True),
        ("nfs", False), ("nfs4", False), ("cifs", False), ("smb3", False), ("9p", False),
        ("fuse.sshfs", False), ("fuse.rclone", False), ("vboxsf", False), ("virtiofs", False),
    ],
)  # fmt: skip
def test_network_folders_tell_nothing(tmp_path: Path, kind: str, told: bool) -> None:
    mounts = table(tmp_path, f"30 27 0:30 / /srv/share rw shared:5 master:1 - {kind} server:/x rw")
    assert network_filesystem(Path("/srv/share/articles"), mounts) == (None if told else kind)
    assert network_filesystem(Path("/srv/share"), mounts) == (None if told else kind)
    # Also where only a folder of theirs is such a one.
    assert network_filesystem(Path("/srv"), mounts) == (None if told else kind)
    assert network_filesystem(Path("/srv/shared"), mounts) is None


def test_what_lies_on_top_counts(tmp_path: Path) -> None:
    over = "30 27 0:30 / /srv rw - nfs4 server:/x rw", "31 30 0:31 / /srv/disk rw - ext4 /dev/b rw"
    assert network_filesystem(Path("/srv/disk/articles"), table(tmp_path, *over)) is None
    assert network_filesystem(Path("/srv/other"), table(tmp_path, *over)) == "nfs4"
    under = "30 27 0:30 / /srv rw - autofs auto rw", "31 30 0:31 / /srv rw - nfs4 server:/x rw"
    assert network_filesystem(Path("/srv"), table(tmp_path, *under)) == "nfs4"
    assert network_filesystem(Path("/srv"), table(tmp_path, *reversed(under))) is None


def test_names_with_blanks_are_read(tmp_path: Path) -> None:
    mounts = table(tmp_path, r"30 27 0:30 / /srv/my\040share\134 rw - cifs //server/x rw")
    assert network_filesystem(Path("/srv/my share\\"), mounts) == "cifs"


def test_without_a_table_of_mounts_all_is_told(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path, tmp_path / "none") is None
    assert (
        network_filesystem(
            Path("/srv"), table(tmp_path, "", "nonsense", "1 2 3", "1 2 3 4 /srv rw -")
        )
        is None
    )


def test_a_folder_of_this_machine_is_told_of(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path.resolve()) is None
