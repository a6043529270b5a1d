"""The articles for assistants: a server of the Model Context Protocol over one library.

    command     runs the server on standard input and output
    server      the tools, and the documents that they return

Only `server` imports the SDK of the protocol, which is the extra `mcp`.
"""

from __future__ import annotations

from bot.mcp.command import mcp

__all__ = ["mcp"]
