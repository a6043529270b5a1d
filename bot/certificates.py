"""The certificates by which the bot knows the servers that it asks."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def certificates() -> ssl.SSLContext:
    """Load the machine's certificates and those that httpx brings, once; it takes a while.

    httpx's own list lacks what an organisation adds to its machines, and not every Python finds
    the list of its machine. `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context
