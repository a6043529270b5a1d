"""Fetching: web pages, feeds and PDFs, saved as articles like any other.

An address passes through:

    command          the command `fetch`: it prints the outcome of each address
    address          checks the address, removes its credentials, names its file
    fetch            downloads, reads and saves one address after another
    download         downloads it within bounds of time, size and redirects: a page, a feed, a PDF
    network          looks names up, and asks only addresses that may be asked
    fetched_folder   saves it in a sub-folder of the articles, a page as text with its origin
"""

from __future__ import annotations

from bot.fetching.fetch import Failed, Saved, fetch, parse_addresses

__all__ = ["Failed", "Saved", "fetch", "parse_addresses"]
