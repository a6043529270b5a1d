"""`excerpta` in a process of its own, forked from one that has imported what commands need.

A start takes longer to import than to answer. What starts from nothing is tested where documents
are run, and wherever a test starts the program itself.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["bot.cli", "bot.conversation", "bot.documents", "bot.build", "embeddings.openvino_model"]
)
_STREAMS = ("stdin", "stdout", "stderr")


def run(
    arguments: Sequence[str], stdin: str, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, as `subprocess.run` does."""
    with TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in _STREAMS]
        streams[0].write_text(stdin, encoding="utf-8")
        forked = _FORKS.Process(
            target=_become, args=(arguments, streams, dict(environment), Path.cwd())
        )
        forked.start()
        try:
            forked.join(timeout_s)
            if forked.exitcode is None:
                raise subprocess.TimeoutExpired(list(arguments), timeout_s)
        finally:
            forked.kill()
        _, stdout, stderr = (path.read_text(encoding="utf-8") for path in streams)
        return subprocess.CompletedProcess(list(arguments), forked.exitcode, stdout, stderr)


def _become(
    arguments: Sequence[str], streams: Sequence[Path], environment: Mapping[str, str], folder: Path
) -> None:
    for number, path in enumerate(streams):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["excerpta", *arguments]

    from bot.__main__ import main

    main()
