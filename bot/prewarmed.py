"""A prewarmed command line: `python -m bot.prewarmed ARGUMENTS`.

Starting Python and importing is half of what a refresh of one article takes. This process has
imported all that the command needs, and waits for a line on standard input to run it; if standard
input ends without a line, the command does not run.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

# Commands import what they need when they run; here it is imported before.
from bot.cli import app
from bot.terminal import Building
from retrieval.languages import language_of_article

__all__ = ["Building", "main"]

# Where memory runs out, Linux ends this process and those it starts before others (proc(5)).
_SOONER_ENDED = "500"


def main() -> None:
    """Wait for a line, then run the command."""
    with suppress(OSError):  # other systems have no such file
        Path("/proc/self/oom_score_adj").write_text(_SOONER_ENDED)
    # The language detector takes a third of a second to load.
    language_of_article("")
    if sys.stdin.readline():
        app()


if __name__ == "__main__":
    main()
