"""Fetching: web pages, feeds and PDFs, saved as articles like any other.

An address passes through:

    command          the command `fetch`: it prints the outcome of each address
    address          checks the address, removes its credentials, names its file
    fetch            downloads, reads and saves one address after another
    download         downloads it within bounds of time, size and redirects
    network          looks names up, and asks only addresses that may be asked
    content_kind     tells whether it is a page, a feed or a PDF
    page             composes a page's file: front matter with its origin, then its text
    fetched_folder   saves the file in a sub-folder of the articles
"""

from __future__ import annotations

from bot.fetching.fetch import Failed, Saved, fetch, parse_addresses

__all__ = ["Failed", "Saved", "fetch", "parse_addresses"]
