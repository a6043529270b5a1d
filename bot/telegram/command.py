"""The command `telegram`: it runs the bot, and hides the token from who looks into its memory."""

from __future__ import annotations

import ctypes
import sys

from bot.command import Run, command
from bot.errors import BotError
from bot.refresh_process import Refresher
from bot.telegram.service import check
from bot.telegram.service import run as run_bot
from config import LogFormat, SettingsError, setup_logs

_PR_SET_DUMPABLE = 4  # linux/prctl.h


@command(hidden=("json",))
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
    run_bot(library, token, Refresher(run.settings, run.options, library.searcher))


def hide_memory() -> None:
    """Leave no core dump; on Linux, let no other process of this user look in, root excepted.

    `/proc/PID/environ` would show the token to any process of the same user, so also to one that
    reads the articles and that an article has taken over.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
