"""The command `serve`: it serves the web page and the API until a signal."""

from __future__ import annotations

from bot.command import Run, command
from config import LogFormat, setup_logs


@command(hidden=("json",))
def serve(run: Run) -> None:
    """Serve the web page and the HTTP API."""
    run.refuse_json("its API answers in JSON")
    from bot.refresh_process import Refresher
    from bot.web.service import run as serve_web

    settings = run.settings.web
    setup_logs(run.verbose, service=True, as_json=settings.log is LogFormat.JSON)
    # Articles that changed meanwhile are refreshed beside the answering, not before it.
    library = run.library(stale=True)
    serve_web(library, Refresher(run.settings, run.options, prewarm=True))
