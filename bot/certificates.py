"""The certificates with which the bot checks the servers that it calls."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def certificates() -> ssl.SSLContext:
    """Load the machine's certificates and those that httpx brings, once, as it takes a while.

    httpx's own list lacks those that an organisation adds to its machines, and not every Python
    finds the machine's list. `SSL_CERT_FILE` and `SSL_CERT_DIR` count as well.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context
