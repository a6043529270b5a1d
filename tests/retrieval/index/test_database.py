from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import IndexDamaged, IndexFault
from retrieval.index.database import INDEX, Database
from tests.paths import ROOT


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "some.sqlite", INDEX)
    database.query("CREATE TABLE numbers (n INTEGER UNIQUE)")
    yield database
    database.close()


def numbers(database: Database) -> list[int]:
    return [row[0] for row in database.rows("SELECT n FROM numbers ORDER BY n")]


def insert(database: Database, statement: str, *values: int) -> None:
    with database.transaction() as db:
        for n in values:
            db.execute(f"{statement} INTO numbers VALUES (?)", (n,))


def test_what_sqlite_rolled_back_itself_is_told_by_its_cause(database: Database) -> None:
    with pytest.raises(IndexDamaged, match="UNIQUE constraint"):
        insert(database, "INSERT OR ROLLBACK", 1, 1)

    insert(database, "INSERT", 2)
    assert numbers(database) == [2]


def test_one_row_is_there_or_the_database_is_damaged(database: Database) -> None:
    database.query("INSERT INTO numbers VALUES (?)", (5,))

    assert database.one("SELECT n FROM numbers WHERE n = :n", {"n": 5}) == (5,)
    with pytest.raises(
        IndexDamaged, match=r"is damaged \(a row is missing\); run excerpta refresh"
    ):
        database.one("SELECT n FROM numbers WHERE n = 6")


def test_a_locked_database_is_no_damage(database: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "some.sqlite", INDEX)
    other.query("PRAGMA busy_timeout = 50")

    with database.transaction(), pytest.raises(IndexFault, match="is locked") as caught:
        insert(other, "INSERT", 1)

    assert not isinstance(caught.value, IndexDamaged)


CHANGE = """
import sys
from pathlib import Path
from retrieval.index.database import INDEX, Database

database = Database(Path(sys.argv[1]), INDEX)
database.query("UPDATE facts SET known = known + 1")
database.close()
"""


def test_looking_at_its_length_does_not_cut_a_connection_off_from_other_processes(
    tmp_path: Path,
) -> None:
    """The last process to close a database takes its log away, unless another's lock is there."""
    path = tmp_path / "some.sqlite"
    database = Database(path, INDEX)
    database.query("PRAGMA journal_mode = WAL")
    database.query("CREATE TABLE facts (known INTEGER)")
    database.query("INSERT INTO facts VALUES (1)")
    Database(path, INDEX).check_length()
    for known in (2, 3):
        subprocess.run([sys.executable, "-c", CHANGE, str(path)], cwd=ROOT, check=True, timeout=60)
        assert database.one("SELECT known FROM facts") == (known,)
    database.close()
