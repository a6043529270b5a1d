"""After any history of refused, killed and rolled-back refreshes, words find what they find afresh.

Each step is followed by a look at the generation that answers: BM25 has the same hits as in an
index that is made from nothing.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retrieval.errors import IndexFault, IndexRefused
from retrieval.index.folder import database_folder, write_lock
from retrieval.index.lexical_files import lexical_in_memory, lexical_of, write_lexical
from retrieval.index.writer import rollback
from retrieval.refresh.refresh import RefreshOptions
from tests.retrieval.faults.victim import Order, victims
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import WORDS, StoppedEncoder, both, rebuilt

_REFUSED = RefreshOptions(gate=lambda _: ["no"])

Hits = dict[str, set[tuple[str, str]]]


def hits(library: Library, *, afresh: bool = False) -> Hits:
    """Return the chunks, by path and text, that each word finds in the current generation."""
    with closing(library.store()) as store:
        number = store.current()
        made = lexical_in_memory(store, number)
        lexical = made if afresh else lexical_of(store, number, library.index)
        found = {word: lexical.search(word, ["en"], 1000) for word in WORDS}
        # Whatever else it has: an index of other articles may have ids that no chunk has.
        chunks = store.chunks([i for some in found.values() for i in some], number)
    return {
        word: {
            (chunks[i].source.path, chunks[i].chunk.text) if i in chunks else ("", "") for i in of
        }
        for word, of in found.items()
    }


class Histories(RuleBasedStateMachine):
    """Writes articles; refreshes succeed, are refused, stopped, rolled back, and lost."""

    names = st.sampled_from(["a", "b", "c"])
    texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._library = Library(Path(self._open.enter_context(TemporaryDirectory())))
        self._library.write(always="Something to read.")
        self._library.refresh()
        self.sync()

    def teardown(self) -> None:
        self._open.close()

    @rule(name=names, text=texts)
    def write(self, name: str, text: str) -> None:
        self._library.write(**{name: text})

    @rule(name=names)
    def delete(self, name: str) -> None:
        (self._library.articles / f"{name}.txt").unlink(missing_ok=True)

    @rule(rebuild=st.integers(0, 7))
    def refresh(self, rebuild: int) -> None:
        self._library.refresh(options=RefreshOptions(rebuild=not rebuild))

    @rule()
    def refuse(self) -> None:
        with suppress(IndexRefused):
            self._library.refresh(options=_REFUSED)

    @rule(passages=st.integers(0, 2))
    def stop(self, passages: int) -> None:
        with suppress(KeyboardInterrupt):
            self._library.refresh(StoppedEncoder(passages))

    @rule(written=st.booleans())
    def roll_back(self, written: bool) -> None:
        library = self._library
        with closing(library.store()) as store, write_lock(library.index), suppress(IndexFault):
            restored = rollback(store)
            # Else it is as if it had been killed in between.
            if written:
                write_lexical(store, restored.number)

    @rule()
    def sync(self) -> None:
        place = database_folder(self._library.index)
        self._synced = place, {path: path.read_bytes() for path in place.glob("index.sqlite*")}

    @precondition(lambda self: database_folder(self._library.index) == self._synced[0])
    @rule()
    def lose_power(self) -> None:
        """Lose the last commits, which are not synced one by one, but no file beside them."""
        place, files = self._synced
        for path in place.glob("index.sqlite*"):
            path.unlink()
        for path, content in files.items():
            path.write_bytes(content)

    @invariant()
    def words_find_what_they_find_afresh(self) -> None:
        assert hits(self._library) == hits(self._library, afresh=True)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=10, stateful_step_count=20, derandomize=True, deadline=None
)


class KilledHistories(Histories):
    """The same, for long, with processes that die at any step on the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._victims = self._open.enter_context(victims())

    @rule(step=st.integers(0, 60), act=st.sampled_from(["refresh", "rollback", "rebuild"]))
    def kill(self, step: int, act: str) -> None:
        library = self._library
        with closing(library.store()) as store:
            kept = len(store.generations())
        if act == "rollback" and kept < 2:
            return
        self._victims.carry_out(
            Order(str(library.root), library.chunk_tokens, library.keep, act, step)
        )

    @rule()
    def compare(self) -> None:
        self._library.refresh()
        assert both(self._library) == both(rebuilt(self._library))


TestKilledHistories = pytest.mark.long(pytest.mark.timeout(3600)(KilledHistories.TestCase))
TestKilledHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    for number in range(2):
        library.write(mill=f"The mill number {number} burnt down.")
        library.refresh()
    return library


def test_a_rollback_after_a_refused_refresh_finds_its_own_words(library: Library) -> None:
    library.write(mill="The mill became a market.")
    with pytest.raises(IndexRefused, match="no"):
        library.refresh(options=_REFUSED)

    with write_lock(library.index):
        restored = rollback(library.store())
        write_lexical(library.store(), restored.number)

    assert {path for path, _ in hits(library)["mill"]} == {"mill.txt"}
    assert hits(library) == hits(library, afresh=True)
    (hit,) = library.searcher().search("Which mill burnt down?").hits
    assert hit.lexical is not None
    library.write(ferry="The ferry sank.")
    library.refresh()
    assert hits(library) == hits(library, afresh=True)
