"""Standby: a process that has imported all that a command needs, and waits for a line to run it.

python -m bot.standby ARGUMENTS

Starting Python and importing is half of what a refresh of one article takes. The command reads its
settings when it runs; where standard input ends before there is a line, it never does.
"""

from __future__ import annotations

import sys

from bot.cli import app


def main() -> None:
    """Wait, then run the command line."""
    if sys.stdin.readline():
        app()


if __name__ == "__main__":
    main()
