"""Fetching: web pages, feeds and PDFs, saved as articles like any other."""

from bot.fetching.fetch import Failed, Saved, check, fetch
from bot.fetching.report import document, line, text

__all__ = ["Failed", "Saved", "check", "document", "fetch", "line", "text"]
