"""Generations: drafts, those that are kept, rollback, what is purged, and a model of them all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retrieval.errors import IndexFault
from retrieval.index.protocols import ChunkedArticle, Difference
from retrieval.index.rows import FileState
from retrieval.index.store import Store
from retrieval.index.writer import (
    GenerationWriter,
    check_counts,
    purge,
    rollback,
)
from retrieval.refresh.refresh import RefreshOptions
from retrieval.types import Article, Source
from tests.fakes import HashEncoder
from tests.retrieval.index.test_store import DIM, chunks_of, cut_of, digest_of, encoding_of
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


# What a file may hold: the numbers of its articles. Two files of one number are copies, and some
# hold an article of another; nothing in it is a file that cannot be read.
CONTENTS = ((), (1,), (2,), (3,), (1, 2), (3, 4), (4, 4))

Names = dict[str, int]
"""The number of each article by its path."""


@dataclass(frozen=True)
class File:
    """What a generation knows of a file."""

    state: FileState
    holds: tuple[int, ...]

    @property
    def names(self) -> Names:
        path = self.state.path
        return {f"{path}{end(at)}": number for at, number in enumerate(self.holds)}


Files = dict[str, File]


def end(at: int) -> str:
    return f"#{at}" if at else ""


def text_of(number: int) -> str:
    return f"Text {number}.\n\nMore of {number}.\n\nAll have this."


def article(path: str, number: int) -> Article:
    """Articles of even numbers declare their title."""
    source = Source(path, f"Title {number}", language="en")
    return Article(source, text_of(number), titled=number % 2 == 0)


def named(files: Files) -> Names:
    return {path: number for file in files.values() for path, number in file.names.items()}


def seen(files: dict[str, FileState]) -> dict[str, str]:
    """Leave sizes and times out, for an older generation may have those that were seen later."""
    return {path: file.digest for path, file in files.items()}


def difference(before: Names, after: Names) -> Difference:
    added, deleted = after.keys() - before.keys(), before.keys() - after.keys()
    kept = after.keys() & before.keys()
    modified = {path for path in kept if after[path] != before[path]}
    gone = {before[path] for path in deleted}
    renamed = sum(after[path] in gone for path in added)
    return Difference(len(added), len(modified), len(deleted), len(kept - modified), renamed)


class Generations(RuleBasedStateMachine):
    """Writes drafts, publishes, rolls back and purges, and compares with plain dictionaries.

    Each rule opens the draft again.
    """

    paths = st.sampled_from(["a", "b", "c", "sub/d"])
    holdings = st.sampled_from(CONTENTS)

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._store = Store.create(Path(self._folder.name), "fingerprint", "hash", DIM)
        texts = {chunk.text for n in range(1, 5) for chunk in chunks_of(article("", n))}
        self._encodings = {digest_of(text): encoding_of(text) for text in texts}
        self._current = 0
        # The generations that are kept, what each has, and whose articles those are.
        self._kept: dict[int, Files] = {0: {}}
        self._content = {0: 0}
        self._draft: Files = {}
        self._times = 0

    def teardown(self) -> None:
        self._store.close()
        self._folder.cleanup()

    def _state(self, path: str, holds: tuple[int, ...]) -> FileState:
        self._times += 1
        reason = None if holds else "no text in it"
        return FileState(path, 1, self._times, 2, f"holds {holds}", "reader_version", reason)

    @rule(files=st.dictionaries(paths, holdings, min_size=1, max_size=3))
    def put(self, files: dict[str, tuple[int, ...]]) -> None:
        some = {path: File(self._state(path, holds), holds) for path, holds in files.items()}
        cut: list[tuple[FileState, list[ChunkedArticle]]] = [
            (file.state, [cut_of(article(path, number)) for path, number in file.names.items()])
            for file in some.values()
        ]
        draft = GenerationWriter(self._store)
        draft.keep(self._encodings)
        draft.put(cut)
        self._draft |= some
        for path, file in some.items():
            assert draft.files()[path] == file.state

    @rule(gone=st.sets(paths, max_size=2))
    def drop(self, gone: Iterable[str]) -> None:
        GenerationWriter(self._store).drop(gone)
        self._draft = {path: file for path, file in self._draft.items() if path not in gone}

    @rule(path=paths, holds=holdings)
    def link(self, path: str, holds: tuple[int, ...]) -> None:
        draft = GenerationWriter(self._store)
        state = self._state(path, holds)
        known = draft.articles_of(state.digest, state.reader_version)
        if not known:
            everywhere = [self._draft, *self._kept.values()]
            assert not any(
                file.holds == holds for files in everywhere for file in files.values() if holds
            )
            return
        assert sorted((row[0], row[3]) for row in known) == [
            (end(at), text_of(number)) for at, number in enumerate(holds)
        ]
        names = {path + ending: (row, made) for ending, row, made, _ in known}
        draft.link(state, names)
        assert draft.chunks_of([row for _, row, _, _ in known]) == 3 * len(set(holds))
        self._draft[path] = File(state, holds)
        assert draft.files()[path] == state

    @rule(path=paths)
    def touch(self, path: str) -> None:
        file = self._draft.get(path)
        if file is None:
            return
        self._times += 1
        self._draft[path] = replace(file, state=replace(file.state, mtime_ns=self._times))
        draft = GenerationWriter(self._store)
        draft.touch([self._draft[path].state])
        assert draft.files()[path] == self._draft[path].state

    @rule(keep=st.integers(1, 4))
    def publish(self, keep: int) -> None:
        draft = GenerationWriter(self._store)
        if draft.difference().any:
            draft.publish()
            self._current += 1
            self._content[self._current] = self._current
            self._kept[self._current] = dict(self._draft)
            self._kept.pop(0, None)
            self._purge(keep)
        else:
            draft.discard()
            self._kept[self._current] = dict(self._draft)

    def _purge(self, keep: int) -> None:
        purge(self._store, keep)
        self._kept = {n: self._kept[n] for n in sorted(self._kept)[-keep:]}
        everything = [named(files) for files in self._kept.values()]
        tables: dict[str, set[int] | set[str]] = {
            "articles": {number for names in everything for number in names.values()},
            "names": {path for names in everything for path in names},
            "files": {path for files in self._kept.values() for path in files},
        }
        for table, wanted in tables.items():
            column = "id" if table == "articles" else "path"
            rows = self._store.db.one(f"SELECT count(DISTINCT {column}) FROM {table}")
            assert rows == (len(wanted),), table

    @precondition(lambda self: len(self._kept) > 1)
    @rule(to=st.none() | st.integers(1, 6))
    def roll_back(self, to: int | None) -> None:
        before = self._content[self._current]
        known = [n for n in self._kept if (n < before if to is None else n == to != self._current)]
        if not known:
            with pytest.raises(IndexFault, match="is not kept"):
                rollback(self._store, to)
            return
        target = max(known)
        found = rollback(self._store, to)
        self._current += 1
        self._content[self._current] = self._content[target]
        assert (found.number, found.content) == (self._current, self._content[target])
        self._draft = dict(self._kept[target])
        self._kept[self._current] = dict(self._draft)

    @invariant()
    def the_draft_is_known(self) -> None:
        draft = GenerationWriter(self._store)
        before, after = named(self._kept[self._current]), named(self._draft)
        assert seen(draft.files()) == {path: f.state.digest for path, f in self._draft.items()}
        assert draft.difference() == difference(before, after)
        assert draft.changed() == sorted(p for p, n in after.items() if before.get(p) != n)

    @invariant()
    def generations_are_kept_whole(self) -> None:
        store = self._store
        kept = sorted(number for number in self._kept if number)
        assert store.current() == self._current
        assert [one.number for one in store.generations()] == kept[::-1]
        assert [one.content for one in store.generations()] == [
            self._content[number] for number in reversed(kept)
        ]
        check_counts(store)
        for number in kept:
            self._is_whole(number)
        names = named(self._kept[self._current])
        assert store.sources() == [article(path, n).source for path, n in sorted(names.items())]
        for path in ("a", "b#1", "e"):
            wanted = article(path, names[path]) if path in names else None
            assert store.article(path) == wanted

    def _is_whole(self, number: int) -> None:
        store, files = self._store, self._kept[number]
        names = named(files)
        assert seen(store.files(number)) == {path: f.state.digest for path, f in files.items()}
        chunks = store.chunks([int(i) for ids, _ in store.vectors(number) for i in ids], number)
        assert store.count(number) == (len(names), 3 * len(set(names.values())))
        assert len(chunks) == 3 * len(set(names.values()))
        for chunk in chunks.values():
            one = names[chunk.source.path]
            assert chunk.chunk.text in text_of(one)
            assert list(chunk.sources) == [
                article(path, n).source for path, n in sorted(names.items()) if n == one
            ]
        assert len(store.article_ids(number)) == len(set(names.values()))
        assert len(store.article_ids(number, [*names, "e"])) == len(set(names.values()))
        assert len(store.article_ids(number, ["a"])) == ("a" in names)
        middle = store.chunks(store.middle_chunks(store.article_ids(number)), number).values()
        assert sorted(one.chunk.text for one in middle) == sorted(
            f"More of {n}." for n in set(names.values())
        )

    @invariant()
    def changes_lead_from_each_generation_to_all_later(self) -> None:
        drafted = self._current + GenerationWriter(self._store).difference().any
        later = [n for n in [*self._kept, drafted] if n]
        whole = {n: {row[0]: row for row in self._store.passages(0, n)} for n in later}
        digests = {n: self._store.digest(n) for n in later}
        for one in later:
            assert digests[one] == self._store.made_digest(one)
            assert all((digests[one] == digests[n]) == (whole[one] == whole[n]) for n in later)
        for since in later:
            assert since == drafted or self._store.keeps(since)
            for number in (n for n in later if n >= since):
                followed = dict(whole[since])
                for chunk in self._store.removed_chunks(since, number):
                    followed.pop(chunk, None)
                followed |= {row[0]: row for row in self._store.passages(since, number)}
                assert followed == whole[number]


TestGenerations = Generations.TestCase
TestGenerations.settings = settings(
    max_examples=30, stateful_step_count=30, derandomize=True, deadline=None
)
