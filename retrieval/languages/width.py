"""Width: how long a text is to the eye, in columns of a Latin letter's width.

A Chinese character says about what two or three Latin letters say.
"""

from __future__ import annotations

import re

# Chinese, Japanese and Korean characters, as wide as two others.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]"
)


def wide_places(text: str) -> list[int]:
    """Return the offsets of the characters that take two columns, in order."""
    return [match.start() for match in _WIDE.finditer(text)]


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    return len(text) + len(wide_places(text))
