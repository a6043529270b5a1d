"""Fetching: web pages, feeds and PDFs, saved as articles like any other."""

from bot.fetching.command import failure_text, fetch_document, fetch_text
from bot.fetching.fetch import Failed, Saved, check, fetch

__all__ = ["Failed", "Saved", "check", "failure_text", "fetch", "fetch_document", "fetch_text"]
