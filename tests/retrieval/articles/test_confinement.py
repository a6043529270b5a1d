from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

# Run behind `confine()`; each must fail, and nothing must be left of it.
REFUSED = {
    "writing a file": "open('left', 'w')",
    "appending to a file": "open('there', 'a')",
    "opening for both": "open('there', 'r+')",
    "writing by number": "os.open('left', os.O_WRONLY | os.O_CREAT)",
    "removing": "os.remove('there')",
    "renaming": "os.rename('there', 'left')",
    "making a folder": "os.mkdir('left')",
    "linking": "os.symlink('there', 'left')",
    "a temporary file": "tempfile.TemporaryFile()",
    "a temporary folder": "tempfile.mkdtemp(dir='.')",
    "copying": "shutil.copy('there', 'left')",
    "a socket": "socket.socket()",
    "a connection": "socket.create_connection(('127.0.0.1', 9))",
    "a name": "socket.getaddrinfo('localhost', 9)",
    "a page": "urllib.request.urlopen('http://127.0.0.1:9')",
    "a process": "subprocess.run([sys.executable, '-V'])",
    "a shell": "os.system('touch left')",
    "a copy of itself": "os.fork()",
    "another program": "os.execv('/bin/true', ['true'])",
    "a signal": "os.kill(os.getppid(), 0)",
    "a database": "sqlite3.connect('left')",
}
# The same in code that is not Python, which no audit hook sees; libc answers -1.
REFUSED_BY_THE_KERNEL = {
    "reading outside": "open(b'../secret', 0)",
    "what the parent knows": "open(b'/proc/%d/environ' % os.getppid(), 0)",
    "writing a file": "open(b'left', 0o101, 0o600)",
    "cutting off a file": "truncate(b'there', 0)",
    "removing": "unlink(b'there')",
    "linking": "symlink(b'there', b'left')",
    "changing rights": "chmod(b'there', 0)",
    "a connection": "socket(2, 1, 0)",
    "a datagram": "socket(2, 2, 0)",
    "a socket of files": "socket(1, 1, 0)",
    "a process": "fork()",
    "another program": "execl(b'/bin/true', b'true', None)",
    "a signal": "kill(os.getppid(), 0)",
    "looking into another process": "ptrace(16, os.getppid(), 0, 0)",
}
LANDLOCK = sys.platform == "linux" and ctypes.CDLL(None).syscall(444, None, 0, 1) > 0
MODULES = "os, shutil, socket, sqlite3, subprocess, sys, tempfile, urllib.request"


def confined(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process that is confined."""
    before = (
        f"import {MODULES}\nfrom pathlib import Path\n"
        "from retrieval.articles.confinement import confine\nconfine([Path('.')])\n"
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", before + code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_everything_that_no_reader_does_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    code = f"for what, deed in {REFUSED!r}.items():\n" + (
        "    try:\n"
        "        eval(deed)\n"
        "    except (OSError, RuntimeError) as exc:\n"
        "        assert 'a reader may not' in str(exc) or 'No usable' in str(exc), (what, exc)\n"
        "    else:\n"
        "        print(what, 'is not refused')\n"
    )
    done = confined(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "x"


def test_reading_and_importing_go_on(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    done = confined("import trafilatura\nprint(open('there').read())", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "x\n", "")


def test_code_that_is_not_python_writes_nothing(tmp_path: Path) -> None:
    """Whose files the system refuses, as an audit hook does not see them."""
    code = (
        "from lxml import etree\n"
        "try:\n"
        "    etree.ElementTree(etree.Element('a')).write('left')\n"
        "except OSError:\n"
        "    pass\n"
    )
    done = confined(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


@pytest.mark.skipif(not LANDLOCK, reason="the kernel has no Landlock")
def test_the_kernel_refuses_it_to_all_code(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "there").write_text("x")
    (tmp_path / "secret").write_text("x")
    code = (
        "import ctypes, threading\n"
        "libc = ctypes.CDLL(None)\n"
        f"for what, deed in {REFUSED_BY_THE_KERNEL!r}.items():\n"
        "    if eval('libc.' + deed) != -1:\n"
        "        print(what, 'is not refused')\n"
        "        os._exit(1)\n"
        "assert libc.open(b'there', 0) > 0\n"
        "thread = threading.Thread(target=print, args=['a thread may start'])\n"
        "thread.start()\n"
        "thread.join()\n"
        "print(open('/proc/self/status').read().partition('NoNewPrivs:\\t')[2][:1])\n"
    )
    done = confined(code, folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a thread may start\n1\n", "")
    assert [path.name for path in folder.iterdir()] == ["there"]
    assert (folder / "there").read_text() == "x"


def test_a_link_leads_to_nothing_outside(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    done = confined("print(open('link').read())", folder)
    assert ("Permission denied" in done.stderr) == LANDLOCK


@pytest.mark.skipif(sys.platform != "linux", reason="tells no size of a process")
def test_memory_has_an_end(tmp_path: Path) -> None:
    done = confined("x = bytearray(400_000_000); del x; bytearray(600_000_000)", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("MemoryError\n")
