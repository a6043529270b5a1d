from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.watch import changes

ROOT = Path(__file__).parents[2]
WATCH = """
import sys
from pathlib import Path
from retrieval.watch import changes

for _ in changes(Path(sys.argv[1])):
    print("changed", flush=True)
print("ended", flush=True)
"""


class Watcher:
    """A process that watches a folder and tells of each change."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def line(self, timeout: float) -> str | None:
        """Return the next line, or None if none comes."""
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            return None

    def wait_for_quiet(self) -> int:
        """Return how many lines still come."""
        return sum(1 for _ in iter(lambda: self.line(timeout=1.0), None))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    watcher = Watcher(tmp_path)
    yield watcher
    watcher.stop()


def until_told(watcher: Watcher, file: Path) -> None:
    """Change a file until the watcher tells of it: it takes a while to begin."""
    for n in range(100):
        file.write_text(str(n))
        if watcher.line(timeout=0.6) == "changed":
            return
    pytest.fail("no change was told")


def test_changes_are_told_until_interrupted(watcher: Watcher, tmp_path: Path) -> None:
    until_told(watcher, tmp_path / "a.txt")
    watcher.wait_for_quiet()

    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").rename(tmp_path / "sub" / "b.txt")
    assert watcher.line(timeout=20) == "changed"
    (tmp_path / "sub" / "b.txt").unlink()
    assert watcher.line(timeout=20) == "changed"
    watcher.wait_for_quiet()

    watcher.process.send_signal(signal.SIGINT)
    assert watcher.line(timeout=20) == "ended"
    assert watcher.process.wait(timeout=20) == 0


def test_a_copy_of_many_files_is_few_changes(watcher: Watcher, tmp_path: Path) -> None:
    until_told(watcher, tmp_path / "a.txt")
    watcher.wait_for_quiet()

    for n in range(300):
        (tmp_path / f"{n}.txt").write_text("text")

    assert watcher.line(timeout=20) == "changed"
    assert watcher.wait_for_quiet() <= 2


def test_a_look_is_taken_once_the_watching_has_begun(tmp_path: Path) -> None:
    over = threading.Event()
    found = changes(tmp_path, over)
    next(found)
    over.set()
    assert list(found) == []
