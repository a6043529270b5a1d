from __future__ import annotations

import dataclasses
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import IndexFault
from retrieval.index.calibrations import SHIPPED, Scale
from retrieval.index.writer import GenerationWriter, rollback
from retrieval.search.calibration import calibrate, cloze, needs_calibration, scale_of
from retrieval.search.confidence import confidence_of, features
from retrieval.search.excerpts import best_excerpts
from retrieval.search.searcher import Searcher
from retrieval.types import FloatArray, IntArray
from tests.benchmarks.corpus import made_up
from tests.fakes import HashEncoder, Query
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
    first = calibrate(library.searcher(), CHARS)

    assert first == calibrate(library.searcher(), CHARS)
    assert first.pairs == 60
    assert first.generation == 1
    assert first.chunks == library.store().generation().chunks


class PublishingEncoder(HashEncoder):
    """Lets somebody else publish before one of the questions is encoded."""

    def __init__(self, library: Library, before: int) -> None:
        super().__init__()
        self._library = library
        self._before = before

    def encode_query(self, text: str) -> Query:
        self._before -= 1
        if not self._before:
            for path in sorted(self._library.articles.iterdir())[::2]:
                path.unlink()
            self._library.refresh()
        return super().encode_query(text)


@pytest.mark.parametrize("before", [1, 30])
def test_a_calibration_is_of_one_generation_whatever_is_published(
    tmp_path: Path, before: int
) -> None:
    library = Library(tmp_path)
    made_up(library.articles, 20)
    library.refresh()
    alone = calibrate(library.searcher(), CHARS)

    searcher = replace(library, encoder=PublishingEncoder(library, before)).searcher()

    assert calibrate(searcher, CHARS) == alone
    assert library.store().current() == 2


def test_a_generation_that_was_purged_is_not_calibrated(tmp_path: Path) -> None:
    library = Library(tmp_path, keep=1)
    made_up(library.articles, 10)
    library.refresh()
    searcher = replace(library, encoder=PublishingEncoder(library, 5)).searcher()

    with pytest.raises(IndexFault, match=r"generation 1 .* is not kept any more"):
        calibrate(searcher, CHARS)


def test_articles_that_come_back_have_their_own_calibration(tmp_path: Path) -> None:
    library = Library(tmp_path)
    store = None
    for number in (10, 30):
        made_up(library.articles, number)
        library.refresh()
        store = library.store()
        store.calibrations.keep(calibrate(library.searcher(), CHARS))
    assert store is not None
    first, second = (store.calibrations.of(number) for number in (1, 2))
    assert first is not None
    assert first != second

    rollback(store)

    assert library.searcher().snapshot.scale == first.scale
    assert not needs_calibration(store)


def test_those_who_search_take_the_scale_without_another_generation(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made_up(library.articles, 10)
    library.refresh()
    searcher = library.searcher()
    assert searcher.search("Who founded it?").scale == SHIPPED
    found = calibrate(searcher, CHARS)

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

    library.store().calibrations.keep(calibrate(searcher, CHARS))

    own = [ask(searcher, question) for question in questions]
    strange = [ask(searcher, question) for question in STRANGE]
    assert min(before) > 0.5
    assert max(strange) < 0.5
    assert max(strange) < np.quantile(own, 0.1)
    assert np.mean([one >= 0.5 for one in own]) > 0.4


def test_a_single_short_article_keeps_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(mill="The mill of Harrow was built by Anna Berg for the wool merchants in 1866.")
    library.refresh()

    found = calibrate(library.searcher(), CHARS)

    assert (found.scale, found.pairs) == (SHIPPED, 0)
    library.store().calibrations.keep(found)
    assert not needs_calibration(library.store())


def test_articles_without_a_sentence_to_ask_keep_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="Short.", b="42", c="!!!", d="Not so.\n\nIt was this.")
    library.refresh()

    assert calibrate(library.searcher(), CHARS).scale == SHIPPED


def test_an_index_without_articles_has_the_shipped_scale(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="Gone.", b="Stays.")
    library.refresh()
    store = library.store()
    draft = GenerationWriter(store)
    draft.drop(["a.txt", "b.txt"])
    draft.publish()

    assert calibrate(library.searcher(), CHARS).scale == SHIPPED


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
    library.store().calibrations.keep(calibrate(library.searcher(), CHARS))
    assert not needs_calibration(library.store())

    library.write(a1="It tells of a river now.", a2="This one of a ferry.")
    library.refresh()
    assert not needs_calibration(library.store())

    library.write(a3="And this of a road.")
    library.refresh()
    assert needs_calibration(library.store())


