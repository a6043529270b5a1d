"""Logging, configured once at the entry point: records go to standard error, made harmless.

They hold no bot token, and nothing in a message, such as the name of a file, steers the terminal.
"""

from __future__ import annotations

import logging
import re

from config.tokens import redact

_OURS = ("bot", "config", "embeddings", "retrieval")
_LIBRARIES = {
    # Below this level their messages hold URLs, and these the bot's token.
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "telegram": logging.WARNING,
    # It warns of Ctrl+C, which is how watching ends.
    "watchfiles": logging.ERROR,
}
# Control characters, of which terminals make commands and new lines, and those that turn the
# direction of text.
_STEERING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_FORMATTER = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
_NAME = "excerpta"


def setup(verbose: bool) -> None:
    """Configure logging anew: warnings of all, and if verbose everything that our packages log."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        if old.name == _NAME:
            root.removeHandler(old)
    handler = logging.StreamHandler()
    handler.name = _NAME
    handler.setFormatter(_FORMATTER)
    handler.addFilter(Sanitise())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _OURS:
        # Never left to the root logger, whose level libraries change.
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.WARNING)
    for name, level in _LIBRARIES.items():
        logging.getLogger(name).setLevel(level)


class Sanitise(logging.Filter):
    r"""Takes bot tokens out of a record, and what steers a terminal out of its message.

    Tokens are replaced in traceback and stack as well. Characters that steer become escapes as in
    Python, `\x1b` or `\n`, so that a message is one line; traceback and stack keep their lines.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Format the record here, as a token may appear only when message and arguments meet."""
        try:
            message = record.getMessage()
        except Exception as exc:  # noqa: BLE001 (any __str__ may run; logging must not break callers)
            message = f"{record.msg!r} cannot be formatted: {type(exc).__name__}"
        record.msg, record.args = _STEERING.sub(_escaped, redact(message)), None
        if record.exc_info:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
