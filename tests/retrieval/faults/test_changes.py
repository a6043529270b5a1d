"""Whatever is done to the articles, in any order, a refresh leads to what a rebuild does."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from retrieval.errors import IndexFault, IndexRefused
from retrieval.index.folder import database_folder, rebuild_folder, write_lock
from retrieval.index.lexical_files import write_lexical
from retrieval.index.store import Store
from retrieval.index.writer import rollback
from retrieval.refresh.plan import RefreshReport
from retrieval.refresh.refresh import DEFAULT_OPTIONS, RefreshOptions
from tests.fakes import HashEncoder
from tests.retrieval.faults.check import digests, encodings, problems
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import StoppedEncoder, assert_like_rebuilt, prose

# All files have the same time, and many the same size: what tells them apart is what nobody can
# set, the time at which the system saw them change.
_SECOND = 10**9
_SIZE = 400

Articles = dict[str, tuple[int, str]]
"""How finely each article is cut, and its text, by its path."""

_among_articles = precondition(lambda self: bool(self._existing()))


class Changes(RuleBasedStateMachine):
    """Changes articles and refreshes, and keeps account of what every generation has to hold."""

    names = st.sampled_from(["a.md", "b.md", "c.md", "d.md", "sub/a.md", "sub/b.md"])
    texts = st.builds(prose, st.integers(0, 9), st.integers(1, 12))
    picks = st.integers(0, 9)

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._library = Library(Path(self._folder.name), chunk_tokens=16)
        (self._library.articles / "sub").mkdir()
        self._library.write(always="Something to read.")
        self._published: dict[int, Articles] = {0: {}}
        # The generations whose articles they have, which differ after a rollback.
        self._content = {0: 0}
        self._current = 0
        # Purged by what publishes but a rollback.
        self._kept: list[int] = []
        self._whole: dict[Path, str] = {}

    def teardown(self) -> None:
        self._folder.cleanup()

    def _existing(self) -> list[Path]:
        return sorted(self._library.articles.rglob("*.md"))

    def _pick(self, pick: int) -> Path:
        existing = self._existing()
        return existing[pick % len(existing)]

    def _put(self, path: Path, text: str) -> None:
        path.write_text(text.ljust(-(-len(text) // _SIZE) * _SIZE))
        os.utime(path, ns=(_SECOND, _SECOND))

    def _readable(self) -> Articles:
        """Return the articles that the folder holds."""
        articles = {
            path.relative_to(self._library.articles).as_posix(): path.read_text()
            for path in self._library.articles.rglob("*.*")
        }
        cut = self._library.chunk_tokens
        return {path: (cut, text) for path, text in articles.items() if "\0" not in text}

    @rule(name=names, text=texts)
    def write(self, name: str, text: str) -> None:
        self._put(self._library.articles / name, text)

    @_among_articles
    @rule(pick=picks, text=texts)
    def edit(self, pick: int, text: str) -> None:
        path = self._pick(pick)
        self._put(path, f"{path.read_text().strip()}\n\n{text}")

    @_among_articles
    @rule(pick=picks, key=st.sampled_from(["title", "date"]), value=st.integers(1, 9))
    def declare(self, pick: int, key: str, value: int) -> None:
        path = self._pick(pick)
        front, body = split(path.read_text().strip())
        front[key] = f"Number {value}" if key == "title" else f"2024-01-0{value}"
        lines = "".join(f"{key}: {value}\n" for key, value in sorted(front.items()))
        self._put(path, f"---\n{lines}---\n\n{body}")

    @_among_articles
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        self._pick(pick).unlink()

    @_among_articles
    @rule(pick=picks, name=names)
    def rename(self, pick: int, name: str) -> None:
        self._pick(pick).rename(self._library.articles / name)

    @_among_articles
    @rule(pick=picks, name=names)
    def copy(self, pick: int, name: str) -> None:
        with suppress(shutil.SameFileError):
            shutil.copy2(self._pick(pick), self._library.articles / name)

    @_among_articles
    @rule(one=picks, other=picks)
    def swap(self, one: int, other: int) -> None:
        first, second = self._pick(one), self._pick(other)
        aside = self._library.root / "aside"
        first.rename(aside)
        if first != second:
            second.rename(first)
        aside.rename(second)

    @_among_articles
    @rule(pick=picks, time=st.integers(-(10**18), 4 * 10**18))
    def touch(self, pick: int, time: int) -> None:
        os.utime(self._pick(pick), ns=(time, time))

    @_among_articles
    @rule(pick=picks)
    def break_one(self, pick: int) -> None:
        path = self._pick(pick)
        self._whole[path] = path.read_text()
        path.write_text("\0" * path.stat().st_size)

    @precondition(lambda self: bool(self._whole))
    @rule()
    def mend(self) -> None:
        path, text = self._whole.popitem()
        self._put(path, text.strip())

    @rule(tokens=st.sampled_from([16, 24, 40]))
    def cut_otherwise(self, tokens: int) -> None:
        self._library.chunk_tokens = tokens

    @rule(passages=st.sampled_from([0, 10]), rebuild=st.booleans())
    def refresh_and_be_stopped(self, passages: int, rebuild: bool) -> None:
        try:
            report = self._library.refresh(
                StoppedEncoder(passages), options=RefreshOptions(rebuild=rebuild)
            )
        except KeyboardInterrupt:
            self._stays()
        else:
            self._follow(report)

    @rule(rebuild=st.booleans())
    def refresh_and_be_refused(self, rebuild: bool) -> None:
        options = RefreshOptions(gate=lambda _: ["no"], rebuild=rebuild)
        if rebuild or self._readable() != self._published[self._current]:
            with pytest.raises(IndexRefused, match="not published: no;"):
                self._library.refresh(options=options)
            self._stays()
        else:
            self._follow(self._library.refresh(options=options))

    @precondition(lambda self: self._current > 0)
    @rule()
    def roll_back(self) -> None:
        store = self._library.store()
        content = self._content[self._current]
        kept = [one for one in self._kept if one < content]
        with write_lock(self._library.index):
            if not kept:
                with pytest.raises(IndexFault, match="is not kept"):
                    rollback(store)
                return
            assert rollback(store).number == self._current + 1
            write_lexical(store, self._current + 1)
        self._note(self._current + 1, self._published[kept[-1]], self._content[kept[-1]])
        self._stays()

    @rule(rebuild=st.booleans())
    def refresh(self, rebuild: bool) -> None:
        library = self._library
        place = rebuild_folder(library.index) if rebuild else database_folder(library.index)
        known = encodings(place)
        encoder = HashEncoder()
        self._follow(
            library.refresh(
                encoder, options=RefreshOptions(rebuild=True) if rebuild else DEFAULT_OPTIONS
            )
        )
        assert not known & digests(encoder.encoded)
        assert len(encoder.encoded) == len(set(encoder.encoded))
        assert problems(library.index) == []
        assert_like_rebuilt(library)

    def _note(self, number: int, articles: Articles, content: int) -> None:
        if number != self._current:
            self._kept.append(number)
        self._published[number], self._content[number] = articles, content
        self._current = number

    def _stays(self) -> None:
        """Assert that the index still is at the current generation."""
        store = Store.open(self._library.index)
        if store is None:
            assert not self._current
            return
        assert store.current() == self._current
        paths = [source.path for source in store.sources()]
        store.close()
        assert paths == sorted(self._published[self._current])

    def _follow(self, report: RefreshReport) -> None:
        """Assert that a report is right, and note the generation that it is about."""
        after = self._readable()
        if report.rebuilt:
            self._published, self._content, self._current = {0: {}}, {0: 0}, 0
            self._kept.clear()
        before = self._published[self._current]
        added, deleted = after.keys() - before.keys(), before.keys() - after.keys()
        kept = after.keys() & before.keys()
        modified = [path for path in kept if after[path] != before[path]]
        gone = [before[path] for path in deleted]
        assert report.added == len(added)
        assert report.modified == len(modified)
        assert report.deleted == len(deleted)
        assert report.unchanged == len(kept) - len(modified)
        assert report.renamed == sum(after[path] in gone for path in added)
        assert report.generation == self._current + report.changed
        broken = sorted(
            path.relative_to(self._library.articles).as_posix()
            for path in self._existing()
            if "\0" in path.read_text()
        )
        assert [one.article for one in report.skipped] == broken
        self._note(
            report.generation, after, self._content.get(report.generation, report.generation)
        )
        if report.changed:
            self._kept = self._kept[-self._library.keep :]
        self._stays()


def split(text: str) -> tuple[dict[str, str], str]:
    """Return what an article declares, and the rest."""
    found = re.fullmatch(r"---\n(.*?)---\n\n(.*)", text, re.DOTALL)
    if found is None:
        return {}, text
    return dict(line.split(": ") for line in found[1].splitlines()), found[2]


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=16, stateful_step_count=30, derandomize=True)


class ManyChanges(Changes):
    """The same, for long."""


TestManyChanges = pytest.mark.long(pytest.mark.timeout(3600)(ManyChanges.TestCase))
TestManyChanges.settings = settings(max_examples=300, stateful_step_count=50)
