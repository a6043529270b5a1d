from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexDamaged, IndexFault, IndexMismatch
from retrieval.index.folder import folder_size
from retrieval.index.rows import FileState, Generation, StoredEncoding, Tokens
from retrieval.index.store import FORMAT, Store
from retrieval.index.writer import ChunkedArticle, GenerationWriter, purge
from retrieval.types import Article, Chunk, Sentence, Source
from tests.paths import ROOT

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
    assert (store.fingerprint, store.encoder, store.dim) == ("fingerprint", "hash", DIM)
    assert store.format == FORMAT


def test_what_was_added_comes_back_whole(store: Store) -> None:
    source = Source(
        "sub/é 🙂.md", "Title’s", dt.date(2024, 2, 29), "https://example.org/a?b=1", "An author",
        "de", ("one", "zwei, drei"),
    )  # fmt: skip
    text = "🙂 Öffnet. Zweiter Satz.\n\nEnde."
    sentences = (Sentence(0, 9, 1, 1), Sentence(10, 24, 1, 1))
    chunk, last = Chunk(text[:24], sentences), Chunk(text[26:], (Sentence(26, 31, 2, 7),))
    given = {digest_of(c.text): encoding_of(c.text) for c in (chunk, last)}

    article = Article(source, text)
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


def test_generation_tells_what_is_in_it(store: Store) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    replace(store, article_of("a", "One.", "Two."), article_of("b", "Three."))

    state = store.generation()

    assert (state.number, state.articles, state.chunks) == (1, 2, 3)
    assert state.published is not None
    assert before <= state.published <= dt.datetime.now(dt.UTC)


def test_sources_stand_in_the_order_of_paths(store: Store) -> None:
    replace(store, *(article_of(path, "Text.") for path in "cab"))

    assert [source.path for source in store.sources()] == ["a", "b", "c"]


def test_nothing_is_visible_before_it_is_published(store: Store) -> None:
    replace(store, article_of("a", "Old."), article_of("b", "Stays."))
    before = store.generation()

    draft = add(store, article_of("a", "New."))
    draft.drop(["b"])

    assert store.generation() == before
    assert seen(store) == {"Old.", "Stays."}
    assert store.article("a") == article_of("a", "Old.")
    assert [s.path for s in store.sources()] == ["a", "b"]

    draft.publish()

    assert seen(store) == {"New."}
    assert store.article("a") == article_of("a", "New.")
    assert store.article("b") is None
    assert seen(store, generation=1) == {"Old.", "Stays."}


def test_an_article_is_added_with_encodings_that_are_stored(store: Store) -> None:
    replace(store, article_of("a", "Shared."))
    draft = GenerationWriter(store)

    draft.put([(file_of("b"), [cut_of(article_of("b", "Shared."))])])
    draft.publish()

    ((ids, vectors),) = store.vectors(2)
    assert len(ids) == 2
    np.testing.assert_array_equal(vectors[0], vectors[1])


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


def test_a_chunk_without_tokens_comes_back(store: Store) -> None:
    article = article_of("a", "\u0301")
    none = Tokens(np.zeros((0, 2), np.uint8), np.zeros(0, np.int32))
    empty = StoredEncoding(np.zeros(DIM, np.float32), none)
    draft = GenerationWriter(store)
    draft.keep({b"0": empty})
    draft.put([(file_of("a"), [(article, [(c, b"0") for c in chunks_of(article)])])])
    draft.publish()

    (stored,) = store.chunks([1], 1).values()

    assert stored.tokens is not None
    assert len(stored.tokens.codes) == len(stored.tokens.starts) == 0


def test_tokens_may_be_left_out_and_added_later(store: Store) -> None:
    article = article_of("a", "One two.")
    (digest,) = [digest_of(chunk.text) for chunk in chunks_of(article)]
    whole = encoding_of("One two.")
    draft = GenerationWriter(store)
    draft.keep({digest: dataclasses.replace(whole, tokens=None)})
    draft.put([(file_of("a"), [cut_of(article)])])
    draft.publish()

    assert [one.tokens for one in store.chunks([1], 1).values()] == [None]
    assert GenerationWriter(store).known_encodings([digest], tokens=False) == {digest}
    assert GenerationWriter(store).known_encodings([digest], tokens=True) == set()

    GenerationWriter(store).keep({digest: whole})

    assert GenerationWriter(store).known_encodings([digest], tokens=True) == {digest}
    (stored,) = store.chunks([1], 1).values()
    assert stored.tokens is not None
    assert whole.tokens is not None
    np.testing.assert_array_equal(stored.tokens.codes, whole.tokens.codes)


