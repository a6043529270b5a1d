"""The command `excerpta`, and `python -m bot`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        # Imported here, as Ctrl-C may come during the import.
        from bot.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
