"""Logging to standard error, configured once at the entry point.

Records hold no bot token, and nothing in a message, such as the name of a file, can steer the
terminal.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import MemoryHandler

_OURS = ("bot", "config", "embeddings", "retrieval")
_LIBRARIES = {
    # Below this level, messages hold URLs, which hold the bot's token.
    "httpcore": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx": logging.WARNING,
    "httpx2": logging.WARNING,
    # Its warnings of a model that it cannot load are errors of ours.
    "sentence_transformers": logging.ERROR,
    "telegram": logging.WARNING,
    # It warns of Ctrl+C, which ends watching.
    "watchfiles": logging.ERROR,
}
# Control characters, which make commands and new lines in a terminal, and those that hide text or
# change its direction.
_STEERING = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_STEERING_IN_LINES = re.compile(rf"(?![\n\t]){_STEERING.pattern}")
# A token is "<bot id>:<secret of 35 characters>". The id has five digits at least, or "sha256:" and
# a digest would be one; in a URL, the colon may be escaped.
_TOKEN = re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{35,}", re.IGNORECASE)
_NAME = "excerpta"


def setup_logs(verbose: bool, *, service: bool = False, as_json: bool = False) -> None:
    """Configure logging, replacing an earlier configuration.

    Args:
        verbose: Whether our packages log everything; otherwise, they log warnings.
        service: Whether our packages log successes, too, as a process that runs for months does.
        as_json: Whether a record is a JSON document; its keys are time, level, logger, message,
            those of the record's `fields`, and traceback.
    """
    root = logging.getLogger()
    for old in root.handlers[:]:
        if old.name == _NAME:
            root.removeHandler(old)
    handler = logging.StreamHandler()
    handler.name = _NAME
    handler.setFormatter(_Documents() if as_json else _Lines())
    handler.addFilter(Sanitise())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    quiet = logging.INFO if service else logging.WARNING
    for name in _OURS:
        # They have levels of their own, as libraries change that of the root logger.
        logging.getLogger(name).setLevel(quiet if not verbose else logging.DEBUG)
    for name, level in _LIBRARIES.items():
        logging.getLogger(name).setLevel(level)


@contextmanager
def held_logs() -> Iterator[Callable[[], None]]:
    """Hold records back, so that none breaks into a drawing or a line that is being typed.

    They are not held where standard error is no terminal. Yields a function that lets out those
    held so far; the end of the block lets out the rest.
    """
    root = logging.getLogger()
    shown = next((one for one in root.handlers if one.name == _NAME), None)
    if shown is None or not sys.stderr.isatty():
        yield lambda: None
        return
    held = MemoryHandler(sys.maxsize, flushLevel=sys.maxsize, target=shown)
    held.name = _NAME
    root.removeHandler(shown)
    root.addHandler(held)
    try:
        yield held.flush
    finally:
        root.removeHandler(held)
        root.addHandler(shown)
        held.close()


def redact(text: str) -> str:
    """Replace everything that has the form of a bot token."""
    return _TOKEN.sub("<bot token>", text)


class _Lines(logging.Formatter):
    """Formats a record as a line of text, with its `fields` after the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {key}={_shown(value)}" for key, value in _fields(record).items())
        return super().formatMessage(record) + fields


class _Documents(logging.Formatter):
    """Formats a record as a JSON document on one line."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_text or record.stack_info:
            document["traceback"] = record.exc_text or record.stack_info
        return json.dumps(document, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields of a record (`extra={"fields": {...}}`)."""
    found: dict[str, object] = getattr(record, "fields", {})
    return found


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


class Sanitise(logging.Filter):
    r"""Removes bot tokens from a record, and characters that steer a terminal.

    These become escapes as in Python, `\x1b` or `\n`, so that a message is one line; traceback and
    stack keep their lines.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Format the message, as a token may appear only when its arguments are in it."""
        try:
            message = record.getMessage()
        except Exception as exc:  # noqa: BLE001 (any __str__ may run; logging must not break callers)
            message = f"{record.msg!r} cannot be formatted: {type(exc).__name__}"
        record.msg, record.args = _STEERING.sub(_escaped, redact(message)), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = _harmless_lines(record.exc_text)
        if record.stack_info:
            record.stack_info = _harmless_lines(record.stack_info)
        if fields := _fields(record):
            record.fields = {key: _harmless(value) for key, value in fields.items()}
        return True


def _harmless(value: object) -> object:
    return _STEERING.sub(_escaped, redact(value)) if isinstance(value, str) else value


def _harmless_lines(text: str) -> str:
    return _STEERING_IN_LINES.sub(_escaped, redact(text))


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