def test_calibration_is_not_due_because_its_generation_is_purged(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(**{f"a{n}": f"Article {n} tells of a mill." for n in range(40)})
    library.refresh()
    library.store().calibrations.keep(calibrate(library.searcher(), CHARS))
    for river in ("Don", "Dnipro", "Desna", "Dniester"):
        library.write(a1=f"It tells of the {river} now.")
        library.refresh()

    assert not library.store().keeps(1)
    assert not needs_calibration(library.store())


def test_calibration_is_due_when_many_chunks_are_gone(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(**{f"a{n}": f"Article {n} tells of a mill." for n in range(20)})
    library.refresh()
    library.store().calibrations.keep(calibrate(library.searcher(), CHARS))
    for n in range(3):
        (library.articles / f"a{n}.txt").unlink()
    library.refresh()

    assert needs_calibration(library.store())


def test_calibration_by_other_questions_is_due_again(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(a="A mill.", b="A river.")
    library.refresh()
    found = calibrate(library.searcher(), CHARS)

    library.store().calibrations.keep(replace(found, questions_version="0"))

    assert needs_calibration(library.store())


SENTENCE = "The old mill on the west bank of the river was built by Anna Berg for wool merchants."


def made(sentence: str, title: str = "", language: str = "en", seed: int = 0) -> str | None:
    return cloze(sentence, title, language, random.Random(seed))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@given(st.integers(0, 10_000))
def test_a_question_asks_for_the_name_and_keeps_some_words_in_their_order(seed: int) -> None:
    question = made(SENTENCE, seed=seed)

    assert question is not None
    asking, *kept = words(question)
    assert asking == "Who"
    assert question.endswith("?")
    assert not {"Anna", "Berg"} & set(kept)
    places = [SENTENCE.index(word) for word in kept if len(word) > 3]
    assert places == sorted(places)
    assert 2 <= len(places) < len(words(SENTENCE)) / 2


def test_a_sentence_that_says_too_little_makes_no_question() -> None:
    assert made("") is None
    assert made("It was so.") is None
    assert made("Anna Berg Clara Dahl.") is None


def test_in_another_language_it_asks_with_words_of_the_sentence_alone() -> None:
    question = made(
        "Le vieux moulin du fleuve fut acheté en 1866 par les marchands.", language="fr"
    )

    assert question is not None
    assert set(words(question)) <= set(
        words("Le vieux moulin du fleuve fut acheté par les marchands")
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "渡轮每天早上从老码头开往红石岛，成人票价十二元，儿童免费。"),
        ("ja", "養蜂家の田中さんによると、今年の冬は暖かすぎて蜜蜂が早く巣を出てしまった。"),
        ("th", "เรือข้ามฟากออกจากท่าเรือเก่าทุกวันและเที่ยวสุดท้ายกลับสามทุ่ม"),
        ("hi", "नाव हर सुबह पुराने बंदरगाह से लाल द्वीप जाती है और रात नौ बजे लौटती है।"),
    ],
)
def test_a_question_is_made_in_any_script(language: str, sentence: str) -> None:
    question = made(sentence, language=language)

    assert question is not None
    assert 0 < len(question) < len(sentence)
    assert (" " in question) == (language == "hi")


@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(["en", "de", "uk", "xx"]))
def test_any_text_is_taken(sentence: str, title: str, language: str) -> None:
    question = made(sentence, title, language)

    assert question is None or question.endswith("?")


Scores = list[tuple[float, float]]


def scores(count: int, late: float, dense: float, spread: float, seed: int = 0) -> Scores:
    rows = np.random.default_rng(seed).normal((late, dense), spread, (count, 2))
    return [(float(late), float(dense)) for late, dense in rows]


def test_enough_pairs_give_a_scale_of_their_own_wherever_it_lies() -> None:
    found = scale_of(scores(100, 0.92, 0.90, 0.02), scores(100, 0.86, 0.80, 0.02, seed=1))

    assert found.late == pytest.approx(0.89, abs=0.005)
    assert found.dense == pytest.approx(0.85, abs=0.005)
    assert found.late_spread == pytest.approx(0.02, abs=0.004)
    assert found.dense_spread == pytest.approx(0.02, abs=0.004)


def test_the_fewer_pairs_the_less_of_the_shipped_scale_is_moved() -> None:
    moved = [
        abs(scale_of([(0.9, 0.9)] * count, [(0.8, 0.8)] * count).late - SHIPPED.late)
        for count in (0, 1, 10, 50, 100)
    ]

    assert moved[0] == 0
    assert 0 < moved[1] < 0.02
    assert moved == sorted(moved)
    assert moved[3] == pytest.approx(moved[4])


def test_scores_without_any_spread_still_have_one() -> None:
    found = scale_of([(0.5, 0.5)] * 100, [(0.5, 0.5)] * 100)

    assert found == Scale(0.5, found.late_spread, 0.5, found.dense_spread)
    assert min(dataclasses.astuple(found)) > 0


@pytest.mark.parametrize(
    ("language", "sentence", "asking"),
    [
        ("uk", "Старий млин на західному березі річки збудувала Анна Берг для торговців.", "Хто"),
        ("ru", "Старая мельница на западном берегу реки мелет 40 мешков зерна в день.", "Сколько"),
        ("de", "Im alten Turm am westlichen Ufer lagern seit langem 40 Fässer Öl.", "Wie viele"),
    ],
)
def test_a_question_is_made_in_the_language_of_the_article(
    language: str, sentence: str, asking: str
) -> None:
    question = cloze(sentence, "", language, random.Random(1))

    assert question is not None
    assert question.startswith(asking)
