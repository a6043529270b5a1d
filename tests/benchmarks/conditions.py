"""Where a figure was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def conditions() -> str:
    """Return a line on the machine and one on the libraries."""
    names = ("torch", "sentence-transformers", "openvino", "faiss-cpu", "tantivy")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{_processor()}, {cores} cores of it, {platform.system()}, "
        f"Python {platform.python_version()}\n{libraries}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
