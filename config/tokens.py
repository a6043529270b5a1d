"""What keeps a bot's token secret: its form, to take it out of messages, and its file's mode."""

from __future__ import annotations

import re

# "<bot id>:<secret of 35 characters>". Five digits at least, or the "256:" of a digest's name
# would make it a token; a URL may hold the colon escaped.
_TOKEN = re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{35,}", re.IGNORECASE)


def redact(text: str) -> str:
    """Replace whatever looks like a bot token."""
    return _TOKEN.sub("<bot token>", text)


def is_private(mode: int) -> bool:
    """Tell whether a file of this mode (`st_mode`) is closed to all but its owner."""
    return mode & 0o077 == 0
