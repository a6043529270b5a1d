"""Fetching: web pages, feeds and PDFs, saved as articles like any other.

An address's way:

    command          reads the addresses, prints what came of each
    address          checks them, parts them from their credentials, names their files
    fetch            one after another: download, read, save
    download         what an address gives, within bounds of time, size and redirects
    content_kind     whether it is a page, a feed or a PDF
    page             a page's text with front matter that says where it is from
    fetched_folder   the folder that it is saved in
"""

from __future__ import annotations

from bot.fetching.fetch import Failed, Saved, fetch, parse_addresses

__all__ = ["Failed", "Saved", "fetch", "parse_addresses"]
