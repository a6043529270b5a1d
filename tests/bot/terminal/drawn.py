"""What a terminal gets of a drawing, and what may be in it."""

from __future__ import annotations

import io
import re
from typing import Any

from rich.console import Console, RenderableType

_PLAIN = r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*"
# All that a terminal may get of a text; rich's own sequences are absent without colour. What runs
# from right to left stands between marks that isolate it.
HARMLESS = re.compile(rf"{_PLAIN}(?:[\u2067\u2068]{_PLAIN}\u2069{_PLAIN})*")


def drawn(renderable: RenderableType, width: int = 60, **options: Any) -> str:  # noqa: ANN401
    """Draw on a terminal, without colour if no option says otherwise."""
    file = io.StringIO()
    terminal: dict[str, Any] = {"force_terminal": True, "color_system": None, **options}
    Console(width=width, file=file, **terminal).print(renderable)
    return file.getvalue()
