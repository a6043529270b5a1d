"""The command line, run as its own process on one articles folder and one index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bot import forked

_PATIENCE_S = 100.0
MAIN = [sys.executable, "-P", "-m", "bot"]


class Shell:
    """Runs `excerpta` as its own process, on one articles folder and one index.

    Attributes:
        through: A program, with its arguments, that becomes the command given behind them.
    """

    through: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self.articles = folder / "articles"
        self.index = folder / "index"
        self.folder = folder

    def arguments(self, command: str, *arguments: str) -> list[str]:
        places = ["--articles", str(self.articles), "--index", str(self.index)]
        return [*MAIN, command, *places, *arguments]

    def run(
        self, command: str, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        line, variables = self.arguments(command, *arguments), {**os.environ, **environment}
        # Of others a process takes note only as it starts.
        if not self.through and all(name.startswith("EXCERPTA_") for name in environment):
            return forked.run(line[len(MAIN) :], stdin, variables, _PATIENCE_S)
        return subprocess.run(
            [*self.through, *line],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
            env=variables,
        )

    def json(self, command: str, *arguments: str, status: int = 0) -> dict[str, Any]:
        done = self.run(command, "--json", *arguments)
        assert done.returncode == status, done.stderr
        document = json.loads(done.stdout)
        assert isinstance(document, dict)
        return document

    def fails(self, status: int, command: str, *arguments: str, **environment: str) -> str:
        """Run what must fail; return its one line on standard error."""
        done = self.run(command, *arguments, **environment)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        lines = done.stderr.strip().splitlines()
        assert lines[-1].startswith("excerpta: ")
        return lines[-1]
