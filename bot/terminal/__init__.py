"""The terminal: how everything looks there and in a pipe, and the chat.

A question's way:

    console       reads lines at a terminal or from a pipe, and completes them
    chat          answers a line: a question or a slash command
    answers       the excerpts of an answer with their citations
    explanation   why they were chosen, and how sure the answer is
    articles      an article, the list of articles, names and values
    reports       what a refresh, its preview and a rollback did
    progress      what is drawn while something takes long
    text          what all of them share: harmless text, a readable width, plain text for pipes
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bot.terminal.answers import AnswerDrawing
from bot.terminal.articles import ArticleDrawing, SourcesDrawing, ValuesDrawing
from bot.terminal.reports import (
    generation_document,
    generation_text,
    preview_document,
    preview_text,
    report_document,
    report_text,
    skipped_text,
)
from bot.terminal.text import ACCENT, Readable, counted, plain, show, visible

if TYPE_CHECKING:
    from bot.terminal.chat import Chat
    from bot.terminal.console import run_chat
    from bot.terminal.explanation import ExplanationDrawing, reasons_below
    from bot.terminal.progress import Asking, Building

__all__ = [
    "ACCENT",
    "AnswerDrawing",
    "ArticleDrawing",
    "Asking",
    "Building",
    "Chat",
    "ExplanationDrawing",
    "Readable",
    "SourcesDrawing",
    "ValuesDrawing",
    "counted",
    "generation_document",
    "generation_text",
    "plain",
    "preview_document",
    "preview_text",
    "reasons_below",
    "report_document",
    "report_text",
    "run_chat",
    "show",
    "skipped_text",
    "visible",
]

# A refresh without a change, which may run every minute, needs none of them.
_LOADED_LATER = {
    "Asking": "progress",
    "Building": "progress",
    "Chat": "chat",
    "ExplanationDrawing": "explanation",
    "reasons_below": "explanation",
    "run_chat": "console",
}


def __getattr__(name: str) -> object:
    """Import what takes long when it is asked for."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LOADED_LATER[name]}"), name)
