"""Process start to the first answer, against the import of sentence_transformers; peak memory.

[EXCERPTA_ENCODER__MODEL=multilingual] python -m tests.benchmarks.starting [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from tests.benchmarks.conditions import conditions
from tests.paths import ROOT

QUESTION = "Why did communications fail?"


def measure(rounds: int) -> dict[str, float]:
    """Run both commands in turn, each as a process of its own.

    Returns:
        `answer_s` and `import_s`, medians of wall time, `processor_s`, the median of what all cores
        together took for an answer, `first_s`, the wall time of the first start, which builds the
        index and compiles the encoder if need be, and `peak_mb`, the largest resident set that
        `excerpta ask` reached.
    """
    answers, processor, imports, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        ask = [sys.executable, "-m", "bot", "ask", "--index", f"{folder}/index", QUESTION]
        importing = [sys.executable, "-c", "import sentence_transformers"]
        # Builds the index, compiles the encoder if need be, and warms the disk's cache.
        first = _run(ask)
        _run(importing)
        for _ in range(rounds):
            one = _run(ask)
            answers.append(one.seconds)
            processor.append(one.processor_s)
            peaks.append(one.peak_mb)
            imports.append(_run(importing).seconds)
    return {
        "answer_s": median(answers),
        "processor_s": median(processor),
        "first_s": first.seconds,
        "import_s": median(imports),
        "peak_mb": max(peaks),
    }


class Cost(NamedTuple):
    """What a process took: wall time, that of all cores together, and its largest resident set."""

    seconds: float
    processor_s: float
    peak_mb: float


def _run(command: Sequence[str]) -> Cost:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{command} ended with status {process.returncode}")
    # Linux counts kilobytes, macOS bytes.
    unit = 1024 if sys.platform == "linux" else 1024**2
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def report(found: dict[str, float]) -> str:
    """Return the figures in three lines."""
    share = found["answer_s"] / found["import_s"]
    return (
        f"process start to first answer, warm cache: {found['answer_s']:.2f} s, {share:.2f} of "
        f"importing sentence_transformers ({found['import_s']:.2f} s); on all cores together "
        f"{found['processor_s']:.2f} s\n"
        f"the first start: {found['first_s']:.1f} s\n"
        f"peak memory of ask: {found['peak_mb']:.0f} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(conditions())
    print(report(measure(rounds)))


if __name__ == "__main__":
    main()
