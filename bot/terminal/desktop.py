"""The desktop around a terminal: its clipboard, and its programs for addresses and files."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys

from rich.console import Console

# A program that cannot open something says so within this time; others stay as long as they like.
_REFUSAL_S = 2.0
# Clipboards, each with the variable without which it has no desktop to write to.
_CLIPBOARDS = {
    ("pbcopy",): "",
    ("wl-copy",): "WAYLAND_DISPLAY",
    ("xclip", "-selection", "clipboard"): "DISPLAY",
    ("clip.exe",): "",
}


def open_outside(place: str) -> bool:
    """Open an address or the whole path of a file as the desktop does; return whether it did."""
    if sys.platform == "win32":
        try:
            os.startfile(place)
        except OSError:
            return False
        return True
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        process = subprocess.Popen(
            [opener, place],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the chat is not meant for it.
            start_new_session=True,
        )
        return process.wait(_REFUSAL_S) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:
        return True


def copy_text(text: str, console: Console) -> str:
    """Put a text on the clipboard; return what took it, or "" if nothing can.

    Where no program does, as on another machine that one is logged in to, the terminal is asked to,
    which does not tell whether it did.
    """
    for command, variable in _CLIPBOARDS.items():
        program = shutil.which(command[0])
        if program is None or (variable and not os.environ.get(variable)):
            continue
        done = subprocess.run(
            [program, *command[1:]],
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == 0:
            return "clipboard"
    if console.is_dumb_terminal or not console.file.isatty():
        return ""
    # OSC 52, whose text is in base64, so that nothing in it steers the terminal.
    console.file.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
    console.file.flush()
    return "terminal"
