"""The terminal: the chat, and drawings of everything that is printed there or in a pipe.

A question passes through:

    console       reads lines from a terminal or a pipe, with completion and history
    chat          answers a line: a question or a slash command
    answers       draws an answer: its excerpts with their citations
    replies       draws a reply to what is no question
    explanation   draws why the excerpts were chosen, and where the confidence comes from

Beside it are:

    articles      draws an article, the list of articles, names and values
    reports       describes what a refresh, its preview and a rollback did
    progress      draws the progress of what takes long
    pager         shows in the user's pager what is longer than the screen
    desktop       opens addresses and files, and writes to the clipboard

`bot.display` has what all drawings share: harmless text, readable lines, plain text for pipes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.terminal.reports import (
    generation_document,
    generation_text,
    preview_document,
    preview_text,
    report_document,
    report_text,
    skipped_text,
)
from config import imported_later

if TYPE_CHECKING:
    from bot.terminal.answers import AnswerDrawing, AnswersDrawing, ExcerptsDrawing
    from bot.terminal.articles import (
        ArticleDrawing,
        SourcesDrawing,
        ValuesDrawing,
        articles_named,
        index_drawing,
        several_text,
    )
    from bot.terminal.chat import Chat
    from bot.terminal.console import run_chat
    from bot.terminal.explanation import ExplanationDrawing, reasons_below
    from bot.terminal.pager import page
    from bot.terminal.progress import Asking, Building
    from bot.terminal.replies import ReplyDrawing

__all__ = [
    "AnswerDrawing",
    "AnswersDrawing",
    "ArticleDrawing",
    "Asking",
    "Building",
    "Chat",
    "ExcerptsDrawing",
    "ExplanationDrawing",
    "ReplyDrawing",
    "SourcesDrawing",
    "ValuesDrawing",
    "articles_named",
    "generation_document",
    "generation_text",
    "index_drawing",
    "page",
    "preview_document",
    "preview_text",
    "reasons_below",
    "report_document",
    "report_text",
    "run_chat",
    "several_text",
    "skipped_text",
]

__getattr__ = imported_later(
    __name__,
    {
        "answers": "AnswerDrawing AnswersDrawing ExcerptsDrawing",
        "articles": "ArticleDrawing SourcesDrawing ValuesDrawing articles_named index_drawing "
        "several_text",
        "chat": "Chat",
        "console": "run_chat",
        "explanation": "ExplanationDrawing reasons_below",
        "pager": "page",
        "progress": "Asking Building",
        "replies": "ReplyDrawing",
    },
)
