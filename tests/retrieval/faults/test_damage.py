"""What a power loss or a bad disk leaves of an index: nothing wrong is shown, and it is mended."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from retrieval.refresh.refresh import RefreshOptions
from tests.retrieval.faults.check import misplace
from tests.retrieval.faults.shelf import Shelf, shown, state, told
from tests.retrieval.library import Library

PAGE = 4096


def database(library: Library) -> Path:
    return library.index / "1" / "index.sqlite"


def beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}-{end}")


def flipped(whole: bytes, bit: int) -> bytes:
    content = bytearray(whole)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def test_what_is_whole_answers(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.hold(shelf.copy(tmp_path / "copy")) == "answered"


def hold_flipped(shelf: Shelf, folder: Path, seed: int, count: int) -> Counter[str]:
    random = Random(seed)
    came: Counter[str] = Counter()
    for _ in range(count):
        library = shelf.copy(folder)
        path = database(library)
        whole = path.read_bytes()
        bit = random.randrange(8 * len(whole))
        path.write_bytes(flipped(whole, bit))
        try:
            came[shelf.hold(library)] += 1
        except Exception as exc:
            exc.add_note(f"bit {bit} of {len(whole)} bytes")
            raise
    return came


@pytest.mark.slow
def test_a_flipped_bit_of_the_database_shows_nothing_wrong(shelf: Shelf, tmp_path: Path) -> None:
    came = hold_flipped(shelf, tmp_path / "copy", seed=1, count=120)

    assert min(came["answered"], came["IndexDamaged"]) > 10


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_flipped_bits_of_the_database_show_nothing_wrong(shelf: Shelf, tmp_path: Path) -> None:
    assert hold_flipped(shelf, tmp_path / "copy", seed=2, count=8000)["IndexDamaged"] > 100


def test_a_database_that_was_cut_off_is_made_again(shelf: Shelf, tmp_path: Path) -> None:
    length = database(shelf.library).stat().st_size
    for kept in [1, 99, 100, 4095, *range(PAGE, length, 5 * PAGE + 321), length - 1]:
        library = shelf.copy(tmp_path / "copy")
        os.truncate(database(library), kept)

        assert shelf.hold(library) == "IndexDamaged"


@pytest.mark.parametrize(
    "by",
    [
        "zeros",
        pytest.param("noise", marks=pytest.mark.slow),
        pytest.param("another page", marks=pytest.mark.slow),
    ],
)
def test_an_overwritten_page_shows_nothing_wrong(shelf: Shelf, tmp_path: Path, by: str) -> None:
    hold_overwritten(shelf, tmp_path, by, every=4)


@pytest.mark.long
@pytest.mark.parametrize("by", ["zeros", "noise", "another page"])
def test_overwritten_pages_show_nothing_wrong(shelf: Shelf, tmp_path: Path, by: str) -> None:
    hold_overwritten(shelf, tmp_path, by, every=1)


def hold_overwritten(shelf: Shelf, tmp_path: Path, by: str, every: int) -> None:
    length = database(shelf.library).stat().st_size
    random = Random(by)
    # Each kind other pages.
    for at in range(len(by) % every * PAGE, length, every * PAGE):
        library = shelf.copy(tmp_path / "copy")
        content = bytearray(database(library).read_bytes())
        other = random.randrange(length // PAGE) * PAGE
        page = {
            "zeros": bytes(PAGE),
            "noise": random.randbytes(PAGE),
            "another page": content[other : other + PAGE],
        }
        content[at : at + PAGE] = page[by]
        database(library).write_bytes(content)

        shelf.hold(library)


def no_database(path: Path) -> None:
    path.unlink()


def empty_database(path: Path) -> None:
    path.write_bytes(b"")


def folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "file").touch()


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


@pytest.mark.parametrize(
    "damage", [no_database, empty_database, folder_in_its_place, link_to_nowhere]
)
def test_a_database_that_is_not_there_is_made_again(
    shelf: Shelf, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    library = shelf.copy(tmp_path / "copy")
    damage(database(library))

    library.refresh()

    assert state(library) == shelf.state


@pytest.fixture(scope="module")
def logged(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A shelf whose last refresh is in the write-ahead log, as a power loss leaves it."""
    root = tmp_path_factory.mktemp("logged")
    library = shelf.copy(root / "served")
    changed = library.articles / "headed2.md"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text + "\n\nThis came last.", encoding="utf-8")
    # Whoever has the database open keeps the log from being taken away.
    reader = sqlite3.connect(database(library))
    reader.execute("SELECT * FROM meta").fetchall()
    library.refresh()
    texts = {source: list(one) for source, one in shelf.texts.items()}
    told(library, texts)
    held = state(library)
    shutil.copytree(library.root, root / "left")
    reader.close()
    found = Shelf(Library(root / "left"), texts, held)
    assert beside(database(found.library), "wal").stat().st_size > 10 * PAGE
    return found


