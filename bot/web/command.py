"""The command `serve`: it serves the web page and the API until a signal."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.command import Run, command, write
from config import LogFormat, setup_logs


@command(hidden=("json",))
def serve(
    run: Run,
    hash_password: Annotated[
        bool,
        typer.Option(
            "--hash-password", help="Ask for a password, and print its hash for the settings."
        ),
    ] = False,
) -> None:
    """Serve the web page and the HTTP API."""
    run.refuse_json("its API answers in JSON")
    if hash_password:
        from bot.web import hash_password as hashed

        word = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        write(f"editor_password = '{hashed(word)}'")
        return
    from bot.refresh_process import Refresher
    from bot.web.service import run as serve_web

    settings = run.settings.web
    setup_logs(run.verbose, service=True, as_json=settings.log is LogFormat.JSON)
    # Articles that changed meanwhile are refreshed beside the answering, not before it.
    library = run.library(stale=True)
    serve_web(library, Refresher(run.settings, run.options, library.searcher), run.options)
