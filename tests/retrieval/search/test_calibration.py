from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.index.calibrations import SHIPPED
from retrieval.index.writer import GenerationWriter
from retrieval.search.calibration import calibrate, needs_calibration
from retrieval.search.confidence import confidence_of, features
from retrieval.search.excerpts import best_excerpts
from retrieval.search.searcher import Searcher
from retrieval.types import FloatArray, IntArray
from tests.benchmarks.corpus import made_up
from tests.fakes import HashEncoder
from tests.retrieval.library import Library

CHARS = 350


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    found = Library(tmp_path_factory.mktemp("library"))
    made_up(found.articles, 40)
    found.refresh()
    return found


def ask(searcher: Searcher, question: str) -> float:
    ranking = searcher.search(question)
    windows = [window for _, window in best_excerpts(ranking.hits, 3, CHARS)]
    return confidence_of(features(ranking, windows), ranking.scale)


def test_the_same_articles_give_the_same_calibration(library: Library) -> None:
    first = calibrate(library.store(), library.searcher(), CHARS)

    assert first == calibrate(library.store(), library.searcher(), CHARS)
    assert first.pairs == 60
    assert first.generation == 1
    assert first.chunks == library.store().generation().chunks


def test_those_who_search_take_the_scale_without_another_generation(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made_up(library.articles, 10)
    library.refresh()
    searcher = library.searcher()
    assert searcher.search("Who founded it?").scale == SHIPPED
    found = calibrate(library.store(), searcher, CHARS)

    library.store().calibrations.keep(found)

    assert found.scale != SHIPPED
    assert searcher.search("Who founded it?").scale == found.scale
    assert library.searcher().search("Who founded it?").scale == found.scale


class NarrowEncoder(HashEncoder):
    """Every cosine is high: a common part is in every vector, as in those of multilingual E5."""

    name = "narrow"

    def __init__(self) -> None:
        super().__init__(fingerprint="narrow-1")
        common = np.random.default_rng(7).standard_normal(self.dim)
        self._common = (2 * common / np.linalg.norm(common)).astype(np.float32)

    def _tokens(self, text: str) -> tuple[FloatArray, IntArray]:
        tokens, spans = super()._tokens(text)
        if len(tokens):
            tokens = tokens + self._common
            tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
        return tokens.astype(np.float32), spans


STRANGE = (
    "Which vitamin do oranges hold?",
    "How does a jet engine work?",
    "When did Brazil win its first World Cup?",
    "Why are flamingos pink?",
    "How is yeast used in baking?",
)


def test_an_encoder_whose_cosines_are_all_high_is_silent_on_strange_questions_once_calibrated(
    tmp_path: Path,
) -> None:
    library = Library(tmp_path, encoder=NarrowEncoder())
    questions = made_up(library.articles, 40)[:40]
    library.refresh()
    searcher = library.searcher()
    before = [ask(searcher, question) for question in STRANGE]

    library.store().calibrations.keep(calibrate(library.store(), searcher, CHARS))

    own = [ask(searcher, question) for question in questions]
    strange = [ask(searcher, question) for question in STRANGE]
    assert min(before) > 0.5
    assert max(strange) < 0.5
    assert max(strange) < min(own)
    assert np.mean([one >= 0.5 for one in own]) > 0.4


def test_a_single_short_article_keeps_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(mill="The mill of Harrow was built by Anna Berg for the wool merchants in 1866.")
    library.refresh()

    found = calibrate(library.store(), library.searcher(), CHARS)

    assert (found.scale, found.pairs) == (SHIPPED, 0)
    library.store().calibrations.keep(found)
    assert not needs_calibration(library.store())


def test_articles_without_a_sentence_to_ask_keep_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="Short.", b="42", c="!!!", d="Not so.\n\nIt was this.")
    library.refresh()

    assert calibrate(library.store(), library.searcher(), CHARS).scale == SHIPPED


def test_an_index_without_articles_has_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="Gone.", b="Stays.")
    library.refresh()
    store = library.store()
    draft = GenerationWriter(store)
    draft.drop(["a.txt", "b.txt"])
    draft.publish()

    assert calibrate(library.store(), library.searcher(), CHARS).scale == SHIPPED


def test_the_questions_article_is_left_out_of_what_is_asked_without_it(library: Library) -> None:
    searcher = library.searcher()
    question = "Who founded the mill?"
    first = searcher.search(question).hits[0]
    own = next(
        frozenset(chunks)
        for chunks in library.store().calibrations.chunks(1)
        if first.chunk_id in chunks
    )

    found = searcher.search(question, own | searcher.snapshot.dense.alike(first.chunk_id, 5).keys())

    assert found.hits
    assert first.source.path not in {hit.source.path for hit in found.hits}
    assert first.chunk_id in searcher.snapshot.dense.alike(first.chunk_id, 5)
    assert len(searcher.snapshot.dense.alike(first.chunk_id, 5).keys()) == 5
    assert [hit.rank for hit in found.hits] == list(range(1, len(found.hits) + 1))


def test_leaving_nothing_out_changes_nothing(library: Library) -> None:
    searcher = library.searcher()
    question = "Who founded the mill?"

    assert searcher.search(question, frozenset([-1])) == searcher.search(question)


def test_calibration_is_due_when_a_tenth_of_the_chunks_are_others(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(**{f"a{n}": f"Article {n} tells of a mill." for n in range(40)})
    library.refresh()
    assert needs_calibration(library.store())
    library.store().calibrations.keep(calibrate(library.store(), library.searcher(), CHARS))
    assert not needs_calibration(library.store())

    library.write(a1="It tells of a river now.", a2="This one of a ferry.")
    library.refresh()
    assert not needs_calibration(library.store())

    library.write(a3="And this of a road.")
    library.refresh()
    assert needs_calibration(library.store())


def test_calibration_is_due_when_many_chunks_are_gone(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(**{f"a{n}": f"Article {n} tells of a mill." for n in range(20)})
    library.refresh()
    library.store().calibrations.keep(calibrate(library.store(), library.searcher(), CHARS))
    for n in range(3):
        (library.articles / f"a{n}.txt").unlink()
    library.refresh()

    assert needs_calibration(library.store())


def test_calibration_of_another_recipe_is_due_again(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="A mill.", b="A river.")
    library.refresh()
    found = calibrate(library.store(), library.searcher(), CHARS)

    library.store().calibrations.keep(replace(found, questions_version="0"))

    assert needs_calibration(library.store())
