from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.index.calibrations import SHIPPED, Calibration
from retrieval.index.store import Store
from tests.retrieval.library import Library

ONE = Calibration(SHIPPED, generation=1, chunks=3, pairs=10, questions_version="1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    library = Library(tmp_path)
    library.write(river="A river.", mill="A mill.\n\nIt burnt down.")
    library.refresh()
    return library.store()


def test_a_generation_without_its_own_has_that_of_the_last_before_it(store: Store) -> None:
    third = replace(ONE, generation=3, pairs=30)
    store.calibrations.keep(third)
    store.calibrations.keep(ONE)

    assert [store.calibrations.of(n) for n in range(5)] == [None, ONE, ONE, third, third]


def test_another_of_the_same_generation_takes_its_place(store: Store) -> None:
    store.calibrations.keep(ONE)
    store.calibrations.keep(replace(ONE, pairs=20))

    assert store.calibrations.of(1) == replace(ONE, pairs=20)


def test_the_oldest_are_forgotten(store: Store) -> None:
    for number in range(1, 31):
        store.calibrations.keep(replace(ONE, generation=number))

    assert store.calibrations.of(5) is None
    assert store.calibrations.of(30) == replace(ONE, generation=30)


@pytest.mark.parametrize("written", ["", "{", "[1]", '[{"scale": {}}]', "null", '{"a": 1}'])
def test_what_cannot_be_read_counts_as_none(tmp_path: Path, store: Store, written: str) -> None:
    with sqlite3.connect(tmp_path / "index" / "1" / "index.sqlite") as db:
        db.execute("INSERT INTO meta VALUES ('calibrations', ?)", (written,))
    db.close()

    assert store.calibrations.of(1) is None
    store.calibrations.keep(ONE)
    assert store.calibrations.of(1) == ONE


def test_chunks_come_by_article_and_are_counted_since_a_generation(tmp_path: Path) -> None:
    library = Library(tmp_path, chunk_tokens=16)
    library.write(
        b="One two three four.",
        a="A river runs there, from the hills to the sea.\n\nThe mill on it burnt down last year.",
    )
    library.refresh()
    library.write(c="A ferry.")
    (library.articles / "b.txt").unlink()
    library.refresh()
    calibrations = library.store().calibrations

    first, second = calibrations.chunks(2)

    stored = library.store().chunks([*first, *second], 2)
    assert [stored[key].source.path for key in first] == ["a.txt"] * len(first)
    assert [stored[key].source.path for key in second] == ["c.txt"]
    assert calibrations.chunks_since(1, 2) == 1
    assert calibrations.chunks_since(0, 2) == len(first) + 1
