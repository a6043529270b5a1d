"""An index in Milvus does what one in a folder does; leases, and a server that is gone."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.backends import index_of
from retrieval.doctor import Examined, FindingKind, examine_index
from retrieval.errors import IndexBusy, IndexFault, IndexMismatch
from retrieval.index import write_lexical
from retrieval.milvus.connection import connection_of
from retrieval.milvus.state import read_values, write_value
from retrieval.refresh import RefreshReport
from retrieval.refresh.refresh import RefreshOptions
from tests.fakes import HashEncoder, Passage
from tests.paths import ROOT
from tests.retrieval.library import Library, articles_in
from tests.retrieval.milvus.conftest import MilvusLibrary

RIVER = "The river\n\nIt rises in the hills, and in winter it is cold."
MILL = "The mill\n\nIt burnt down in the year of the flood."
TOWER = "The tower\n\nIt was built of stone by the monks."


def found(library: Library, question: str) -> list[str]:
    return [hit.source.path for hit in library.searcher().search(question).hits]


def test_a_refresh_is_found_and_what_was_deleted_is_not(library: MilvusLibrary) -> None:
    library.write(river=RIVER, mill=MILL)
    first = library.refresh()
    searcher = library.searcher()
    assert searcher.search("river in winter").hits[0].source.path == "river.txt"

    library.write(tower=TOWER, mill="The mill\n\nIt is a museum.")
    (library.articles / "river.txt").unlink()
    second = library.refresh()

    assert (first.generation, first.added, first.chunks) == (1, 2, 2)
    assert (second.added, second.modified, second.deleted, second.encoded) == (1, 1, 1, 2)
    ranking = searcher.search("stone tower")
    assert (ranking.generation, ranking.hits[0].source.path) == (2, "tower.txt")
    assert "river.txt" not in found(library, "river in winter")
    assert library.is_in_line()
    article = library.reader().article("tower.txt")
    assert article is not None
    assert (article.text, article.source.title) == (TOWER, "The tower")


def test_it_finds_what_an_index_in_a_folder_finds(library: MilvusLibrary, tmp_path: Path) -> None:
    here = Library(tmp_path / "here")
    chance = np.random.default_rng(1)
    words = [f"word{n}" for n in range(40)]
    for number in range(25):
        lines = [" ".join(chance.choice(words, 12).tolist()) for _ in range(4)]
        text = f"Article {number}\n\n" + "\n\n".join(f"{line}." for line in lines)
        for one in (here, library):
            one.write(**{f"n{number}": text})
    here.refresh()
    library.refresh()
    local, remote = here.searcher(), library.searcher()

    for _ in range(20):
        question = " ".join(chance.choice(words, 5).tolist())
        expected, hits = local.search(question).hits, remote.search(question).hits
        assert {one.chunk.text for one in hits} == {one.chunk.text for one in expected}
        scores = {one.chunk.text: one.score for one in expected}
        for hit in hits:
            assert hit.score == pytest.approx(scores[hit.chunk.text], abs=1e-3)


def test_several_languages_are_searched_as_in_a_folder(
    library: MilvusLibrary, tmp_path: Path
) -> None:
    here = Library(tmp_path / "here")
    words = {
        "en": ["river", "mill", "tower", "flood", "winter", "stone"],
        "uk": ["річка", "млин", "вежа"],
    }
    chance = np.random.default_rng(2)
    for number in range(16):
        language = "en" if number % 2 else "uk"
        text = " ".join(chance.choice(words[language], 8).tolist())
        page = f"---\ntitle: Number {number}\nlanguage: {language}\n---\n{text}."
        for one in (here, library):
            (one.articles / f"n{number}.md").write_text(page, encoding="utf-8")
    here.refresh()
    library.refresh()
    local, remote = here.searcher(), library.searcher()
    assert set(remote.snapshot.parts) == {"en", "uk"}

    for question in ("stone tower in the flood", "вежа і млин"):
        expected, hits = local.search(question).hits, remote.search(question).hits
        scores = {hit.source.path: hit.score for hit in expected}
        assert {hit.source.path: hit.score for hit in hits} == pytest.approx(scores, abs=1e-3)
    spread = remote.snapshot.dense.neighbours(remote.snapshot.dense.ids, 3)
    assert spread[0].shape == (16, 3)


class Interrupted(HashEncoder):
    """An encoder that is interrupted once it has encoded so many passages."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def encode_passages(self, texts: Sequence[str]) -> list[Passage]:
        if len(self.encoded) >= self._after:
            raise KeyboardInterrupt
        return super().encode_passages(texts)


def test_an_interrupted_refresh_goes_on_where_it_was(library: MilvusLibrary) -> None:
    texts = {f"n{n}": "\n\n".join(f"Sentence {n} {m}." for m in range(60)) for n in range(20)}
    library.write(**texts)
    interrupted, encoder = Interrupted(100), HashEncoder()
    with pytest.raises(KeyboardInterrupt):
        library.refresh(interrupted)
    assert library.reader().current() == 0

    report = library.refresh(encoder)

    assert report.added == 20
    assert not set(interrupted.encoded) & set(encoder.encoded)
    assert len(interrupted.encoded) + len(encoder.encoded) == report.chunks
    assert library.refresh().encoded == 0


def test_a_rollback_is_held_until_a_refresh(library: MilvusLibrary) -> None:
    library.write(river=RIVER)
    library.refresh()
    library.write(river=TOWER)
    library.refresh()
    searcher = library.searcher()

    store = library.reader()
    with index_of(library.settings).write_lock():
        restored = store.writer().rollback()
        write_lexical(store, restored.number)

    assert (restored.number, restored.content) == (3, 1)
    ranking = searcher.search("winter")
    assert (ranking.generation, ranking.hits[0].chunk.text.splitlines()[-1]) == (3, RIVER[11:])
    assert library.reader().held
    assert library.is_in_line()
    report = library.refresh()
    assert (report.generation, report.modified, report.encoded) == (4, 1, 0)


