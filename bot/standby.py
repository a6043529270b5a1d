"""Standby: a process that has imported all that a command needs, and waits for a line to run it.

python -m bot.standby ARGUMENTS

Starting Python and importing is half of what a refresh of one article takes. The command reads its
settings when it runs; where standard input ends before there is a line, it never does.
"""

from __future__ import annotations

import sys

# Commands import what they need only when they run; here it is there before.
import embeddings.openvino_model
import retrieval.index.dense
from bot import build, progress, report
from bot.cli import app
from retrieval.languages import language_of_article

__all__ = ["build", "embeddings", "main", "progress", "report", "retrieval"]


def main() -> None:
    """Wait, then run the command line."""
    # What tells languages takes a third of a second to load.
    language_of_article("")
    if sys.stdin.readline():
        app()


if __name__ == "__main__":
    main()
