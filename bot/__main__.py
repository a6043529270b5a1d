"""The command `excerpta`, and `python -m bot`."""

from __future__ import annotations

import gc
import os
import sys

# Objects that are made between two looks for cycles of garbage. Nearly all that a start makes
# stay, and with Python's 700 it takes 5 % longer.
_OBJECTS = 20_000


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_OBJECTS)
    _open_streams()
    try:
        # Imported here, as Ctrl-C may come during the import.
        from bot.cli import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        # Else Python looks through all objects several times as it ends, for a sixth of a second.
        gc.freeze()


def _open_streams() -> None:
    """Open the standard streams that the caller has closed, on nothing.

    Else the next file that is opened, such as the database, would be what libraries print to.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


if __name__ == "__main__":
    main()
