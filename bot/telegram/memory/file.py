"""The file of the bot's memory: made for its owner alone, and refused if it is not what it says."""

from __future__ import annotations

import secrets
from pathlib import Path

from bot.errors import BotError
from bot.telegram.memory import inbox
from retrieval.index.database import Database, Faults

FORMAT = 1
"""Of the whole file, the inbox included."""

SCHEMA = (
    # `forgotten`: since when the file may hold copies of what a user wanted forgotten.
    "CREATE TABLE meta (salt BLOB NOT NULL, forgotten REAL)",
    "CREATE TABLE languages (user BLOB PRIMARY KEY, code TEXT NOT NULL)",
    "CREATE TABLE conversations (user BLOB NOT NULL, chat BLOB NOT NULL, topic INTEGER NOT NULL,"
    " questions TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (user, chat, topic))",
    "CREATE INDEX conversations_at ON conversations (at)",
    # AUTOINCREMENT: the buttons of an answer that is gone must not work on another.
    "CREATE TABLE answers (number INTEGER PRIMARY KEY AUTOINCREMENT, chat BLOB NOT NULL,"
    " question_id INTEGER NOT NULL, message_id INTEGER, asker BLOB NOT NULL,"
    " question TEXT NOT NULL, earlier TEXT NOT NULL, answered INTEGER NOT NULL,"
    " at REAL NOT NULL, ups INTEGER NOT NULL DEFAULT 0, downs INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (chat, question_id))",
    "CREATE INDEX answers_asker ON answers (asker)",
    "CREATE INDEX answers_at ON answers (at)",
    "CREATE INDEX gaps ON answers (at) WHERE answered = 0 OR downs > ups",
    "CREATE TABLE votes (answer INTEGER NOT NULL, user BLOB NOT NULL, up INTEGER NOT NULL,"
    " PRIMARY KEY (answer, user)) WITHOUT ROWID",
    "CREATE INDEX votes_user ON votes (user)",
    *inbox.SCHEMA,
)

_FAULTS = Faults(
    "the bot's memory",
    BotError,
    BotError,
    "move it away and start the bot again (only the buttons under old answers, conversations and "
    "feedback are lost)",
)


def open_file(path: Path) -> Database:
    """Open the file, or make it in a folder that is made if it is not there.

    Raises:
        BotError: It cannot be used, is damaged, or has another format.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as exc:
        raise BotError(
            f"the bot's memory {path} cannot be written ({exc.strerror}); give the bot a "
            "folder that it can write"
        ) from exc
    database = Database(path, _FAULTS, ("secure_delete = ON",))
    database.check_length()
    with database.transaction() as db:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if not found and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in SCHEMA:
                db.execute(statement)
            db.execute("INSERT INTO meta VALUES (?, NULL)", (secrets.token_bytes(32),))
            db.execute(f"PRAGMA user_version = {FORMAT}")
            found = FORMAT
    if found != FORMAT:
        database.close()
        raise BotError(
            f"the bot's memory {path} has format {found}, this version of Excerpta reads "
            f"format {FORMAT}; {_FAULTS.remedy}"
        )
    database.query("PRAGMA journal_mode = WAL")
    return database
