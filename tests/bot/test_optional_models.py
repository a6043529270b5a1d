"""The reranker and the reader, from the settings to the answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.command import NOT_ANSWERED, WORLD_AT_FAULT
from bot.library import Library
from config import Settings
from embeddings import EncoderError
from tests.bot.shell import MAIN, Shell
from tests.embeddings import heads
from tests.libraries import library_of
from tests.paths import ROOT

pytestmark = pytest.mark.slow

ARTICLES = {
    "ferry.txt": "The island ferry leaves the harbour at seven in the morning. It carries 40 cars.",
    "bridge.txt": "The island bridge opens for ships. The harbour is lit at night.",
    "mill.txt": "The mill burnt down. The town rebuilt it in stone.",
}
HEAVY = {"torch", "transformers", "sentence_transformers"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Path:
    """Articles, and beside them a reader and a reranker."""
    folder = tmp_path_factory.mktemp("optional")
    (folder / "articles").mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    heads.reader(folder / "reader")
    heads.reranker(folder / "reranker", likes="ships")
    return folder


def library(folder: Path, **sections: dict[str, object]) -> Library:
    own = {"articles": {"folder": folder / "articles"}, "index": {"folder": folder / "index"}}
    cache = {"encoder": {"cache": os.environ["EXCERPTA_ENCODER__CACHE"]}}
    return library_of(Settings.load(overrides={**own, **cache, **sections}))


def test_the_reader_highlights_the_words_that_answer(folder: Path) -> None:
    question = "When does the ferry leave the harbour?"
    plain = library(folder).answerer.answer(question, 3)
    read = library(folder, reader={"model": str(folder / "reader")}).answerer.answer(question, 3)
    assert [one.text for one in read.excerpts] == [one.text for one in plain.excerpts]
    first, before = read.excerpts[0], plain.excerpts[0]
    assert [first.text[start:end] for start, end in first.highlights] == ["seven in the morning"]
    assert first.highlights != before.highlights
    # Where it finds no answer, the best sentence stays highlighted.
    assert read.excerpts[1].highlights == plain.excerpts[1].highlights
    assert read.confidence > plain.confidence


def test_no_answer_by_the_reader_lowers_the_confidence(folder: Path) -> None:
    question = "What opens for ships on the island?"
    (folder / "articles" / "ferry.txt").rename(folder / "ferry.txt")
    try:
        plain = library(folder).answerer.answer(question)
        read = library(folder, reader={"model": str(folder / "reader")}).answerer.answer(question)
    finally:
        (folder / "ferry.txt").rename(folder / "articles" / "ferry.txt")
    assert read.excerpts == plain.excerpts
    assert 0 < read.confidence < plain.confidence


def test_a_question_that_finds_nothing_is_read_as_well(folder: Path) -> None:
    answer = library(folder, reader={"model": str(folder / "reader")}).answerer.answer("?!")
    assert not answer.answered


def test_the_reranker_is_blended_into_the_ranking(folder: Path) -> None:
    question = "When does the ferry leave the harbour?"

    def ranked(weight: float) -> list[str]:
        of = {"model": str(folder / "reranker"), "weight": weight}
        ranking = library(folder, reranker=of).searcher.search(question)
        assert all(hit.rerank is not None for hit in ranking.hits)
        return [hit.source.path for hit in ranking.hits]

    plain = library(folder).searcher.search(question)
    assert all(hit.rerank is None for hit in plain.hits)
    assert plain.hits[0].source.path == "ferry.txt"
    assert ranked(0) == [hit.source.path for hit in plain.hits]
    assert ranked(1)[0] == "bridge.txt"


def test_ask_takes_both_from_the_settings(folder: Path) -> None:
    done = Shell(folder).run(
        "ask",
        "--json",
        "When does the ferry leave the harbour?",
        EXCERPTA_READER__MODEL=str(folder / "reader"),
        EXCERPTA_RERANKER__MODEL=str(folder / "reranker"),
    )
    assert done.returncode in (0, NOT_ANSWERED), done.stderr
    found = [one for one in json.loads(done.stdout)["excerpts"] if one["article"] == "ferry.txt"]
    ((start, end),) = found[0]["highlights"]
    assert found[0]["text"][start:end] == "seven in the morning"


@pytest.mark.parametrize(
    ("setting", "model", "message"),
    [
        ("reader", "nobody/no-such-model", "is not on this machine.*or reader.model to a folder"),
        ("reranker", "no such name", "reranker.model is 'no such name', which is neither a folder"),
        ("reranker", "articles", "holds no model.*set reranker.model to the folder that has them"),
    ],
)
def test_a_model_that_cannot_be_had_is_named_in_one_line(
    folder: Path, setting: str, model: str, message: str
) -> None:
    name = str(folder / model) if (folder / model).exists() else model
    variable = {f"EXCERPTA_{setting.upper()}__MODEL": name}
    line = Shell(folder).fails(WORLD_AT_FAULT, "ask", "Why?", **variable)
    assert re.search(message, line), line


@pytest.mark.parametrize(
    ("setting", "model", "message"),
    [
        ("reader", "reranker", "without qa_outputs.*; set reader.model to one, or leave it out$"),
        ("reranker", "reader", "without classifier.*; set reranker.model to one, or leave it out$"),
    ],
)
def test_a_model_for_something_else_is_refused(
    folder: Path, setting: str, model: str, message: str
) -> None:
    named: dict[str, object] = {"model": str(folder / model)}
    with pytest.raises(EncoderError, match=message):
        library(folder, **{setting: named})


def test_without_a_setting_nothing_of_torch_is_loaded(folder: Path) -> None:
    code = (
        "import sys\n"
        "from bot.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    ask = Shell(folder).arguments("ask", "When does the ferry leave?")[len(MAIN) :]
    for reader, loaded in (("", "[]"), (str(folder / "reader"), str(sorted(HEAVY)))):
        done = subprocess.run(
            [sys.executable, "-c", code, *ask],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "EXCERPTA_READER__MODEL": reader},
        )
        assert done.stdout.splitlines()[-1] == loaded
