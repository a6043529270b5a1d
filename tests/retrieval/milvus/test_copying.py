"""A copy of an index at another address: nothing is encoded, nothing lost, and it is compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import IndexSettings
from retrieval.backends import index_of
from retrieval.errors import IndexFault, IndexMismatch
from retrieval.index import Generation
from retrieval.index.store import Store
from retrieval.refresh import RefreshProgress, copy_index
from tests.fakes import HashEncoder
from tests.retrieval.library import Library
from tests.retrieval.milvus.conftest import MilvusLibrary

pytestmark = pytest.mark.slow


@pytest.fixture
def here(tmp_path: Path) -> Library:
    """An index in a folder: a copy of an article, one without a title, a file of no text."""
    here = Library(tmp_path / "here")
    texts = {f"n{n}": f"Number {n}\n\n" + f"It is sentence {n} of all." * 30 for n in range(40)}
    here.write(**texts, copy=texts["n3"], plain="it has no title, but it does have a full stop.")
    (here.articles / "none.txt").write_text(" ")
    here.refresh()
    return here


def copied(source: Library, settings: IndexSettings) -> Generation:
    return copy_index(source.store(), index_of(settings), keep=3)


def test_a_copy_goes_to_milvus_and_back(here: Library, library: MilvusLibrary) -> None:
    made = copied(here, library.settings)
    back = IndexSettings(folder=library.root / "back")
    again = copy_index(library.reader(), index_of(back), keep=3)

    wanted = here.store().generation()
    for one in (made, again):
        assert (one.number, one.articles, one.chunks) == (1, wanted.articles, wanted.chunks)
    store = Store.open(back.folder)
    assert store is not None
    assert store.sources() == here.store().sources() == library.reader().sources()
    assert store.article("plain.txt") == here.store().article("plain.txt")
    assert store.files(1) == here.store().files(1)
    question = "sentence 7"
    expected = here.searcher().search(question).hits
    found = library.searcher().search(question).hits
    assert {hit.chunk.text for hit in found} == {hit.chunk.text for hit in expected}


def test_what_was_copied_is_refreshed_without_encoding(
    here: Library, library: MilvusLibrary
) -> None:
    copied(here, library.settings)
    library.articles = here.articles
    encoder = HashEncoder()

    report = library.refresh(encoder)

    assert (report.generation, report.unchanged, encoder.encoded) == (1, 42, [])


def test_a_copy_follows_what_changed(here: Library, library: MilvusLibrary) -> None:
    copied(here, library.settings)
    here.write(n1="Number 1\n\nIt is another one now.", new="The newest\n\nIt came last.")
    (here.articles / "n2.txt").unlink()
    here.refresh()

    assert copied(here, library.settings).number == 2
    assert library.reader().sources() == here.store().sources()
    assert copied(here, library.settings).number == 2


def test_an_interrupted_copy_goes_on(tmp_path: Path, library: MilvusLibrary) -> None:
    many = Library(tmp_path / "many")
    many.write(**{f"n{n}": f"It is sentence {n}. " * 300 for n in range(30)})
    many.refresh()
    done: list[int] = []

    def interrupt(progress: RefreshProgress) -> None:
        done.append(progress.articles)
        if len(done) == 2:
            raise KeyboardInterrupt

    target = index_of(library.settings)
    with pytest.raises(KeyboardInterrupt):
        copy_index(many.store(), target, 3, interrupt)
    assert library.reader().current() == 0
    totals: list[int] = []
    made = copy_index(many.store(), target, 3, lambda one: totals.append(one.total))

    assert totals[0] == 30 - done[-1]
    assert made.articles == 30


def test_a_copy_over_the_index_of_another_encoder_is_refused(
    here: Library, library: MilvusLibrary
) -> None:
    library.encoder = HashEncoder(fingerprint="hash-2")
    library.write(river="The river\n\nIt rises in the hills.")
    library.refresh()

    with pytest.raises(IndexMismatch, match="was made with the encoder hash"):
        copied(here, library.settings)


def test_a_copy_that_differs_is_told(here: Library, library: MilvusLibrary) -> None:
    copied(here, library.settings)
    store = here.store()
    with store.db.transaction() as db:
        db.execute("DELETE FROM chunks WHERE id = (SELECT max(id) FROM chunks)")

    with pytest.raises(IndexFault, match="run excerpta copy again"):
        copied(here, library.settings)
