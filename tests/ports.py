"""Ports for servers that tests start in a process of their own, and name before it listens."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

# Who asks for any port, for a server or for the near end of a connection, is given a higher one:
# from 32768 on Linux, from 49152 elsewhere. One of these stays free until it is listened at.
_FIRST, _COUNT = 21_000, 9_000


def free_port() -> int:
    """Return a port of this machine that nobody listens at, and nobody is given by chance."""
    while True:
        port = _FIRST + secrets.randbelow(_COUNT)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
