from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from embeddings import load_reader, locate
from embeddings.heads import Reader, Reading
from tests.embeddings import heads, tiny

QUESTION = "When does the ferry leave?"
# Each with what the readers below, which know "seven" and "morning", have to find in it.
PASSAGES = {
    "The ferry leaves at seven in the morning, every day.": "seven in the morning",
    "Пароплав 🚜🚜 відходить, naïve café, о  seven   of the\tmorning .": "seven   of the\tmorning",
    "地雷は見えない。İstanbul seven\nmorning": "seven\nmorning",
    "word " * 300 + "at seven in the morning.": "seven in the morning",
    "seven in the morning" + " word" * 300: "seven in the morning",
}


@pytest.fixture(scope="module", params=["bert", "distilbert", "roberta"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Readers with token types, without, and with positions that padding shifts."""
    folder = heads.reader(tmp_path_factory.mktemp("reader") / "model", kind=request.param)
    return load_reader(locate(str(folder)), "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return heads.random_reader(tmp_path_factory.mktemp("random") / "model")


@pytest.fixture(scope="module")
def unknown(folder: Path) -> Reader:
    return load_reader(locate(str(folder)), "cpu")


def read(reader: Reader, passage: str, question: str = QUESTION) -> Reading:
    (reading,) = reader.read(question, [passage])
    assert reading is not None
    return reading


def test_the_words_that_answer_are_found_wherever_they_stand(reader: Reader) -> None:
    for passage, answer in PASSAGES.items():
        reading = read(reader, passage)
        assert passage[reading.start : reading.end] == answer
        assert reading.score > reading.no_answer


def test_a_passage_without_the_answer_has_more_for_none(reader: Reader) -> None:
    for passage in ["The ferry carries forty cars.", "word " * 300, "🚜"]:
        reading = read(reader, passage)
        assert reading.score < reading.no_answer


def test_the_question_holds_no_answer(reader: Reader) -> None:
    passage = "The ferry carries forty cars."
    reading = read(reader, passage, "Does it leave at seven in the morning?")
    assert reading.score < reading.no_answer


def test_a_question_that_exceeds_the_window_leaves_room_to_read(reader: Reader) -> None:
    for passage, answer in PASSAGES.items():
        reading = read(reader, passage, "when does the ferry leave " * 400)
        assert passage[reading.start : reading.end] == answer


def test_passages_without_words_have_no_reading(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert reader.read(QUESTION, ["", " \n\t "]) == [None, None]
    first, none, last = reader.read("", ["seven in the morning", "", "at seven every morning"])
    assert none is None
    assert first is not None
    assert last is not None
    assert (last.start, last.end) == (3, 22)


def test_an_answer_is_not_longer_than_thirty_tokens(reader: Reader) -> None:
    passage = "seven " + "a " * 31 + "morning"
    reading = read(reader, passage)
    assert reading.end - reading.start < len(passage)
    assert reading.score < read(reader, "seven a a a morning").score


def test_a_batch_gives_what_each_passage_gives_alone(unknown: Reader) -> None:
    passages = [*PASSAGES, *tiny.TEXTS, ""] * 2
    for together, passage in zip(unknown.read(QUESTION, passages), passages, strict=True):
        (alone,) = unknown.read(QUESTION, [passage])
        if alone is None:
            assert together is None
            continue
        assert together is not None
        assert (together.start, together.end) == (alone.start, alone.end)
        assert together.score == pytest.approx(alone.score, abs=1e-4)
        assert together.no_answer == pytest.approx(alone.no_answer, abs=1e-4)


@pytest.mark.parametrize("passage", [*tiny.TEXTS[:5], "the ferry leaves at noon, at one, at two"])
def test_a_reading_is_the_best_of_all_spans(unknown: Reader, folder: Path, passage: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = AutoModelForQuestionAnswering.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    encoding = tokenizer(QUESTION, passage, return_offsets_mapping=True)
    names = ("input_ids", "token_type_ids", "attention_mask")
    with torch.inference_mode():
        found = model(**{name: torch.tensor([encoding[name]]) for name in names})
    starts, ends = found.start_logits[0].tolist(), found.end_logits[0].tolist()
    own = [n for n, of in enumerate(encoding.sequence_ids()) if of == 1]
    score, first, last = max(
        (starts[first] + ends[last], first, last)
        for first in own
        for last in own
        if first <= last < first + 30
    )
    offsets = encoding["offset_mapping"]
    reading = read(unknown, passage)
    assert (reading.start, reading.end) == (offsets[first][0], offsets[last][1])
    assert reading.score == pytest.approx(score, abs=1e-4)
    assert reading.no_answer == pytest.approx(starts[0] + ends[0], abs=1e-4)


@given(question=st.text(max_size=200), passages=st.lists(st.text(max_size=300), max_size=3))
@settings(max_examples=50)
def test_any_text_is_read_within_its_bounds(
    unknown: Reader, question: str, passages: list[str]
) -> None:
    for reading, passage in zip(unknown.read(question, passages), passages, strict=True):
        if reading is not None:
            assert 0 <= reading.start < reading.end <= len(passage)
            words = passage[reading.start : reading.end]
            assert words == words.strip()


def test_several_threads_get_their_own_readings(reader: Reader) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda passage: read(reader, passage), list(PASSAGES) * 4))
    for reading, (passage, answer) in zip(found, list(PASSAGES.items()) * 4, strict=True):
        assert passage[reading.start : reading.end] == answer
