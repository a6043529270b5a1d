"""Small refreshes in the process that answers, and what is left to a process of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.build import bring_in_line
from bot.small_refresh import SmallRefresh
from config import Settings
from retrieval.errors import IndexBusy
from retrieval.index import LocalIndex
from retrieval.refresh import RefreshReport, compare
from retrieval.search import Searcher
from tests.fakes import HashEncoder

BEES = "# Bees\n\nHoney bees do not hibernate."


class Served:
    """Articles with an index, and the searcher that answers from it."""

    def __init__(self, folder: Path, encoder: HashEncoder) -> None:
        self.articles = folder / "articles"
        self.articles.mkdir()
        for number in range(30):
            self.write(f"{number}.md", f"# Number {number}\n\nThe number {number} is all there is.")
        self.write("bees.md", BEES)
        places = {"articles": {"folder": self.articles}, "index": {"folder": folder / "index"}}
        self.settings = Settings.load(overrides=places)
        self.encoder = encoder
        bring_in_line(self.settings, encoder)
        self.index = LocalIndex(self.settings.index.folder)
        store = self.index.open()
        assert store is not None
        self.searcher = Searcher.open(
            store, self.settings.index.folder, encoder, self.settings.search
        )
        self.over = threading.Event()

    def write(self, name: str, text: str) -> None:
        (self.articles / name).write_text(text, encoding="utf-8")

    def refresh(self) -> RefreshReport | None:
        settings = self.settings
        found = compare(settings.articles, settings.index, settings.search.stores_tokens)
        return SmallRefresh(settings, self.searcher, self.over).run(found)

    def finds(self, word: str) -> bool:
        self.searcher.reload()
        return any(word in hit.chunk.text for hit in self.searcher.search(word).hits)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path, HashEncoder())


def test_an_edit_an_addition_and_a_deletion_are_found(served: Served) -> None:
    served.write("bees.md", f"{BEES}\n\nThey keep each other warm.")
    served.write("ferry.md", "# The ferry\n\nIt leaves at seven.")
    (served.articles / "3.md").unlink()
    before = served.searcher.snapshot

    report = served.refresh()

    assert report is not None
    assert (report.added, report.modified, report.deleted, report.unchanged) == (1, 1, 1, 29)
    assert served.finds("warm")
    assert served.finds("seven")
    after = served.searcher.snapshot
    assert set(after.dense.ids) - set(before.dense.ids), "what came"
    assert set(before.dense.ids) - set(after.dense.ids), "what went"
    assert len(after.dense.ids) == after.generation.chunks


@pytest.mark.parametrize(
    "files",
    [
        {f"new{number}.md": "# New\n\nMany are left." for number in range(17)},
        {"long.md": "# Long\n\n" + "It goes on and on. " * 4000},
        {"large.md": "# Large\n\n" + "It goes on and on. " * 60_000},
        {"none.docx": "no archive of XML"},
    ],
    ids=["many files", "much text", "many bytes", "a file that cannot be read"],
)
def test_what_is_not_small_is_left(served: Served, files: dict[str, str]) -> None:
    for name, text in files.items():
        served.write(name, text)

    assert served.refresh() is None

    assert served.searcher.snapshot.store.current() == 1
    report = bring_in_line(served.settings, served.encoder)
    assert report.added + len(report.skipped) == len(files), "another goes on with it"


def test_golden_questions_are_left(served: Served) -> None:
    refresh = served.settings.refresh.model_copy(update={"questions": Path("questions.jsonl")})
    served.settings = served.settings.model_copy(update={"refresh": refresh})
    served.write("bees.md", f"{BEES}\n\nThey keep each other warm.")

    assert served.refresh() is None


def test_an_index_that_another_encoder_made_is_left(served: Served) -> None:
    bring_in_line(served.settings, HashEncoder(fingerprint="hash-2"), rebuild=True)
    served.write("bees.md", f"{BEES}\n\nThey keep each other warm.")

    assert served.refresh() is None


def test_nothing_is_read_any_more_once_it_is_over(served: Served) -> None:
    served.over.set()
    served.write("bees.md", f"{BEES}\n\nThey keep each other warm.")

    assert served.refresh() is None
    assert served.searcher.snapshot.store.current() == 1


def test_another_writer_is_told_of(served: Served) -> None:
    served.write("bees.md", f"{BEES}\n\nThey keep each other warm.")
    with served.index.write_lock(), pytest.raises(IndexBusy):
        served.refresh()
