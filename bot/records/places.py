"""Places: the folder or the PostgreSQL where the memories of the web page and of bots are kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import platformdirs
from pydantic import SecretStr

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


def bots_at(place: Place) -> list[str]:
    """Return the names of the Telegram bots whose memories are kept in a place.

    Raises:
        BotError: PostgreSQL cannot be asked.
    """
    if isinstance(place, Path):
        names = [path.stem for path in place.glob("*.sqlite")]
    else:
        with closing(PostgresStorage(place, WEB)) as database:
            rows = database.query("SELECT nspname FROM pg_namespace")
        names = [name.removeprefix(SCHEMAS) for (name,) in rows if name.startswith(SCHEMAS)]
    return sorted(name for name in names if name.isdecimal())
