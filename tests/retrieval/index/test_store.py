from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexDamaged, IndexFault, IndexMismatch
from retrieval.index.calibrations import SHIPPED, Calibration
from retrieval.index.folder import folder_size
from retrieval.index.protocols import ChunkedArticle
from retrieval.index.rows import FileState, Generation, StoredEncoding, Tokens
from retrieval.index.store import FORMAT, Store
from retrieval.index.writer import GenerationWriter, purge
from retrieval.types import Article, Chunk, Sentence, Source
from tests.retrieval.library import Library

DIM = 16


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.create(tmp_path / "index", "fingerprint", "hash", DIM)
    yield store
    store.close()


def digest_of(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def encoding_of(text: str) -> StoredEncoding:
    random = np.random.default_rng(list(digest_of(text)))
    tokens = len(text.split())
    return StoredEncoding(
        vector=random.standard_normal(DIM).astype(np.float32),
        tokens=Tokens(
            codes=random.integers(0, 256, (tokens, DIM // 8), dtype=np.uint8),
            starts=np.arange(-1, tokens - 1, dtype=np.int32),
        ),
    )


def article_of(path: str, *sentences: str, language: str = "en") -> Article:
    return Article(Source(path, f"On {path}", language=language), "\n\n".join(sentences))


def chunks_of(article: Article) -> list[Chunk]:
    chunks, start = [], 0
    for number, text in enumerate(article.text.split("\n\n"), start=1):
        chunks.append(Chunk(text, (Sentence(start, start + len(text), number),)))
        start += len(text) + 2
    return chunks


def file_of(path: str, digest: str = "d", reason: str | None = None) -> FileState:
    return FileState(path, 1, 2**62, 3, digest, "reader_version", reason)


def cut_of(article: Article) -> ChunkedArticle:
    return article, [(chunk, digest_of(chunk.text)) for chunk in chunks_of(article)]


def add(store: Store, *articles: Article) -> GenerationWriter:
    """Put articles into the draft, each a file of its own."""
    draft = GenerationWriter(store)
    texts = [chunk.text for article in articles for chunk in chunks_of(article)]
    draft.keep({digest_of(text): encoding_of(text) for text in texts})
    draft.put((file_of(article.source.path), [cut_of(article)]) for article in articles)
    return draft


def replace(store: Store, *articles: Article, remove: tuple[str, ...] = (), keep: int = 3) -> int:
    """Publish a generation with these articles new or changed."""
    draft = add(store, *articles)
    draft.drop(remove)
    draft.publish()
    purge(store, keep)
    return draft.number


def database(folder: Path) -> Path:
    """Return the place of an index's database, in a folder that is there."""
    place = folder / "1"
    place.mkdir(parents=True, exist_ok=True)
    return place / "index.sqlite"


def seen(store: Store, generation: int | None = None) -> set[str]:
    """Return the chunk texts that a generation holds."""
    shown = store.current() if generation is None else generation
    ids = [i for some, _ in store.vectors(shown) for i in some.tolist()]
    return {stored.chunk.text for stored in store.chunks(ids, shown).values()}


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.current() == 0
    assert store.generation() == Generation(0, None, 0, 0, 0)
    assert store.generations() == []
    assert store.sources() == []
    assert store.files(0) == {}
    assert store.languages(0) == []
    assert list(store.vectors(0)) == []
    assert list(store.passages(0, 0)) == []
    made = store.origin
    assert (made.fingerprint, made.encoder, made.dim) == ("fingerprint", "hash", DIM)
    assert store.format == FORMAT


def test_what_was_added_comes_back_whole(store: Store) -> None:
    source = Source(
        "sub/é 🙂.md", "Title’s", dt.date(2024, 2, 29), "https://example.org/a?b=1", "An author",
        "de", ("one", "zwei, drei"),
    )  # fmt: skip
    text = "🙂 Öffnet. Zweiter Satz.\n\nEnde."
    sentences = (Sentence(0, 9, 1, 1), Sentence(10, 24, 1, 1))
    chunk, last = Chunk(text[:24], sentences), Chunk(text[26:], (Sentence(26, 31, 2, 7, True),))
    given = {digest_of(c.text): encoding_of(c.text) for c in (chunk, last)}

    article = Article(source, text, headings=(26,))
    draft = GenerationWriter(store)
    draft.keep(given)
    cut = [(one, digest_of(one.text)) for one in (chunk, last)]
    draft.put([(file_of(source.path), [(article, cut)])])
    draft.publish()

    assert store.article(source.path) == article
    assert store.article("sub") is None
    assert store.sources() == [source]
    assert store.languages(1) == ["de"]
    ((ids, vectors),) = store.vectors(1)
    found = store.chunks([*ids.tolist(), 10_000], 1)
    assert [found[i].chunk for i in ids.tolist()] == [chunk, last]
    for number, i in enumerate(ids.tolist()):
        wanted = given[digest_of(found[i].chunk.text)]
        assert found[i].source == source
        stored = found[i].tokens
        assert stored is not None
        assert wanted.tokens is not None
        np.testing.assert_array_equal(stored.codes, wanted.tokens.codes)
        np.testing.assert_array_equal(stored.starts, wanted.tokens.starts)
        np.testing.assert_array_equal(vectors[number], wanted.vector.astype(np.float16))
    assert sorted(store.passages(0, 1)) == [
        (ids[0], "de", f"Title’s\n{chunk.text}"),
        (ids[1], "de", f"Title’s\n{last.text}"),
    ]


def test_an_article_without_its_encoding_is_refused_with_all_that_came_with_it(
    store: Store,
) -> None:
    draft = GenerationWriter(store)

    with pytest.raises(ValueError, match="'b': a chunk's encoding is neither given nor stored"):
        draft.put(
            [(file_of("a"), []), (file_of("b"), [cut_of(article_of("b", "Unknown."))])],
        )

    assert draft.files() == {}
    draft.publish()
    assert store.sources() == []


def test_an_article_without_chunks_is_an_article(store: Store) -> None:
    draft = GenerationWriter(store)
    draft.put([(file_of("a"), [(article_of("a"), [])])])
    draft.publish()

    assert [source.path for source in store.sources()] == ["a"]
    assert store.generation().chunks == 0


def test_ids_are_never_used_again(store: Store) -> None:
    replace(store, article_of("a", "One."), keep=1)
    before = set(store.chunks(range(100), 1))
    replace(store, remove=("a",), keep=1)
    replace(store, article_of("b", "Two."), keep=1)

    assert before
    assert not before & set(store.chunks(range(100), 3))


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_only_kept_generations_stay(store: Store, keep: int) -> None:
    for n in range(1, 6):
        replace(store, article_of("a", f"Text {n}."), article_of(f"b{n}", "Shared."), keep=keep)

    assert seen(store) == {"Text 5.", "Shared."}
    kept = range(5 - keep + 1, 6)
    for n in range(1, 6):
        assert store.keeps(n) == (n in kept)
        assert GenerationWriter(store).known_encodings([digest_of(f"Text {n}.")], tokens=True) == (
            {digest_of(f"Text {n}.")} if n in kept else set()
        )
        if n in kept:
            assert seen(store, generation=n) == {f"Text {n}.", "Shared."}
    assert store.keeps(0)


def test_many_digests_are_looked_up(store: Store) -> None:
    texts = [f"Text {n}." for n in range(1700)]
    replace(store, article_of("a", *texts[:1200]))

    known = GenerationWriter(store).known_encodings(
        [digest_of(text) for text in texts], tokens=True
    )

    assert known == {digest_of(text) for text in texts[:1200]}


def test_vectors_come_in_batches_of_ascending_ids(store: Store) -> None:
    replace(store, article_of("a", *(f"Text {n}." for n in range(9000))))

    batches = list(store.vectors(1))

    assert [len(ids) for ids, _ in batches] == [8192, 808]
    ids = np.concatenate([ids for ids, _ in batches])
    assert (np.diff(ids) > 0).all()
    assert [vectors.shape for _, vectors in batches] == [(8192, DIM), (808, DIM)]


def test_connections_of_ended_threads_are_closed(store: Store, tmp_path: Path) -> None:
    def open_files() -> int:
        links = (Path(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))  # noqa: PTH208
        return sum(str(tmp_path) in str(link.readlink()) for link in links if link.is_symlink())

    store.current()
    before = open_files()
    for _ in range(5):
        thread = threading.Thread(target=store.current)
        thread.start()
        thread.join()

    # SQLite itself holds one back, for POSIX drops all of a file's locks with its first handle.
    assert open_files() <= before + 1


def test_reopening_finds_what_was_published(store: Store, tmp_path: Path) -> None:
    replace(store, article_of("a", "Text."))

    again = Store.open(tmp_path / "index")

    assert again is not None
    assert again.origin.key == store.origin.key
    assert seen(again) == {"Text."}
    assert folder_size(again.place) >= database(tmp_path / "index").stat().st_size
    again.close()


def test_two_stores_have_two_keys(tmp_path: Path) -> None:
    one, other = (Store.create(tmp_path / name, "f", "hash", DIM) for name in "ab")

    assert one.origin.key != other.origin.key


def test_no_database_is_no_index(tmp_path: Path) -> None:
    assert Store.open(tmp_path) is None
    assert Store.open(tmp_path / "absent") is None


def test_only_the_owner_reads_the_index(store: Store, tmp_path: Path) -> None:
    replace(store, article_of("a", "Text."))

    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o700


def test_another_encoder_is_refused_with_the_way_out(store: Store) -> None:
    store.check_encoder("fingerprint", "whatever its name")

    with pytest.raises(
        IndexMismatch,
        match=r"made with the encoder hash \(fingerpr\), the settings name other \(11112222\); "
        "set encoder.model back, or .* --index, or run .* --rebuild",
    ):
        store.check_encoder("1111222233334444", "other")


@pytest.mark.parametrize("found", [FORMAT - 1, 999])
def test_another_format_is_refused_with_the_way_out(
    store: Store, tmp_path: Path, found: int
) -> None:
    store.close()
    db = sqlite3.connect(database(tmp_path / "index"))
    db.execute(f"PRAGMA user_version = {found}")
    db.close()

    with pytest.raises(
        IndexMismatch,
        match=f"has format {found}, this version of Excerpta reads format {FORMAT}; "
        "run excerpta refresh --rebuild",
    ):
        Store.open(tmp_path / "index")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(database(tmp_path))
    db.execute("CREATE TABLE notes (text)")
    with pytest.raises(IndexMismatch, match=r"has format 0, .* refresh --rebuild"):
        Store.open(tmp_path)

    # One that happens to use the same number.
    db.execute(f"PRAGMA user_version = {FORMAT}")
    db.close()
    with pytest.raises(IndexDamaged, match=r"no such table: meta.* run .* --rebuild"):
        Store.open(tmp_path)


@pytest.mark.parametrize("content", [b"\0" * 8192, b"SQLite format 3\0", b"garbage " * 999, b"x"])
def test_no_database_at_all_is_damage(tmp_path: Path, content: bytes) -> None:
    database(tmp_path).write_bytes(content)

    with pytest.raises(
        IndexDamaged,
        match=r"is damaged \(it is no SQLite database\); run .* --rebuild",
    ):
        Store.open(tmp_path)


def test_pages_on_their_way_from_the_log_are_no_damage(store: Store, tmp_path: Path) -> None:
    replace(store, *(article_of(path, *(f"{path} {n}." for n in range(40))) for path in "abcdef"))
    source, copy = tmp_path / "index", tmp_path / "copy"
    shutil.copytree(source, copy)
    with sqlite3.connect(database(source)) as other:
        other.execute("PRAGMA wal_checkpoint(PASSIVE)")
    other.close()
    whole = database(source).read_bytes()
    # As a kill leaves it that falls into a checkpoint, which writes pages in their order.
    database(copy).write_bytes(whole[: 2 * 4096])

    again = Store.open(copy)

    assert again is not None
    assert seen(again) == seen(store)
    again.close()


def test_a_folder_that_cannot_be_made_is_the_worlds_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IndexFault, match=r"cannot be created .* written with --index"):
        Store.create(tmp_path / "file" / "index", "f", "hash", DIM)


def test_a_lost_folder_is_the_worlds_fault(store: Store, tmp_path: Path) -> None:
    store.close()
    shutil.rmtree(tmp_path / "index")

    with pytest.raises(IndexFault, match=r"unable to open database file.*check that the disk"):
        store.current()


ONE = Calibration(SHIPPED, generation=1, chunks=3, pairs=10, questions_version="1")


def test_a_generation_without_its_own_has_that_of_the_last_before_it(store: Store) -> None:
    third = dataclasses.replace(ONE, generation=3, pairs=30)
    store.calibrations.keep(third)
    store.calibrations.keep(ONE)

    assert [store.calibrations.of(n) for n in range(5)] == [None, ONE, ONE, third, third]


def test_another_of_the_same_generation_takes_its_place(store: Store) -> None:
    store.calibrations.keep(ONE)
    store.calibrations.keep(dataclasses.replace(ONE, pairs=20))

    assert store.calibrations.of(1) == dataclasses.replace(ONE, pairs=20)


def test_the_oldest_are_forgotten(store: Store) -> None:
    for number in range(1, 31):
        store.calibrations.keep(dataclasses.replace(ONE, generation=number))

    assert store.calibrations.of(5) is None
    assert store.calibrations.of(30) == dataclasses.replace(ONE, generation=30)


@pytest.mark.parametrize("written", ["", "{", "[1]", '[{"scale": {}}]', "null", '{"a": 1}'])
def test_what_cannot_be_read_counts_as_none(tmp_path: Path, store: Store, written: str) -> None:
    with sqlite3.connect(database(tmp_path / "index")) as db:
        db.execute("INSERT INTO meta VALUES ('calibrations', ?)", (written,))
    db.close()

    assert store.calibrations.of(1) is None
    store.calibrations.keep(ONE)
    assert store.calibrations.of(1) == ONE


def test_chunks_come_by_article_and_are_counted_after_one(tmp_path: Path) -> None:
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
    assert calibrations.chunks_after(max(first), 2) == 1
    assert calibrations.chunks_after(0, 2) == len(first) + 1