def test_what_is_in_the_log_is_read(logged: Shelf, tmp_path: Path) -> None:
    library = logged.copy(tmp_path / "copy")

    assert logged.hold(library) == "answered"
    assert "This came last" in str(shown(library))


def cut(path: Path, random: Random) -> None:
    os.truncate(path, random.randrange(path.stat().st_size))


def flip(path: Path, random: Random) -> None:
    whole = path.read_bytes()
    path.write_bytes(flipped(whole, random.randrange(8 * len(whole))))


def overwrite(path: Path, random: Random) -> None:
    path.write_bytes(random.randbytes(path.stat().st_size))


def delete(path: Path, _: Random) -> None:
    path.unlink()


def lengthen(path: Path, random: Random) -> None:
    with path.open("ab") as file:
        file.write(random.randbytes(10_000))


@pytest.mark.parametrize(
    ("end", "damage", "times"),
    [
        ("wal", cut, 5),
        ("wal", flip, 7),
        pytest.param("wal", cut, 15, marks=pytest.mark.slow),
        pytest.param("wal", flip, 20, marks=pytest.mark.slow),
        ("wal", overwrite, 1),
        ("wal", delete, 1),
        ("wal", lengthen, 1),
        ("shm", cut, 3),
        ("shm", flip, 3),
        pytest.param("shm", cut, 5, marks=pytest.mark.slow),
        pytest.param("shm", flip, 10, marks=pytest.mark.slow),
        ("shm", overwrite, 2),
        ("shm", delete, 1),
        ("shm", lengthen, 1),
    ],
)
def test_a_damaged_log_is_another_state_or_damage(
    logged: Shelf,
    tmp_path: Path,
    end: str,
    damage: Callable[[Path, Random], None],
    times: int,
) -> None:
    for seed in range(times):
        library = logged.copy(tmp_path / "copy")
        damage(beside(database(library), end), Random(seed))

        came = logged.hold(library)

        # What is in the second file is made again from the first.
        assert came in ({"answered"} if end == "shm" else {"answered", "IndexDamaged"})


