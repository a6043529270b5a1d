"""Records: what was asked, whether it was answered, and what readers say of the answers.

A memory is that of one bot or of the web page, with keyed hashes of its users for their ids:

    kept      the values that are kept and counted
    memory    conversations, answers, votes and languages
    places    where memories are kept, and how one is opened
    storage   what a memory needs of a database, and SQLite's files
    postgres  the same of PostgreSQL, which several processes share
"""

from __future__ import annotations

from bot.records.kept import ChatPlace, Gap, KeptAnswer, KeptQuestion, Stats, UnknownLanguages
from bot.records.memory import State, schema
from bot.records.places import WEB, Place, default_place, open_state, questions_at
from bot.records.postgres import PostgresStorage, StateUnreachable
from bot.records.storage import EMPTY_LOG, PRAGMAS, Storage, Transaction, open_file

__all__ = [
    "EMPTY_LOG",
    "PRAGMAS",
    "WEB",
    "ChatPlace",
    "Gap",
    "KeptAnswer",
    "KeptQuestion",
    "Place",
    "PostgresStorage",
    "State",
    "StateUnreachable",
    "Stats",
    "Storage",
    "Transaction",
    "UnknownLanguages",
    "default_place",
    "open_file",
    "open_state",
    "questions_at",
    "schema",
]
