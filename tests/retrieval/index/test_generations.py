"""Generations: drafts, those that are kept, rollback, what is purged, and a model of them all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import settings

from retrieval.errors import IndexFault
from retrieval.index.store import Store
from retrieval.index.writer import (
    purge,
    rollback,
)
from retrieval.refresh.refresh import RefreshOptions
from tests.fakes import HashEncoder
from tests.retrieval.index.generations import Files, Generations, named
from tests.retrieval.index.test_store import DIM
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import WORDS


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    library.write(river="The river\n\nIt rises in the hills.", mill="The mill\n\nIt burnt down.")
    library.refresh()
    return library


def paths(library: Library) -> list[str]:
    return [source.path for source in library.store().sources()]


def asked(library: Library, question: str) -> list[str]:
    return [hit.source.path for hit in library.searcher().search(question).hits]


def by_words(library: Library, question: str) -> list[str]:
    hits = library.searcher().search(question).hits
    return [hit.source.path for hit in hits if hit.lexical is not None]


def test_a_copy_is_one_content_cited_under_all_its_names(library: Library) -> None:
    encoder = HashEncoder()
    shutil.copy(library.articles / "mill.txt", library.articles / "a-copy.txt")

    report = library.refresh(encoder)

    assert (report.added, report.chunks, encoder.encoded) == (1, 2, [])
    assert paths(library) == ["a-copy.txt", "mill.txt", "river.txt"]
    (hit,) = (one for one in library.searcher().search("mill").hits if one.also)
    assert (hit.source.path, [source.path for source in hit.also]) == ("a-copy.txt", ["mill.txt"])


def test_an_article_named_by_its_file_is_found_by_its_new_name(library: Library) -> None:
    text = "it is a line of prose without any title, which ends with a full stop."
    (library.articles / "harbour.txt").write_text(text)
    library.refresh()
    assert by_words(library, "harbour") == ["harbour.txt"]
    (library.articles / "harbour.txt").rename(library.articles / "lighthouse.txt")
    encoder = HashEncoder()

    assert library.refresh(encoder).renamed == 1

    assert encoder.encoded == [f"lighthouse\n{text}"]
    assert by_words(library, "lighthouse") == ["lighthouse.txt"]
    assert by_words(library, "harbour") == []
    found = library.store().article("lighthouse.txt")
    assert found is not None
    assert found.source.title == "lighthouse"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("harbour.txt", "old/harbour.txt", "it is a line of prose without any title."),
        ("harbour.txt", "lighthouse.txt", "The harbour\n\nIt declares a title."),
    ],
)
def test_a_name_that_leaves_the_title_costs_no_encoding(
    library: Library, before: str, after: str, text: str
) -> None:
    (library.articles / before).write_text(text)
    library.refresh()
    (library.articles / after).parent.mkdir(exist_ok=True)
    (library.articles / before).rename(library.articles / after)
    encoder = HashEncoder()

    assert library.refresh(encoder).renamed == 1
    assert encoder.encoded == []


def test_a_rollback_publishes_the_articles_of_the_generation_before(library: Library) -> None:
    library.write(mill="The mill\n\nIt is a ruin.", tower="The tower\n\nIt fell.")
    (library.articles / "river.txt").unlink()
    library.refresh()
    assert paths(library) == ["mill.txt", "tower.txt"]

    restored = rollback(library.store())

    assert (restored.number, restored.content, restored.articles) == (3, 1, 2)
    assert paths(library) == ["mill.txt", "river.txt"]
    assert by_words(library, "burnt") == ["mill.txt"]


def test_a_rolled_back_index_is_held_until_somebody_refreshes_it(library: Library) -> None:
    library.write(mill="The mill\n\nIt is a ruin.")
    library.refresh()
    rollback(library.store())
    library.write(tower="The tower\n\nIt fell.")

    assert library.is_in_line()
    assert "rolled back" in library.store().held
    encoder = HashEncoder()
    report = library.refresh(encoder)

    assert (report.generation, report.added, report.modified) == (4, 1, 1)
    assert len(encoder.encoded) == 1, "what was rolled back was kept"
    assert not library.store().held
    assert library.is_in_line()


def test_rollbacks_go_back_further_and_further(library: Library) -> None:
    with pytest.raises(IndexFault, match=r"is at generation 1, .* is not kept \(kept: no other;"):
        rollback(library.store())
    for n in range(2, 5):
        library.write(mill=f"The mill\n\nIt has {n} wheels.")
        library.refresh()
    store = library.store()

    assert [rollback(store).content for _ in range(2)] == [3, 2]
    with pytest.raises(IndexFault, match=r"a generation before it is not kept \(kept: 5, 4, 3, 2;"):
        rollback(store)
    assert rollback(store, 4).content == 4
    assert store.article("mill.txt") is not None
    with pytest.raises(IndexFault, match="generation 1 is not kept"):
        rollback(store, 1)


def test_what_no_kept_generation_needs_is_purged_and_its_room_given_back(tmp_path: Path) -> None:
    library = Library(tmp_path, keep=1)
    library.write(always="The mill\n\nIt burnt down.")
    for n in range(400):
        line = " ".join(f"{word}{n}" for word in WORDS)
        library.write(**{f"a{n}": "\n\n".join(f"{line} {m}" for m in range(20))})
    library.refresh()
    store = library.store()
    before = store.db.one("PRAGMA page_count")[0]
    for path in library.articles.glob("a*.txt"):
        if path.name != "always.txt":
            path.unlink()

    library.refresh()

    counts = {
        table: store.db.one(f"SELECT count(*) FROM {table}")[0]
        for table in ("articles", "names", "files", "chunks", "encodings", "tokens", "generations")
    }
    assert set(counts.values()) == {1}
    assert store.db.one("PRAGMA page_count")[0] < before / 4


def test_purging_an_empty_store_is_nothing(tmp_path: Path) -> None:
    store = Store.create(tmp_path, "f", "hash", 16)
    purge(store, 3)
    assert store.generations() == []


def test_a_rebuild_is_made_beside_the_index_that_answers(library: Library) -> None:
    searcher = library.searcher()
    encoder = HashEncoder()
    seen: list[list[str]] = []
    library.write(tower="The tower\n\nIt fell.")

    report = library.refresh(
        encoder,
        lambda _: seen.append([one.source.path for one in searcher.search("mill").hits]),
        RefreshOptions(rebuild=True),
    )

    assert (report.rebuilt, report.added, len(encoder.encoded)) == (True, 3, 3)
    assert seen
    assert all("tower.txt" not in found for found in seen)
    assert searcher.search("tower").hits[0].source.path == "tower.txt"
    assert sorted(path.name for path in library.index.iterdir() if path.is_dir()) == ["1", "2"]
    library.refresh()
    assert [path.name for path in library.index.iterdir() if path.is_dir()] == ["2"]


def test_another_encoder_takes_over_by_a_rebuild(library: Library) -> None:
    library.encoder = HashEncoder(fingerprint="hash-2", dim=32)
    library.refresh(options=RefreshOptions(rebuild=True))

    assert library.store().origin.fingerprint == "hash-2"
    assert asked(library, "mill")[0] == "mill.txt"


class LocalGenerations(Generations):
    """The generations of an index in a folder."""

    def made(self, folder: Path) -> Store:
        self.local = Store.create(folder, "fingerprint", "hash", DIM)
        return self.local

    def check_purged(self, files: Iterable[Files]) -> None:
        everything = [named(some) for some in files]
        tables: dict[str, set[int] | set[str]] = {
            "articles": {number for names in everything for number in names.values()},
            "names": {path for names in everything for path in names},
            "files": {path for some in files for path in some},
        }
        for table, wanted in tables.items():
            column = "id" if table == "articles" else "path"
            rows = self.local.db.one(f"SELECT count(DISTINCT {column}) FROM {table}")
            assert rows == (len(wanted),), table


TestGenerations = LocalGenerations.TestCase
TestGenerations.settings = settings(
    max_examples=30, stateful_step_count=30, derandomize=True, deadline=None
)
