"""The gate: a new state of the index is tried before it is published."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import IndexRefused
from retrieval.index.lexical_files import lexical_of
from retrieval.index.snapshot import Snapshot, load_snapshot
from retrieval.refresh.gate import KnownItemGate
from retrieval.refresh.refresh import Candidate, RefreshOptions
from tests.fakes import HashEncoder, Query
from tests.retrieval.library import SEARCH, Library
from tests.retrieval.rebuilt import WORDS as WORDS_OF_PROSE

WORDS = [*WORDS_OF_PROSE, "dam", "canal", "weir", "lock", "quay"]


def story(n: int) -> str:
    a, b, c = (WORDS[(n * k + k) % len(WORDS)] for k in (1, 2, 4))
    return (
        f"Story number {n} of the {a}\n\nAt first there was a {a} near the {b}, number {n}.\n\n"
        f"Later on somebody built a {c} beside the {b} and called it number {n}.\n\n"
        f"In the end the {c} and the {a} were sold together for {n} thousand."
    )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    for n in range(30):
        library.write(**{f"a{n:02}": story(n)})
    library.refresh(options=gated())
    return library


class Listening(HashEncoder):
    """Remembers what was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def encode_query(self, text: str) -> Query:
        self.asked.append(text)
        return super().encode_query(text)


def gated(encoder: HashEncoder | None = None, sample: int = 20) -> RefreshOptions:
    return RefreshOptions(gate=KnownItemGate(encoder or HashEncoder(), SEARCH, sample))


def test_what_is_found_by_its_own_words_is_published(library: Library) -> None:
    library.write(new=story(31))
    assert library.refresh(options=gated()).generation == 2


def test_a_state_in_which_nothing_is_found_is_refused(library: Library, tmp_path: Path) -> None:
    other = Library(tmp_path / "other")
    kind = "Nothing of the kind\n\nBirds sing, {} of them."
    other.write(**{f"b{n:02}": kind.format(n) for n in range(30)})
    other.refresh()
    good, wrong = snapshot_of(library), snapshot_of(other)
    broken = replace(good, dense=wrong.dense, lexical=wrong.lexical)
    gate = KnownItemGate(HashEncoder(), SEARCH, 20)
    changed = tuple(f"a{n:02}.txt" for n in range(30))

    assert gate(Candidate(good, changed)) == []
    assert gate(Candidate(broken, changed, lambda: broken)) == [], "it was no better before"
    title, words = gate(Candidate(broken, changed, lambda: good))
    assert re.fullmatch(
        r"of 18 articles only \d are found by their own title, not 'a\d\d.txt' by 'Story .*'", title
    )
    assert re.match(r"of 18 articles only \d are found by their own words", words)


def snapshot_of(library: Library) -> Snapshot:
    store = library.store()
    lexical = lexical_of(store, store.current(), library.index)
    return load_snapshot(store, store.generation(), lexical)


def test_what_was_refused_is_not_tried_again_by_itself(library: Library) -> None:
    refuse(library)

    assert library.is_in_line()
    library.write(another=story(77))
    assert not library.is_in_line()


def refuse(library: Library) -> None:
    library.write(new=story(31))
    with pytest.raises(IndexRefused, match="it is a bad day"):
        library.refresh(options=RefreshOptions(gate=lambda candidate: ["it is a bad day"]))


def test_force_publishes_what_was_refused_without_encoding_it_again(library: Library) -> None:
    refuse(library)
    encoder = HashEncoder()

    report = library.refresh(encoder)

    assert (report.generation, report.added, encoder.encoded) == (2, 1, [])
    assert library.store().refused == ""


def test_articles_that_are_put_right_pass_the_gate(library: Library) -> None:
    refuse(library)
    (library.articles / "new.txt").unlink()

    report = library.refresh(options=gated())

    assert (report.generation, report.changed) == (1, False)
    assert library.store().refused == ""


def test_the_gate_sees_the_draft_and_the_state_before_it(library: Library) -> None:
    candidates: list[tuple[int, int, tuple[str, ...]]] = []

    def look(candidate: Candidate) -> Sequence[str]:
        assert candidate.before is not None
        candidates.append(
            (
                candidate.before.generation.articles,
                candidate.after.generation.articles,
                candidate.changed,
            )
        )
        return []

    library.write(new=story(31), a00=story(99))
    library.refresh(options=RefreshOptions(gate=look))

    assert candidates == [(30, 31, ("a00.txt", "new.txt"))]


def test_articles_that_all_say_the_same_are_no_reason_to_refuse(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for n in range(400):
        library.write(
            **{f"a{n:02}": f"The log\n\nIt is now {n} o'clock and all is well.\n\nGood night."}
        )

    assert library.refresh(options=gated()).added == 400


def test_a_few_changes_cost_few_questions(library: Library) -> None:
    encoder = Listening()
    library.write(new=story(31))
    library.refresh(options=gated(encoder))

    assert 2 <= len(encoder.asked) <= 6


def test_bulletins_of_the_same_few_words_are_published(tmp_path: Path) -> None:
    library = Library(tmp_path)
    chance = random.Random(3)
    words = ["harbour", "ferry", "pilot", "tide", "buoy", "crane"]
    for n in range(400):
        sentences = (" ".join(chance.choices(words, k=12)).capitalize() for _ in range(3))
        library.write(**{f"a{n:03}": ". ".join(sentences) + "."})
    assert library.refresh(options=gated()).added == 400


def test_an_article_without_words_speaks_against_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(these="the of and " * 80, those="it was not " * 80)
    assert library.refresh(options=gated()).added == 2
