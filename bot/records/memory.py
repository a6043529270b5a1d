"""The bot's memory: conversations, answers, votes and languages, in a SQLite file or in PostgreSQL.

Both read the same statements. `user` is quoted, since it is a word of SQL, and what two replicas
may count at once is locked by an update first.

No id of a user or a chat is in it, but keyed hashes of them. Their key is there as well, so they
hide a user from whoever sees a row, not from whoever has all rows and tries all ids. Hence the file
is made for its owner alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.followups import REMEMBERED
from bot.records.kept import ChatPlace, Gap, KeptAnswer, KeptQuestion, Stats, UnknownLanguages
from bot.records.storage import Storage, Transaction, open_file
from retrieval.index import Faults

_DAY_S = 86_400.0
_STEP = 200
"""Rows that a purge drops at once: others wait with their writing meanwhile."""
_KEPT = "SELECT number, question_id, message_id, question, earlier, answered FROM answers"
_FORMAT = 2

_SCHEMA = (
    # `forgotten`: since when the file may hold copies of what a user wanted forgotten.
    "CREATE TABLE meta (salt BLOB NOT NULL, forgotten REAL)",
    'CREATE TABLE languages ("user" BLOB PRIMARY KEY, code TEXT NOT NULL)',
    'CREATE TABLE conversations ("user" BLOB NOT NULL, chat BLOB NOT NULL, topic INTEGER NOT NULL,'
    ' questions TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY ("user", chat, topic))',
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
    'CREATE TABLE votes (answer INTEGER NOT NULL, "user" BLOB NOT NULL, up INTEGER NOT NULL,'
    ' PRIMARY KEY (answer, "user")) WITHOUT ROWID',
    'CREATE INDEX votes_user ON votes ("user")',
)

# Added to the files of the format that have none yet.
_UNKNOWN = (
    # Questions in languages that an encoder does not know; how many of whom, and not what.
    'CREATE TABLE IF NOT EXISTS unknown_languages ("user" BLOB PRIMARY KEY,'
    " questions INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS unknown_languages_at ON unknown_languages (at)",
    # Encoders of which administrators were told.
    "CREATE TABLE IF NOT EXISTS told (encoder TEXT PRIMARY KEY)",
)

_FAULTS = Faults(
    "the bot's memory",
    BotError,
    BotError,
    "move it away and start the bot again (only the buttons under old answers, conversations and "
    "feedback are lost)",
)


def schema() -> tuple[str, ...]:
    """Return the statements that make the tables of a new memory, with a key of its own."""
    first = f"INSERT INTO meta VALUES (x'{secrets.token_hex(32)}', NULL)"
    return (*_SCHEMA, first, *_UNKNOWN)


class State:
    """The bot's memory; every method may be called from any thread, and raises `BotError`.

    Args:
        database: With the tables of `schema`.
        keep_days: How long answers and votes are kept.
        conversation_minutes: The pause that ends a conversation.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        database: Storage,
        *,
        keep_days: int,
        conversation_minutes: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database
        self._salt: bytes = database.one("SELECT salt FROM meta")[0]
        self._keep_s = keep_days * _DAY_S
        self._pause_s = conversation_minutes * 60.0
        self._clock = clock

    @classmethod
    def open(
        cls,
        folder: Path,
        name: int | str,
        *,
        keep_days: int,
        conversation_minutes: int,
        clock: Callable[[], float] = time.time,
    ) -> State:
        """Open a bot's file, or make it, for its owner alone.

        Args:
            folder: Is made if it is not there.
            name: The bot's: in Telegram its id. Each has its own file.
            keep_days: How long answers and votes are kept.
            conversation_minutes: The pause that ends a conversation.
            clock: Seconds since 1970.

        Raises:
            BotError: The file cannot be used, is damaged, or has another format.
        """
        path = folder / f"{name}.sqlite"
        database = open_file(path, _FAULTS, _FORMAT, schema()[: len(_SCHEMA) + 1])
        for statement in _UNKNOWN:
            database.query(statement)
        return cls(
            database,
            keep_days=keep_days,
            conversation_minutes=conversation_minutes,
            clock=clock,
        )

    def pseudonym(self, number: int) -> bytes:
        """Return the keyed hash that stands for the id of a user or a chat in this file."""
        return hashlib.blake2b(b"%d" % number, key=self._salt, digest_size=16).digest()

    # Conversations

    def earlier(self, place: ChatPlace) -> tuple[str, ...]:
        """Return the user's last questions there, oldest first; none after a long pause."""
        rows = self.database.query(
            "SELECT questions FROM conversations"
            ' WHERE "user" = :user AND chat = :chat AND topic = :topic AND at >= :since',
            self._names(place) | {"since": self._clock() - self._pause_s},
        )
        return tuple(json.loads(rows[0][0])) if rows else ()

    def asked(self, place: ChatPlace, question: str) -> None:
        """Remember a question as the latest of its conversation."""
        with self.database.transaction() as db:
            self._remember(db, place, question)

    def _remember(self, db: Transaction, place: ChatPlace, question: str) -> None:
        questions = json.dumps([*self.earlier(place), question][-REMEMBERED:])
        db.execute(
            "INSERT INTO conversations VALUES (:user, :chat, :topic, :questions, :at)"
            ' ON CONFLICT ("user", chat, topic)'
            " DO UPDATE SET questions = excluded.questions, at = excluded.at",
            self._names(place) | {"questions": questions, "at": self._clock()},
        )

    def forget(self, place: ChatPlace) -> None:
        """Begin a new conversation."""
        with self.database.transaction() as db:
            db.execute(
                'DELETE FROM conversations WHERE "user" = :user AND chat = :chat'
                " AND topic = :topic",
                self._names(place),
            )

    def language(self, user: int) -> str | None:
        """Return the code of the language that the user chose, if any."""
        rows = self.database.query(
            'SELECT code FROM languages WHERE "user" = ?', (self.pseudonym(user),)
        )
        return rows[0][0] if rows else None

    def set_language(self, user: int, code: str) -> None:
        """Remember the language that a user chose."""
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO languages VALUES (?, ?)"
                ' ON CONFLICT ("user") DO UPDATE SET code = excluded.code',
                (self.pseudonym(user), code),
            )

    # Answers

    def add_answer(
        self,
        place: ChatPlace,
        question_id: int,
        question: str,
        earlier: Sequence[str],
        answered: bool,
        remembered: str | None = None,
    ) -> int:
        """Remember an answer that is about to be sent and return its number.

        A message that asked before, and whose answer a kill may have kept back, keeps its number.

        Args:
            place: Where it was asked, and by whom.
            question_id: The message that asks.
            question: Its text.
            earlier: The questions that the answer takes into account, oldest first.
            answered: Whether the articles answer it.
            remembered: What its conversation remembers as the latest question, if anything.
        """
        names = self._names(place)
        with self.database.transaction() as db:
            if remembered is not None:
                self._remember(db, place, remembered)
            db.execute(
                "INSERT INTO answers (chat, question_id, asker, question, earlier, answered, at)"
                " VALUES (?, ?, ?, '', '[]', 0, ?) ON CONFLICT (chat, question_id) DO NOTHING",
                (names["chat"], question_id, names["user"], self._clock()),
            )
            number = db.execute(
                "SELECT number FROM answers WHERE chat = ? AND question_id = ?",
                (names["chat"], question_id),
            ).fetchone()[0]
            _change(db, number, question, earlier, answered)
        return int(number)

    def change_answer(
        self, number: int, question: str, earlier: Sequence[str], answered: bool
    ) -> None:
        """Remember the new question of an answer; the votes on the former one are deleted."""
        with self.database.transaction() as db:
            _change(db, number, question, earlier, answered)

    def sent(self, number: int, message_id: int) -> None:
        """Remember which message shows an answer."""
        with self.database.transaction() as db:
            db.execute("UPDATE answers SET message_id = ? WHERE number = ?", (message_id, number))

    def answer(self, number: int, chat: int) -> KeptAnswer | None:
        """Return an answer; None if it is gone, or was given in another chat."""
        rows = self.database.query(
            f"{_KEPT} WHERE number = ? AND chat = ?", (number, self.pseudonym(chat))
        )
        return _kept_of(rows[0]) if rows else None

    def answer_to(self, chat: int, question_id: int) -> KeptAnswer | None:
        """Return the answer to a message, if any."""
        rows = self.database.query(
            f"{_KEPT} WHERE chat = ? AND question_id = ?", (self.pseudonym(chat), question_id)
        )
        return _kept_of(rows[0]) if rows else None

    # Feedback

    def vote(self, number: int, user: int, up: bool) -> bool:
        """Count a user's thumb, the last one only, and return whether that changed anything."""
        name = self.pseudonym(user)
        with self.database.transaction() as db:
            changed = db.execute(
                "INSERT INTO votes SELECT number, :user, :up FROM answers WHERE number = :number"
                ' ON CONFLICT (answer, "user") DO UPDATE SET up = excluded.up'
                " WHERE votes.up <> excluded.up",
                {"user": name, "up": int(up), "number": number},
            ).rowcount
            _count(db, number)
        return bool(changed)

    def gaps(self, since: float, limit: int) -> list[Gap]:
        """Return questions since then that were not answered, or not well, the newest first.

        Not well means that more thumbs are down than up.
        """
        rows = self.database.query(
            "SELECT question, downs FROM answers"
            " WHERE (answered = 0 OR downs > ups) AND at >= ? ORDER BY at DESC LIMIT ?",
            (since, limit),
        )
        return [Gap(question, downs) for question, downs in rows]

    def questions(self, since: float, limit: int) -> list[KeptQuestion]:
        """Return the questions that were asked since then, the newest first."""
        rows = self.database.query(
            "SELECT question, at, answered, ups, downs FROM answers"
            " WHERE at >= ? ORDER BY at DESC LIMIT ?",
            (since, limit),
        )
        return [KeptQuestion(text, at, bool(yes), ups, downs) for text, at, yes, ups, downs in rows]

    def stats(self, since: float) -> Stats:
        """Count what was asked since then."""
        row = self.database.one(
            "SELECT count(*), coalesce(sum(answered), 0), count(DISTINCT asker),"
            " count(DISTINCT chat), coalesce(sum(ups), 0), coalesce(sum(downs), 0)"
            " FROM answers WHERE at >= ?",
            (since,),
        )
        return Stats(*map(int, row))

    def add_unknown_language(self, user: int, encoder: str, many: int) -> UnknownLanguages | None:
        """Count a question in a language that the encoder does not know.

        Return the counts once for each encoder, when there are many questions, and keep none of
        them from then on; else None.
        """
        with self.database.transaction() as db:
            if db.execute("SELECT 1 FROM told WHERE encoder = ?", (encoder,)).fetchone():
                return None
            db.execute(
                'INSERT INTO unknown_languages VALUES (:user, 1, :at) ON CONFLICT ("user")'
                " DO UPDATE SET questions = unknown_languages.questions + 1, at = :at",
                {"user": self.pseudonym(user), "at": self._clock()},
            )
            askers, questions = db.execute(
                "SELECT count(*), sum(questions) FROM unknown_languages"
            ).fetchone()
            if questions < many:
                return None
            told = db.execute("INSERT INTO told VALUES (?) ON CONFLICT DO NOTHING", (encoder,))
            db.execute("DELETE FROM unknown_languages")
        return UnknownLanguages(int(questions), askers) if told.rowcount else None

    # Forgetting

    def forget_user(self, user: int) -> None:
        """Erase everything about a user."""
        name = self.pseudonym(user)
        with self.database.transaction() as db:
            voted = db.execute('SELECT answer FROM votes WHERE "user" = ?', (name,)).fetchall()
            removed = sum(
                db.execute(f"DELETE FROM {rows}", (name,)).rowcount
                for rows in (
                    "votes WHERE answer IN (SELECT number FROM answers WHERE asker = ?)",
                    'votes WHERE "user" = ?',
                    "answers WHERE asker = ?",
                    'conversations WHERE "user" = ?',
                    'languages WHERE "user" = ?',
                    'unknown_languages WHERE "user" = ?',
                )
            )
            for (number,) in voted:
                _count(db, number)
            if removed:
                db.execute("UPDATE meta SET forgotten = coalesce(forgotten, ?)", (self._clock(),))
        self.database.wipe()

    def purge(self) -> None:
        """Delete answers and conversations that are too old; it is called hourly.

        SQLite overwrites a row that it deletes, but not the copy that is left where it once moved
        the row to another page. So the file is written anew, at most once a day, after a user was
        forgotten; meanwhile others wait with their writing, half a second for 100,000 answers.
        """
        now = self._clock()
        with self.database.transaction() as db:
            # Written while the clock was ahead, it would be kept for longer than is promised.
            for table in ("answers", "conversations", "unknown_languages"):
                db.execute(f"UPDATE {table} SET at = :now WHERE at > :now", {"now": now})
        old = f"(SELECT number FROM answers WHERE at < ? ORDER BY at LIMIT {_STEP})"
        whose = '("user", chat, topic)'
        ended = f"(SELECT {whose[1:-1]} FROM conversations WHERE at < ? LIMIT {_STEP})"
        votes = f"DELETE FROM votes WHERE answer IN {old}"
        while self._drop(now - self._keep_s, votes, f"DELETE FROM answers WHERE number IN {old}"):
            pass
        while self._drop(
            now - self._pause_s, f"DELETE FROM conversations WHERE {whose} IN {ended}"
        ):
            pass
        self._drop(now - self._keep_s, "DELETE FROM unknown_languages WHERE at < ?")
        forgotten = self.database.one("SELECT forgotten FROM meta")[0]
        if forgotten is not None and abs(now - forgotten) >= _DAY_S:
            self.database.rewrite()
            self.database.query("UPDATE meta SET forgotten = NULL")
        self.database.wipe()

    def close(self) -> None:
        """Close this thread's connection at least; others close when their threads end."""
        self.database.close()

    def _drop(self, before: float, *statements: str) -> bool:
        """Delete a step's rows and return whether the last statement found any."""
        with self.database.transaction() as db:
            found = [db.execute(statement, (before,)).rowcount for statement in statements]
        return found[-1] > 0

    def _names(self, place: ChatPlace) -> dict[str, Any]:
        return {
            "user": self.pseudonym(place.user),
            "chat": self.pseudonym(place.chat),
            "topic": place.topic or 0,
        }


