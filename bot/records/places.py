"""Places: the folder or the PostgreSQL where the memories of the web page and of bots are kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import platformdirs
from pydantic import SecretStr

from bot.records.kept import KeptQuestion
from bot.records.memory import State, schema
from bot.records.postgres import SCHEMAS, PostgresStorage

WEB = "web"
"""The name of the web page's memory, beside those of bots, which are numbers."""

Place = Path | SecretStr


def default_place() -> Path:
    """Return the folder where memories are kept if the settings name no place."""
    return platformdirs.user_state_path("excerpta") / "telegram"


def open_state(
    place: Place, name: int | str, *, keep_days: int, conversation_minutes: int
) -> State:
    """Open a memory, or make it.

    Args:
        place: A folder, or the address of a PostgreSQL.
        name: The bot's: in Telegram its id.
        keep_days: How long answers and votes are kept.
        conversation_minutes: The pause that ends a conversation.

    Raises:
        BotError: It cannot be opened.
    """
    if isinstance(place, Path):
        return State.open(
            place, name, keep_days=keep_days, conversation_minutes=conversation_minutes
        )
    return State(
        PostgresStorage.open(place, name, schema()),
        keep_days=keep_days,
        conversation_minutes=conversation_minutes,
    )


def questions_at(place: Place, since: float, limit: int) -> dict[str, list[KeptQuestion]]:
    """Return the questions that were asked since then, the newest first, by each memory's name.

    Args:
        place: Where the memories are kept.
        since: In seconds since 1970.
        limit: The greatest number of questions of one memory.

    Raises:
        BotError: A memory cannot be read.
    """
    found = {}
    for name in _names_at(place):
        # These matter to what is purged, and nothing is.
        with closing(open_state(place, name, keep_days=1, conversation_minutes=1)) as state:
            found[name] = state.questions(since, limit)
    return found


def _names_at(place: Place) -> list[str]:
    if isinstance(place, Path):
        names = [path.stem for path in place.glob("*.sqlite")]
    else:
        with closing(PostgresStorage(place, WEB)) as database:
            rows = database.query("SELECT nspname FROM pg_namespace")
        names = [name.removeprefix(SCHEMAS) for (name,) in rows if name.startswith(SCHEMAS)]
    return sorted(name for name in names if name == WEB or name.isdecimal())
