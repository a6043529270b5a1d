"""The command `excerpta`, and `python -m bot`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        # Here, for Ctrl-C may come while all this is imported.
        from bot.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
