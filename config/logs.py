"""Logging, configured once at the entry point: records go to standard error, without bot tokens."""

from __future__ import annotations

import logging

from config.tokens import redact

_OURS = ("bot", "config", "embeddings", "retrieval")
_CHATTY = ("httpcore", "httpx", "telegram")  # their messages hold URLs, and these the bot's token
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
    handler.addFilter(RedactTokens())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.NOTSET)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class RedactTokens(logging.Filter):
    """Replaces bot tokens in a record's message, arguments, traceback and stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Format the record here, as a token may appear only when message and arguments meet."""
        try:
            message = record.getMessage()
        except Exception as exc:  # noqa: BLE001 (any __str__ may run; logging must not break callers)
            message = f"{record.msg!r} cannot be formatted: {type(exc).__name__}"
        record.msg, record.args = redact(message), None
        if record.exc_info:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
