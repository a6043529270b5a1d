from __future__ import annotations

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
MODULES = "os, shutil, socket, sqlite3, subprocess, sys, tempfile, urllib.request"


def confined(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process that is confined."""
    before = f"import {MODULES}\nfrom retrieval.articles.confinement import confine\nconfine()\n"
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


@pytest.mark.skipif(sys.platform != "linux", reason="tells no size of a process")
def test_memory_has_an_end(tmp_path: Path) -> None:
    done = confined("x = bytearray(800_000_000); del x; bytearray(1_000_000_000)", tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("MemoryError\n")
