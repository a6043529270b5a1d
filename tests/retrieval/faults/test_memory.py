"""What a refresh takes of memory, whatever one file holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.retrieval.articles.samples import docx
from tests.retrieval.processes import run

GIGABYTE = 1_000_000_000

FILES = {
    "paragraphs.txt": b"a\n\n" * 600_000,
    "short-paragraphs.docx": docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 150_000),
    "quotation-marks.txt": b'"quoted ' * 250_000,
    "one-word.txt": b"a" * 2_000_000,
}

REFRESH = """
import resource, subprocess, sys
arguments = [sys.executable, "-m", "bot", *sys.argv[1:]]
subprocess.run(arguments, check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("encoder")  # compiled, which takes torch and another gigabyte
@pytest.mark.skipif(sys.platform != "linux", reason="tells memory in other units")
def test_a_refresh_and_its_worker_take_less_than_a_gigabyte_each(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, data in FILES.items():
        folder.joinpath(name).write_bytes(data)
    for number in range(10):  # which make up for what cannot be found
        folder.joinpath(f"{number}.txt").write_text(f"Lorry {number} waits for ferry {number}.")
    done = run(REFRESH, "refresh", "--articles", folder, "--index", tmp_path / "index")
    assert "more than 500,000 sentences and paragraphs in it" in done.stderr
    # Of the refresh or its worker, whichever takes more.
    assert int(done.stdout) * 1024 < GIGABYTE
