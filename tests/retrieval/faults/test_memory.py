"""What a refresh takes of memory, whatever its files hold."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.retrieval.articles.samples import docx

GIGABYTE = 1_000_000_000
# The first start imports torch, whose build for CUDA is .4 GB larger in memory.
FIRST_START = GIGABYTE if version("torch").endswith("+cpu") else 1.5 * GIGABYTE


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell"
    ),
]


@pytest.mark.usefixtures("encoder")  # compiled, which takes torch
def test_a_refresh_and_its_worker_take_less_than_a_gigabyte_together(tmp_path: Path) -> None:
    said, peaks = refresh(tmp_path, files())
    assert "half-a-million" not in said  # it is read
    assert "more than 500,000 sentences and paragraphs in it" in said
    assert "its reader needs more than 450 MB of memory" in said
    # Pages that both have count twice in the one, and half to each in the other.
    assert 0 < peaks["Pss"] <= peaks["Rss"] < GIGABYTE


def test_a_first_start_compiles_the_encoder_in_about_a_gigabyte(tmp_path: Path) -> None:
    encoders = tmp_path / "encoders"
    _, peaks = refresh(tmp_path, {}, EXCERPTA_ENCODER__CACHE=str(encoders))
    assert list(encoders.glob("*/model.bin"))
    # What two processes share counts once, as it is taken once.
    assert 0 < peaks["Pss"] < FIRST_START


def refresh(root: Path, files: dict[str, bytes], **environment: str) -> tuple[str, Counter[str]]:
    """Refresh an index of files; return what is said, and the most memory that was taken."""
    folder = root / "articles"
    folder.mkdir()
    for name, data in files.items():
        folder.joinpath(name).write_bytes(data)
    for number in range(10):  # which make up for what cannot be found
        folder.joinpath(f"{number}.txt").write_text(f"Lorry {number} waits for ferry {number}.")
    arguments = ["refresh", "--articles", folder, "--index", root / "index"]
    limits = {"EXCERPTA_ARTICLES__MAX_SECONDS": "300"}  # for a busy machine
    peaks: Counter[str] = Counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | limits | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while process.poll() is None:
            peaks |= taken([process.pid, *children(process.pid)])
            time.sleep(0.2)  # to be told takes milliseconds of both, too
        said = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, said
    return said, peaks


def files() -> dict[str, bytes]:
    """Return what is read in this order, each while the refresh has what the one before takes."""
    return {
        "1-half-a-million-sentences.docx": docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 490_000),
        "2-more-than-memory-holds.docx": docx("<w:p/>" * 15_000_000),
        "3-too-many-paragraphs.txt": b"a\n\n" * 600_000,
        "4-quotation-marks.txt": b'"quoted ' * 250_000,
        "5-one-word.txt": b"a" * 2_000_000,
    }


def children(process: int) -> Iterator[int]:
    """Yield the processes that any of a process's threads has started."""
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            yield from map(int, task.joinpath("children").read_text().split())


def taken(processes: list[int]) -> Counter[str]:
    """Return the bytes of memory that processes take together, as the system counts them."""
    total: Counter[str] = Counter()
    for process in processes:
        with suppress(OSError):  # it has just ended
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]:
                name, value, _ = line.split()
                total[name.rstrip(":")] += int(value) * 1024
    return total
