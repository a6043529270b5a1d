"""The command `mcp`: it answers an assistant until that closes standard input."""

from __future__ import annotations

import logging
import signal

from bot.command import Run, command
from bot.errors import BotError
from config import setup_logs

_log = logging.getLogger(__name__)


@command(hidden=("json",))
def mcp(run: Run) -> None:
    """Answer an assistant by the Model Context Protocol."""
    run.refuse_json("an assistant starts it, and calls its tools")
    try:
        from bot.mcp.server import build
    except ImportError as exc:
        raise BotError(
            f"the SDK of the Model Context Protocol cannot be loaded ({exc}): "
            "pip install 'excerpta[mcp]'"
        ) from None
    from bot.refresh_process import Refresher

    setup_logs(run.verbose, service=True)
    # Articles that changed meanwhile are refreshed beside the answering, not before it.
    library = run.library(stale=True)
    refresher = Refresher(run.settings, run.options, library.searcher)
    with refresher.watching(lambda _: library.searcher.reload()):
        # Python's own handler would wait for the thread that reads standard input.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _log.info("answering on standard input; Ctrl-D ends it")
        build(library).run()
