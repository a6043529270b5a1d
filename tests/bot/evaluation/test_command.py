from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.command import WORLD_AT_FAULT, WRONG_USAGE
from bot.display import plain
from bot.errors import BotError
from bot.evaluation import Question, summarize
from bot.evaluation.command import EvaluationDrawing, absent_text, check_output, write_output
from config import SettingsError
from tests.bot.evaluation.test_evaluation import outcome
from tests.bot.shell import Shell
from tests.paths import ROOT


def test_lines_take_the_place_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before\n")
    check_output(path, [tmp_path / "in"])
    write_output(path, ["one", "zwei – \ud800"])
    assert path.read_text(encoding="utf-8") == "one\nzwei – ?\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("out")
    write_output(tmp_path / "link", ["one"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out").read_text() == "one\n"


def test_a_file_stays_as_it_was_when_the_lines_break_off(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before\n")

    def breaks_off() -> Iterator[str]:
        yield "one"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_output(path, breaks_off())
    assert path.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BotError, match=r"cannot write .*: it is no file; name another"):
        check_output(tmp_path, [])
    with pytest.raises(BotError, match="cannot write /dev/null: it is no file"):
        check_output(Path("/dev/null"), [])
    with pytest.raises(
        BotError, match=r"cannot write .*: there is no folder .*none; make it first"
    ):
        check_output(tmp_path / "none" / "out", [])
    with pytest.raises(BotError, match=r"cannot write .*out: No such file or directory; name"):
        write_output(tmp_path / "none" / "out", ["one"])


def test_the_questions_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("questions\n")
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(SettingsError, match="link holds the questions, and would be lost"):
        check_output(tmp_path / "link", [tmp_path / "other", tmp_path / "in"])


def test_figures_are_written_with_what_they_mean() -> None:
    report = summarize([outcome(Question("One?", answers=("seven",)), ("It was seven",), ms=8)])
    assert plain(EvaluationDrawing(report)).splitlines() == [
        "1 question: 1 answerable, 0 not",
        'article_at_1: – · no answerable question names its "articles"',
        'article_at_5: – · no answerable question names its "articles"',
        'article_recall_at_10: – · no answerable question names its "articles"',
        'article_mrr_at_10: – · no answerable question names its "articles"',
        'article_ndcg_at_10: – · no answerable question names its "articles"',
        "answer_at_1: 1.000 · the first excerpt holds an answer (of 1)",
        "answer_at_3: 1.000 · one of the first three holds one (of 1)",
        "mean_chars: 12.0 · characters of the first excerpt (of 1)",
        "auroc: – · it needs answerable questions and others",
        "answered_answerable: 1.000 · answered of the answerable, more is better (of 1)",
        'answered_unanswerable: – · no question is "answerable": false, and none is --foreign',
        "answered_answerable_at_5: – · it needs answerable questions and others",
        "p50_ms: 8.0 · milliseconds of a reply, median (of 1)",
        "p95_ms: 8.0 · milliseconds within which 95 % are (of 1)",
    ]


def test_the_table_has_the_words_of_the_lines() -> None:
    report = summarize([outcome(Question("One?", answers=("seven",)), ("It was seven",), ms=8)])
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(EvaluationDrawing(report))
    head, *rows = plain(EvaluationDrawing(report)).splitlines()
    words = [row.replace(": ", " ", 1).replace(" · ", " ") for row in rows]
    drawn = filter(None, captured.get().splitlines())
    assert [" ".join(line.split()) for line in drawn] == [head, *words]


def test_articles_that_are_not_in_the_index_are_named_once() -> None:
    assert absent_text(["no\x1b.md"]).startswith(
        "1 article that the questions name is not in the index, first no␛.md; name each"
    )
    assert absent_text(["a.md", "b.md"]).startswith(
        "2 articles that the questions name are not in the index, first a.md;"
    )


def test_an_evaluation_prints_its_figures_and_writes_what_came_of_each_question(
    seeds: Shell, tmp_path: Path
) -> None:
    questions, written = tmp_path / "questions.jsonl", tmp_path / "written.jsonl"
    home: dict[str, Any] = {
        "id": "home",
        "question": "Where is Artem Kariakin's home?",
        "answers": ["luhansk"],
        "articles": ["leaving-sudzha-a-soldiers-account.md"],
    }
    lost = {"question": "How are minefields breached?", "articles": ["lost.md"]}
    questions.write_text(f"{json.dumps(home)}\n{json.dumps(lost)}\n")
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text('{"question": "What is the capital of Mongolia?"}\n')
    arguments = [str(questions), "--foreign", str(foreign), "--per-question", str(written)]
    done = seeds.run("evaluate", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(
        "1 article that the questions name is not in the index, first lost.md; "
    )
    assert done.stderr.count("\n") == 1
    document = json.loads(done.stdout)
    assert document["questions"] == 3
    assert document["article_at_1"] == 0.5
    assert document["answer_at_1"] == document["auroc"] == 1
    first, second, third = map(json.loads, written.read_text().splitlines())
    asked = seeds.json("ask", home["question"])
    assert first["id"] == "home"
    assert (first["right"], first["answer_rank"], first["article_rank"]) == (True, 1, 1)
    assert (first["answered"], first["understood"], first["fault"]) == (True, None, None)
    assert first["confidence"] == asked["confidence"]
    assert first["excerpts"] == [
        {key: one[key] for key in ("article", "paragraph", "text")} for one in asked["excerpts"]
    ]
    assert first["found_articles"][0] == home["articles"][0]
    assert (second["id"], second["right"], second["article_rank"]) == ("2", False, None)
    assert (third["answerable"], third["answered"], third["right"]) == (False, False, True)
    again = seeds.run("evaluate", str(questions), "--limit", "1")
    assert again.stdout.startswith("1 question: 1 answerable, 0 not\narticle_at_1: ")


def test_what_is_wrong_with_an_evaluation_is_said_in_a_line(seeds: Shell, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "Who?"}\nWho?\n')
    said = seeds.fails(WRONG_USAGE, "evaluate", str(questions))
    assert "questions.jsonl, line 2: not JSON" in said
    said = seeds.fails(WORLD_AT_FAULT, "evaluate", str(tmp_path / "none.jsonl"))
    assert "cannot read the questions" in said
    questions.write_text('{"question": "Who?"}\n')
    said = seeds.fails(WRONG_USAGE, "evaluate", str(questions), "--per-question", str(questions))
    assert "holds the questions, and would be lost" in said
    said = seeds.fails(WORLD_AT_FAULT, "evaluate", str(questions), "--per-question", str(tmp_path))
    assert "it is no file" in said


def test_without_its_extra_an_evaluation_says_how_to_install_it(tmp_path: Path) -> None:
    """An interpreter has all packages but the extra: links to them, and no site folder (-S)."""
    spec = find_spec("ir_measures")
    assert spec is not None
    assert spec.origin is not None
    for package in Path(spec.origin).parents[1].iterdir():
        if not package.name.startswith("ir_measures"):
            (tmp_path / package.name).symlink_to(package)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "bot", "evaluate", "none.jsonl"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == WORLD_AT_FAULT
    assert done.stderr == (
        "excerpta: excerpta evaluate needs the package ir-measures; install it with pip install "
        "'.[evaluate]' in the checkout of Excerpta\n"
    )
