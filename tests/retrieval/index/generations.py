"""What every index promises of its generations, wherever it is: a model of plain dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retrieval.errors import IndexFault
from retrieval.index.protocols import ChunkedArticle, Difference, IndexReader
from retrieval.index.rows import FileState
from retrieval.types import Article, Source
from tests.retrieval.index.test_store import chunks_of, cut_of, digest_of, encoding_of

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

    Each rule opens the draft again. Whoever keeps an index says how it is made.

    Attributes:
        finds_in_all: Whether articles are found again in every generation that is kept, not only in
            the current one.
    """

    finds_in_all = True

    paths = st.sampled_from(["a", "b", "c", "sub/d"])
    holdings = st.sampled_from(CONTENTS)

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._store = self.made(Path(self._folder.name))
        texts = {chunk.text for n in range(1, 5) for chunk in chunks_of(article("", n))}
        self._encodings = {digest_of(text): encoding_of(text) for text in texts}
        self._current = 0
        # The generations that are kept, what each has, and whose articles those are.
        self._kept: dict[int, Files] = {0: {}}
        self._content = {0: 0}
        self._draft: Files = {}
        self._times = 0

    def made(self, folder: Path) -> IndexReader:
        """Make an empty index of vectors with so many dimensions as `encoding_of` makes."""
        raise NotImplementedError

    def check_purged(self, files: Iterable[Files]) -> None:
        """Find nothing that none of the generations has which are kept."""

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
        draft = self._store.writer()
        draft.keep(self._encodings)
        draft.put(cut)
        self._draft |= some
        for path, file in some.items():
            assert draft.files()[path] == file.state

    @rule(gone=st.sets(paths, max_size=2))
    def drop(self, gone: Iterable[str]) -> None:
        self._store.writer().drop(gone)
        self._draft = {path: file for path, file in self._draft.items() if path not in gone}

    @rule(path=paths, holds=holdings)
    def link(self, path: str, holds: tuple[int, ...]) -> None:
        draft = self._store.writer()
        state = self._state(path, holds)
        known = draft.articles_of(state.digest, state.reader_version)
        if not known:
            everywhere = [self._draft, self._kept[self._current]]
            everywhere += self._kept.values() if self.finds_in_all else []
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
        draft = self._store.writer()
        draft.touch([self._draft[path].state])
        assert draft.files()[path] == self._draft[path].state

    @rule(keep=st.integers(1, 4))
    def publish(self, keep: int) -> None:
        draft = self._store.writer()
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
        self._store.writer().purge(keep)
        self._kept = {n: self._kept[n] for n in sorted(self._kept)[-keep:]}
        self.check_purged(self._kept.values())

    @precondition(lambda self: len(self._kept) > 1)
    @rule(to=st.none() | st.integers(1, 6))
    def roll_back(self, to: int | None) -> None:
        before = self._content[self._current]
        known = [n for n in self._kept if (n < before if to is None else n == to != self._current)]
        if not known:
            with pytest.raises(IndexFault, match="is not kept"):
                self._store.writer().rollback(to)
            return
        target = max(known)
        found = self._store.writer().rollback(to)
        self._current += 1
        self._content[self._current] = self._content[target]
        assert (found.number, found.content) == (self._current, self._content[target])
        self._draft = dict(self._kept[target])
        self._kept[self._current] = dict(self._draft)

    @invariant()
    def the_draft_is_known(self) -> None:
        draft = self._store.writer()
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
        store.writer().check_counts()
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
        chunks = store.chunks(store.dense(number).ids.tolist(), number)
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
        drafted = self._current + self._store.writer().difference().any
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
                self._dense_is_found_from(since, number)

    def _dense_is_found_from(self, since: int, number: int) -> None:
        whole = self._store.dense(number)
        changed = self._store.dense_from(self._store.dense(since), since, number)
        if changed is not None:
            ids = whole.ids.tolist()
            assert changed.ids.tolist() == ids
            assert not ids or (changed.vectors(ids) == whole.vectors(ids)).all()
