"""A prewarmed command line: `python -m bot.prewarmed ARGUMENTS`.

Starting Python and importing is half of what a refresh of one article takes. This process has
imported all that the command needs, and waits for a line on standard input to run it; if standard
input ends without a line, the command does not run.
"""

from __future__ import annotations

import sys

# Commands import what they need when they run; here it is imported before.
from bot.cli import app
from bot.terminal import Building
from retrieval.languages import language_of_article

__all__ = ["Building", "main"]


def main() -> None:
    """Wait for a line, then run the command."""
    # The language detector takes a third of a second to load.
    language_of_article("")
    if sys.stdin.readline():
        app()


if __name__ == "__main__":
    main()