def test_another_encoder_is_refused_and_a_rebuild_takes_it(library: MilvusLibrary) -> None:
    library.write(river=RIVER)
    library.refresh()
    library.encoder = HashEncoder(fingerprint="hash-2", dim=32)

    with pytest.raises(IndexMismatch, match="was made with the encoder hash"):
        library.refresh()
    report = library.refresh(options=RefreshOptions(rebuild=True))

    assert report.rebuilt
    assert library.reader().origin.fingerprint == "hash-2"
    assert found(library, "river") == ["river.txt"]
    library.refresh()
    collections = connection_of(library.settings).collections()
    assert not [name for name in collections if f"{library.collections}_1_" in name]


def test_one_process_writes_at_a_time(library: MilvusLibrary) -> None:
    library.write(river=RIVER)
    library.refresh()
    connection = connection_of(library.settings)
    claim = {"who": "process 7 on elsewhere", "until": time.time() + 60}
    write_value(connection, "lease/7", json.dumps(claim))

    library.write(mill=MILL)
    with pytest.raises(IndexBusy, match="process 7 on elsewhere is writing to the index"):
        library.refresh(options=RefreshOptions(wait_s=0))
    # It died, and renews its claim no more.
    write_value(connection, "lease/7", json.dumps({**claim, "until": time.time() - 1}))

    assert library.refresh().generation == 2
    assert not [key for key in read_values(connection) if key.startswith("lease/")]


def test_of_two_that_refresh_the_same_articles_one_finds_them_done(
    library: MilvusLibrary, tmp_path: Path
) -> None:
    # With settings of its own it has a connection, and a lease, of its own.
    own = {"search_parameters": ("ef=64",)}
    other = MilvusLibrary(tmp_path / "other", server=library.server, more=own)
    other.articles = library.articles
    library.write(river=RIVER)
    library.refresh()
    other.reader()
    library.write(**{f"n{n}": f"Number {n}\n\nIt is sentence {n} of all." for n in range(30)})
    encoders = HashEncoder(), HashEncoder()

    def refresh(one: MilvusLibrary, encoder: HashEncoder) -> RefreshReport:
        return one.refresh(encoder, options=RefreshOptions(wait_s=-1))

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(refresh, (library, other), encoders))

    assert sorted((one.added, one.unchanged) for one in reports) == [(0, 31), (30, 1)]
    assert sorted(len(one.encoded) for one in encoders) == [0, 30]
    assert library.reader().generation().number == 2
    connection_of(other.settings).close()


def test_indexes_in_one_place_share_nothing(library: MilvusLibrary, tmp_path: Path) -> None:
    """Though one's name begins as the other's collections do."""
    other = MilvusLibrary(tmp_path / "other", server=library.server, collections="excerpta_1")
    library.write(river=RIVER)
    other.write(mill=MILL)
    library.refresh()
    other.refresh()

    # Made again, and the old one dropped.
    library.refresh(options=RefreshOptions(rebuild=True))
    library.refresh()

    assert found(library, "river") == ["river.txt"]
    assert found(other, "mill") == ["mill.txt"]
    other.write(tower=TOWER)
    assert (other.refresh().generation, other.refresh().unchanged) == (2, 2)


def test_the_log_says_what_is_searched_where(
    library: MilvusLibrary, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="retrieval.milvus")
    library.write(river=RIVER)
    library.refresh()
    assert "searches the vectors, and tantivy on this machine the words (BM25)" in caplog.text


def test_whoever_has_no_lease_writes_nothing(library: MilvusLibrary) -> None:
    library.write(river=RIVER)
    library.refresh()

    with pytest.raises(IndexBusy, match="not renewed in time"):
        library.reader().writer().drop(["river.txt"])


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    library = MilvusLibrary(tmp_path, server="http://127.0.0.1:1")
    library.write(river=RIVER)

    with pytest.raises(IndexFault, match=r"http://127\.0\.0\.1:1 .* start it"):
        library.refresh()


def test_an_index_in_a_folder_needs_none_of_it() -> None:
    code = (
        "import sys, bot.build, bot.cli, retrieval.doctor; "
        "print([one for one in sys.modules if 'milvus' in one or one == 'grpc'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_the_doctor_examines_it(library: MilvusLibrary) -> None:
    library.write(river=RIVER, mill=MILL)
    library.refresh()
    examined = Examined(
        articles_in(library.articles),
        library.settings,
        library.search,
        tokens=True,
        encoder=lambda: library.encoder,
        switch="refresh",
    )
    whole = examine_index(examined)
    assert {one.kind for one in whole.findings} <= {FindingKind.UNCALIBRATED}
    assert whole.looked_for == (2, 2)
    library.write(tower=TOWER)
    connection = connection_of(library.settings)
    connection.delete("excerpta_1_chunks", "id >= 0")

    kinds = {one.kind for one in examine_index(examined).findings}

    assert FindingKind.CHANGED in kinds
    assert FindingKind.UNCHECKED in kinds


def test_a_refresh_makes_an_index_again_that_lost_rows(library: MilvusLibrary) -> None:
    library.write(river=RIVER, mill=MILL)
    library.refresh()
    connection = connection_of(library.settings)
    connection.delete("excerpta_1_chunks", "id >= 0")

    report = library.refresh()

    assert (report.rebuilt, report.chunks) == (True, 2)
    assert found(library, "river in winter")[0] == "river.txt"
