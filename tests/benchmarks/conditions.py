"""Where a figure was measured, and the figures of times."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median


def conditions() -> str:
    """Return a line on the machine and one on the libraries."""
    names = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "tantivy")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{_processor()}, {cores} cores of it, {platform.system()}, "
        f"Python {platform.python_version()}\n{libraries}"
    )


def times_ms(times: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of times, what 95 of 100 keep within, and the longest, in milliseconds.

    Args:
        times: Seconds, one at least.
    """
    ordered = sorted(times)
    found = median(ordered), ordered[int(0.95 * (len(ordered) - 1))], ordered[-1]
    return found[0] * 1000, found[1] * 1000, found[2] * 1000


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
