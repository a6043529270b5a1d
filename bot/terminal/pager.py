"""The pager, in which a terminal shows what is longer than its screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import PurePath

from rich.console import Console, RenderableType

# Lines that are left for the prompt below, and those above the one at which the pager opens.
_BELOW, _ABOVE = 3, 2


def page(drawing: RenderableType, console: Console, opening: str = "") -> bool:
    """Show a drawing in `$PAGER`, or in `less`; return whether it was shown.

    It is not shown, so that it can be printed, if it fits on the screen, if the console writes to
    no terminal, or if no pager can be started.

    Args:
        drawing: What is shown.
        console: It knows the terminal.
        opening: The beginning of the line at which the pager opens.
    """
    # A console that was told that it is no terminal may write to one all the same.
    if not console.is_terminal or console.is_dumb_terminal or not console.file.isatty():
        return False
    lines = console.render_lines(drawing, pad=False)
    if len(lines) <= console.size.height - _BELOW:
        return False
    plain = ("".join(segment.text for segment in line).lstrip() for line in lines)
    found = (number for number, line in enumerate(plain, start=1) if line.startswith(opening))
    # Not so far down that lines of the screen stay empty.
    last = len(lines) - console.size.height + _ABOVE + 2
    first = min(next(found, 1), max(last, 1))
    with console.capture() as captured:
        console.print(drawing)
    data = captured.get().encode(console.encoding, "replace")
    # Else less shows bytes where the locale names no encoding.
    charset = {"LESSCHARSET": "utf-8"} if console.encoding == "utf-8" else {}
    try:
        process = subprocess.Popen(
            _command(first), stdin=subprocess.PIPE, env={**charset, **os.environ}
        )
    except (OSError, ValueError):
        return False
    text: bytes | None = data
    while True:
        try:
            process.communicate(text)
        except KeyboardInterrupt:
            text = None  # it is the pager's, too, which decides what it means
        else:
            return True


def _command(line: int) -> list[str]:
    command = shlex.split(os.environ.get("PAGER", "")) or [shutil.which("less") or "more"]
    if PurePath(command[0]).stem == "less":
        # Of sequences, it lets only colours and links through.
        return [*command, "-R", f"-j{_ABOVE + 1}", f"+{line}"]
    return command
