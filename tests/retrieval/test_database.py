from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.database import Database
from retrieval.errors import IndexDamaged, IndexFault


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "some.sqlite")
    database.query("CREATE TABLE numbers (n INTEGER UNIQUE)")
    yield database
    database.close()


def numbers(database: Database) -> list[int]:
    return [row[0] for row in database.rows("SELECT n FROM numbers ORDER BY n")]


def insert(database: Database, statement: str, *values: int) -> None:
    with database.transaction() as db:
        for n in values:
            db.execute(f"{statement} INTO numbers VALUES (?)", (n,))


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    insert(database, "INSERT", 1, 2)
    with pytest.raises(IndexDamaged, match="UNIQUE constraint"):
        insert(database, "INSERT", 3, 1)

    assert numbers(database) == [1, 2]


def test_what_sqlite_rolled_back_itself_is_told_by_its_cause(database: Database) -> None:
    with pytest.raises(IndexDamaged, match="UNIQUE constraint"):
        insert(database, "INSERT OR ROLLBACK", 1, 1)

    insert(database, "INSERT", 2)
    assert numbers(database) == [2]


def test_one_row_is_there_or_the_database_is_damaged(database: Database) -> None:
    database.query("INSERT INTO numbers VALUES (?)", (5,))

    assert database.one("SELECT n FROM numbers WHERE n = :n", {"n": 5}) == (5,)
    with pytest.raises(IndexDamaged, match=r"is damaged \(a row is missing\); delete the folder"):
        database.one("SELECT n FROM numbers WHERE n = 6")


def test_a_locked_database_is_no_damage(database: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "some.sqlite")
    other.query("PRAGMA busy_timeout = 50")

    with database.transaction(), pytest.raises(IndexFault, match="is locked") as caught:
        insert(other, "INSERT", 1)

    assert not isinstance(caught.value, IndexDamaged)


def test_a_closed_database_opens_again(database: Database) -> None:
    database.query("INSERT INTO numbers VALUES (1)")
    database.close()
    database.close()

    assert numbers(database) == [1]
