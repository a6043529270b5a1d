"""The command `telegram`: it runs the bot."""

from __future__ import annotations

from bot.command import Run, command
from bot.errors import BotError
from bot.refresh_process import Refresher
from bot.telegram.secrecy import hide_memory
from bot.telegram.service import check
from bot.telegram.service import run as run_bot
from config import LogFormat, SettingsError, setup_logs


@command
def telegram(run: Run) -> None:
    """Run the Telegram bot."""
    run.refuse_json("its answers go to Telegram")
    hide_memory()
    try:
        token = run.settings.telegram.read_token()
    except SettingsError as exc:
        raise BotError(str(exc)) from exc
    setup_logs(run.verbose, service=True, as_json=run.settings.telegram.log is LogFormat.JSON)
    check(token, run.settings.telegram)
    # Articles that changed meanwhile are refreshed beside the answering, not before it.
    library = run.library(stale=run.settings.telegram.watch)
    run_bot(library, token, Refresher(run.settings, run.options, prewarm=True))