def test_ids_are_never_used_again(store: Store) -> None:
    replace(store, article_of("a", "One."), keep=1)
    before = set(store.chunks(range(100), 1))
    replace(store, remove=("a",), keep=1)
    replace(store, article_of("b", "Two."), keep=1)

    assert before
    assert not before & set(store.chunks(range(100), 3))


def test_changes_since_a_generation(store: Store) -> None:
    replace(store, article_of("a", "One."), article_of("b", "Two."))
    replace(store, article_of("b", "Three."))
    replace(store, article_of("c", "Four."), remove=("a",))

    def texts(since: int, generation: int) -> set[str]:
        return {text.split("\n")[1] for _, _, text in store.passages(since, generation)}

    assert texts(0, 3) == {"Three.", "Four."}
    assert texts(1, 3) == {"Three.", "Four."}
    assert texts(2, 3) == {"Four."}
    assert texts(1, 2) == {"Three."}
    assert texts(3, 3) == set()
    gone = {s.chunk.text for s in store.chunks(store.removed_chunks(1, 3), 1).values()}
    assert gone == {"One.", "Two."}
    assert len(store.removed_chunks(2, 3)) == 1
    assert store.removed_chunks(3, 3) == []


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


def test_an_encoding_in_use_is_never_dropped(store: Store) -> None:
    replace(store, article_of("a", "Shared.", "Own."), article_of("b", "Shared."), keep=1)

    replace(store, remove=("a",), keep=1)

    assert seen(store) == {"Shared."}
    assert GenerationWriter(store).known_encodings(
        [digest_of("Shared."), digest_of("Own.")], tokens=True
    ) == {digest_of("Shared.")}


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


def test_files_are_remembered_with_a_generation(store: Store) -> None:
    one, other = file_of("a"), file_of("ü", "", "no text in it")
    draft = GenerationWriter(store)
    draft.put([(one, [(article_of("a"), [])]), (other, [])])
    draft.publish()
    assert store.files(1) == {"a": one, "ü": other}
    touched = dataclasses.replace(one, mtime_ns=5)

    draft = GenerationWriter(store)
    draft.touch([touched])
    draft.put([(file_of("ü", "", "a binary file"), [])])

    assert not draft.difference().any
    assert store.files(1) == {"a": touched, "ü": other}
    draft.discard()
    assert store.files(1) == {"a": touched, "ü": file_of("ü", "", "a binary file")}
    assert store.current() == 1


def test_a_failed_write_leaves_nothing_behind(store: Store) -> None:
    def files() -> Iterator[tuple[FileState, list[ChunkedArticle]]]:
        yield file_of("a"), [(article_of("a"), [])]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        GenerationWriter(store).put(files())

    assert GenerationWriter(store).files() == {}
    replace(store, article_of("b", "Text."))
    assert [source.path for source in store.sources()] == ["b"]


def test_threads_read_whole_generations_while_one_writes(store: Store) -> None:
    def state(n: int) -> list[Article]:
        return [article_of(path, f"Text {n} of {path}.") for path in "abcd"]

    replace(store, *state(0), keep=100)
    done = threading.Event()
    faults: list[object] = []
    reads = [0] * 4

    def read(reader: int) -> None:
        try:
            while not done.is_set() or not reads[reader]:
                generation = store.generation()
                texts = seen(store, generation.number)
                wanted = {f"Text {generation.number - 1} of {path}." for path in "abcd"}
                if texts != wanted or generation.chunks != 4:
                    faults.append((generation, texts))
                reads[reader] += 1
        except BaseException as exc:  # noqa: BLE001 - what a thread raises would go unseen
            faults.append(exc)
        finally:
            store.close()

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for n in range(1, 30):
        replace(store, *state(n), keep=100)
    done.set()
    for thread in threads:
        thread.join()

    assert faults == []
    assert all(reads)


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
    assert again.key == store.key
    assert seen(again) == {"Text."}
    assert folder_size(again.place) >= database(tmp_path / "index").stat().st_size
    again.close()


def test_two_stores_have_two_keys(tmp_path: Path) -> None:
    one, other = (Store.create(tmp_path / name, "f", "hash", DIM) for name in "ab")

    assert one.key != other.key


def test_no_database_is_no_index(tmp_path: Path) -> None:
    assert Store.open(tmp_path) is None
    assert Store.open(tmp_path / "absent") is None