def _kept_of(row: tuple[Any, ...]) -> KeptAnswer:
    """Make an answer of a row of `_KEPT`."""
    number, question_id, message_id, question, earlier, answered = row
    return KeptAnswer(
        *(number, question_id, message_id, question),
        earlier=tuple(json.loads(earlier)),
        answered=bool(answered),
    )


def _change(
    db: Transaction, number: int, question: str, earlier: Sequence[str], answered: bool
) -> None:
    """Rewrite an answer; the votes on the former one are deleted."""
    # Half a surrogate pair is valid JSON, which Telegram sends, but no text for SQLite,
    # as NUL is none for PostgreSQL.
    text = question.encode("utf-8", "replace").decode().replace("\0", "")
    db.execute(
        "UPDATE answers SET question = ?, earlier = ?, answered = ?,"
        " ups = 0, downs = 0 WHERE number = ?",
        (text, json.dumps(list(earlier)), int(answered), number),
    )
    db.execute("DELETE FROM votes WHERE answer = ?", (number,))


def _count(db: Transaction, number: int) -> None:
    """Count the votes on an answer, when no other replica does."""
    db.execute("UPDATE answers SET ups = ups WHERE number = ?", (number,))
    db.execute(
        "UPDATE answers SET ups = (SELECT count(*) FROM votes WHERE answer = number AND up = 1),"
        " downs = (SELECT count(*) FROM votes WHERE answer = number AND up = 0) WHERE number = ?",
        (number,),
    )