def test_a_row_that_damage_hides_is_not_lost_for_good(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf.copy(tmp_path / "copy")
    with sqlite3.connect(database(library)) as db:
        misplace(db, "plain11.txt")
    db.close()
    library.write(plain13="Something else is new.")

    assert library.refresh().rebuilt
    assert [one.path for one in library.store().sources() if "11" in one.path] == ["plain11.txt"]


def changed(shelf: Shelf, folder: Path, change: str) -> Library:
    """Return a copy of the shelf's library with a change of its database."""
    library = shelf.copy(folder)
    db = sqlite3.connect(database(library))
    db.execute("PRAGMA foreign_keys = OFF")
    assert db.execute(change).rowcount > 0
    db.commit()
    db.close()
    return library


# What no checksum of chunks covers: how an article is cited, and where its text is.
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE articles SET title = 'The rivet' WHERE title = 'The river'",
        "UPDATE articles SET url = 'https://example.com/0' WHERE title = 'The river'",
        "UPDATE articles SET date = '2034-01-01' WHERE title = 'The river'",
        "UPDATE articles SET text = replace(text, 'river', 'rivet') WHERE title = 'The river'",
        "UPDATE articles SET tags = '[\"one\"]' WHERE title = 'The river'",
        "UPDATE articles SET tags = '[' WHERE title = 'The river'",
        "UPDATE articles SET title = CAST('The river' AS BLOB) WHERE title = 'The river'",
        "UPDATE names SET path = 'headed9.md' WHERE path = 'headed0.md'",
        "UPDATE names SET path = CAST('headed0.md' AS BLOB) WHERE path = 'headed0.md'",
        "UPDATE names SET article = article + 1 WHERE path = 'headed0.md'",
        "UPDATE chunks SET article = article + 1 WHERE article = 2",
        "UPDATE chunks SET encoding = encoding + 1 WHERE article = 2",
        "UPDATE tokens SET (codes, starts, crc) = "
        "(SELECT codes, starts, crc FROM tokens WHERE encoding = 1)",
        "UPDATE tokens SET codes = zeroblob(length(codes))",
        "UPDATE encodings SET vector = CAST('vector' AS TEXT)",
        "UPDATE encodings SET id = -id",
        "UPDATE generations SET published = 'yesterday'",
        "UPDATE generations SET chunks = chunks - 1",
        "UPDATE meta SET value = '3' WHERE key = 'current'",
        "UPDATE meta SET value = 'two' WHERE key = 'current'",
        "UPDATE meta SET value = '63' WHERE key = 'dim'",
        "UPDATE meta SET value = 'x' WHERE key = 'dim'",
        "UPDATE meta SET value = CAST(x'ff' AS TEXT) WHERE key = 'key'",
        "UPDATE meta SET value = '64' WHERE key = 'encoder'",
        "UPDATE meta SET value = 'hash-2' WHERE key = 'fingerprint'",
        "DELETE FROM meta WHERE key = 'encoder'",
        "DELETE FROM names WHERE path = 'headed0.md'",
    ],
)
def test_a_changed_row_is_told_and_made_again(shelf: Shelf, tmp_path: Path, change: str) -> None:
    assert shelf.hold(changed(shelf, tmp_path / "copy", change)) == "IndexDamaged"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE files SET path = 'other.txt' WHERE path = 'plain10.txt'",
        "UPDATE files SET path = CAST(path AS BLOB) WHERE path = 'plain10.txt'",
        "UPDATE files SET size = size + 1",
        "UPDATE files SET digest = 'x'",
        "UPDATE files SET reader_version = 'x'",
        "UPDATE files SET reason = 'x'",
        "UPDATE files SET id = id + 64",
        "DELETE FROM files",
    ],
)
def test_what_was_seen_of_files_is_seen_again(shelf: Shelf, tmp_path: Path, change: str) -> None:
    library = changed(shelf, tmp_path / "copy", change)

    assert shelf.ask(library) == "answered"
    library.refresh()
    assert state(library) == shelf.state


def lexical_files(library: Library) -> list[Path]:
    return sorted(library.lexical.iterdir())


@pytest.mark.parametrize("damage", [cut, flip, overwrite, delete, lengthen])
def test_a_damaged_lexical_index_is_made_again(
    shelf: Shelf, tmp_path: Path, damage: Callable[[Path, Random], None]
) -> None:
    random = Random(damage.__name__)
    for number in range(len(lexical_files(shelf.library))):
        library = shelf.copy(tmp_path / "copy")
        path = lexical_files(library)[number]
        if path.stat().st_size:
            damage(path, random)

        assert state(library) == shelf.state, path.name


def test_what_does_not_belong_to_a_lexical_index_does_no_harm(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf.copy(tmp_path / "copy")
    before = shown(library)
    lexical = library.lexical.parent
    (library.lexical / "0123.store").write_bytes(b"a stranger's")
    (lexical / "7").mkdir()
    (lexical / "notes").touch()

    assert shown(library) == before
    assert not library.refresh().changed
    assert state(library) == shelf.state


@pytest.mark.parametrize("there", ["nothing", "a file", "a file for the generation"])
def test_a_lexical_index_that_is_not_there_is_made_again(
    shelf: Shelf, tmp_path: Path, there: str
) -> None:
    library = shelf.copy(tmp_path / "copy")
    place = library.lexical
    lexical = place.parent
    before = shown(library)
    shutil.rmtree(lexical)
    if there == "a file":
        lexical.touch()
    elif there != "nothing":
        lexical.mkdir()
        place.touch()

    assert shown(library) == before
    library.refresh()
    assert state(library) == shelf.state
    assert lexical.is_dir()


@pytest.mark.parametrize("stray", ["file", "folder"])
def test_a_stray_number_is_no_index(shelf: Shelf, tmp_path: Path, stray: str) -> None:
    library = shelf.copy(tmp_path / "copy")
    if stray == "file":
        (library.index / "7").touch()
    else:
        (library.index / "7").mkdir()

    assert shelf.hold(library) == "answered"
    assert library.refresh(options=RefreshOptions(rebuild=True)).rebuilt
    assert library.store().place.name == "8"
    assert not library.refresh().changed
    assert sorted(path.name for path in library.index.iterdir()) == ["8", "lock"]