def test_an_empty_database_is_made_anew(tmp_path: Path) -> None:
    # What a process leaves that was killed while it created the index.
    database(tmp_path).touch()
    assert Store.open(tmp_path) is None
    sqlite3.connect(database(tmp_path)).execute("PRAGMA journal_mode = WAL")
    assert Store.open(tmp_path) is None

    assert Store.create(tmp_path, "f", "hash", DIM).current() == 0


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
    store = Store.open(tmp_path)
    assert store is not None
    with pytest.raises(IndexDamaged, match=r"no such table: meta.* run .* --rebuild"):
        store.current()


@pytest.mark.parametrize("content", [b"\0" * 8192, b"SQLite format 3\0", b"garbage " * 999, b"x"])
def test_no_database_at_all_is_damage(tmp_path: Path, content: bytes) -> None:
    database(tmp_path).write_bytes(content)

    with pytest.raises(
        IndexDamaged,
        match=r"is damaged \(it is no SQLite database\); run .* --rebuild",
    ):
        Store.open(tmp_path)


def published(tmp_path: Path) -> bytes:
    """Return the bytes of a database at rest."""
    store = Store.create(tmp_path / "whole", "f", "hash", DIM)
    replace(store, *(article_of(path, *(f"{path} {n}." for n in range(40))) for path in "abcdef"))
    store.close()
    path = database(tmp_path / "whole")
    assert [file.name for file in path.parent.iterdir()] == ["index.sqlite"]
    return path.read_bytes()


def test_a_database_that_was_cut_off_is_damage(tmp_path: Path) -> None:
    whole = published(tmp_path)
    lengths = [1, 15, 16, 99, 100, 101, 4095, 4096, *range(5000, len(whole), 3001), len(whole) - 1]
    folder = tmp_path / "cut"
    for length in lengths:
        database(folder).write_bytes(whole[:length])

        with pytest.raises(IndexDamaged, match=r"is damaged \(.*\); run .* --rebuild"):
            Store.open(folder)


def test_an_overwritten_page_is_damage_when_it_is_read(tmp_path: Path) -> None:
    whole = bytearray(published(tmp_path))
    for at in range(4096, len(whole), 4096):
        whole[at : at + 4096] = b"\xa5" * 4096
    database(tmp_path / "whole").write_bytes(whole)
    store = Store.open(tmp_path / "whole")
    assert store is not None

    with pytest.raises(IndexDamaged, match=r"is damaged \(.*malformed.*\); run .* --rebuild"):
        store.sources()


def test_a_missing_row_is_damage(tmp_path: Path) -> None:
    store = Store.create(tmp_path, "f", "hash", DIM)
    db = sqlite3.connect(database(tmp_path))
    db.execute("DELETE FROM meta WHERE key = 'current'")
    db.commit()
    db.close()

    with pytest.raises(IndexDamaged, match="a row is missing"):
        store.current()


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


def test_a_folder_in_place_of_a_database_is_damage(tmp_path: Path) -> None:
    database(tmp_path).mkdir()

    with pytest.raises(IndexDamaged, match=r"is damaged \(it is a folder\); run .* --rebuild"):
        Store.open(tmp_path)


def test_a_lost_folder_is_the_worlds_fault(store: Store, tmp_path: Path) -> None:
    store.close()
    shutil.rmtree(tmp_path / "index")

    with pytest.raises(IndexFault, match=r"unable to open database file.*check that the disk"):
        store.current()


FULL_DISK = """
import resource, sys
from pathlib import Path
from retrieval.errors import IndexFault
from tests.retrieval.index.test_store import add, article_of, replace, seen
from retrieval.index import GenerationWriter, Store

store = Store.open(Path(sys.argv[1]))
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    add(store, *(article_of(f"b{n}", "x " * 5000 + str(n)) for n in range(400)))
except IndexFault as exc:
    print(exc)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
GenerationWriter(store).drop(f"b{n}" for n in range(400))
replace(store, article_of("c", "Room again."))
print(sorted(seen(store)))
"""


def test_a_full_disk_is_the_worlds_fault_and_passes(store: Store, tmp_path: Path) -> None:
    replace(store, article_of("a", "Text."))
    store.close()

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "index"), "1000000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    fault, found = done.stdout.splitlines()
    assert "cannot be used" in fault
    assert "check that the disk has room" in fault
    assert found == "['Room again.', 'Text.']"
