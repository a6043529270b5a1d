from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.evaluation import (
    Question,
    gather_questions,
    missing_articles,
    read_questions,
    sample_questions,
)
from config import SettingsError


def file(folder: Path, content: str | bytes, name: str = "questions.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*questions: Mapping[str, object]) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in questions)


def test_a_key_that_is_not_read_is_named_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    right = {"question": "a", "answers": ["b"], "id": "1"}
    assert len(read_questions(file(tmp_path, lines(right)))) == 1
    assert not caplog.messages
    text = f"\n{lines(right)}{json.dumps({'question': 'a', 'answer': 'b'})}\n" + lines(right)
    assert len(read_questions(file(tmp_path, text * 2))) == 6
    assert [one.partition("jsonl, ")[2] for one in caplog.messages] == [
        'line 3: the key "answer" is not read, the closest is "answers"'
    ]


def test_every_field_is_read_and_others_are_ignored(tmp_path: Path) -> None:
    whole = {
        "id": "x", "question": "Who?", "answers": ["she", "her"], "articles": ["a/b.md"],
        "answerable": False, "history": ["What?"], "source": {"page": 3},
    }  # fmt: skip
    assert read_questions(file(tmp_path, lines(whole))) == [
        Question("Who?", "x", ("she", "her"), ("a/b.md",), False, ("What?",))
    ]


def test_only_the_question_is_needed_and_its_line_names_it(tmp_path: Path) -> None:
    path = file(tmp_path, b'\xef\xbb\xbf{"question": "One?"}\r\n\n \t\n{"question": "Two?"}')
    assert read_questions(path) == [Question("One?", id="1"), Question("Two?", id="4")]


def test_separators_of_lines_within_a_string_part_nothing(tmp_path: Path) -> None:
    path = file(tmp_path, '{"question": "One\u2028and\x85two?"}\n')
    assert [one.question for one in read_questions(path)] == ["One\u2028and\x85two?"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("Who?\n", r"line 1: not JSON \(expected value at column 1\); wanted one JSON object"),
        ('{"question": "a"}\n{"question":\n', r"line 2: not JSON \(EOF"),
        ('{"question": 1}', 'line 1: "question": input should be a valid string'),
        ('{"question": null}', 'line 1: "question": input should be a valid string'),
        ('{"answers": ["a"]}', 'line 1: "question": field required'),
        ('["a"]', "line 1: input should be an object"),
        ('{"question": "a", "answers": "b"}', '"answers": input should be a valid array'),
        ('{"question": "a", "articles": ["b", 1]}', '"articles.1": input should be a valid str'),
        ('{"question": "a", "answerable": "no"}', '"answerable": input should be a valid bool'),
        ('{"question": "a", "history": [["b"]]}', '"history.0": input should be a valid string'),
        ('{"question": "\\ud800"}', "line 1: not JSON"),
        ("[" * 100_000, r"line 1: not JSON \(recursion limit"),
        ("1" * 100_000, r"line 1: not JSON \(number out of range"),
        (b'{"question": "caf\xe9"}', r"line 1: found bytes that are not UTF-8 \(from byte 18\)"),
        ('{"question": "a"}'.encode("utf-16"), "line 1: found bytes that are not UTF-8"),
        ("", "holds no question; write one a line, as "),
        (" \n\n", "holds no question"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    tmp_path: Path, content: str | bytes, fault: str
) -> None:
    path = file(tmp_path, content)
    with pytest.raises(SettingsError, match=f"questions.jsonl.* {fault}"):
        read_questions(path)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(BotError, match=r"cannot read the questions .*none: No such file"):
        read_questions(tmp_path / "none")
    with pytest.raises(
        BotError, match=r"cannot read the questions .*: Is a directory; name a file"
    ):
        read_questions(tmp_path)


def test_what_never_ends_is_not_read_for_ever() -> None:
    with pytest.raises(SettingsError, match="/dev/zero has more than 64 megabytes"):
        read_questions(Path("/dev/zero"))


def test_a_sample_is_the_same_every_time_and_part_of_a_larger_one() -> None:
    every = [Question(f"Question {n}?", str(n)) for n in range(100)]
    ten, thirty = sample_questions(every, 10), sample_questions(every, 30)
    assert len(ten) == 10
    assert ten == sample_questions(every, 10)
    assert set(ten) < set(thirty)
    assert thirty == sorted(thirty, key=every.index)
    # Not just the first ones, of which one article may be the subject.
    assert ten != every[:10]
    assert (
        sample_questions(every, None)
        == sample_questions(every, 100)
        == sample_questions(every, 1000)
        == every
    )


def test_most_of_a_sample_stays_when_a_question_is_added() -> None:
    every = [Question(f"Question {n}?", str(n)) for n in range(100)]
    assert (
        len(
            set(sample_questions(every, 30)) - set(sample_questions([Question("New?"), *every], 30))
        )
        <= 1
    )


def test_foreign_questions_take_the_place_of_those_that_no_article_answers(tmp_path: Path) -> None:
    own = file(
        tmp_path,
        lines(
            *({"question": f"Own {n}?"} for n in range(20)),
            *({"question": f"Unanswered {n}?", "answerable": False} for n in range(20)),
        ),
    )
    other = file(
        tmp_path,
        lines(
            *({"question": f"Foreign {n}?", "answers": ["a"], "articles": ["b"]} for n in range(20))
        ),
        "foreign.jsonl",
    )
    assert len(gather_questions(own)) == 40
    assert len(gather_questions(own, 7)) == 7
    asked = gather_questions(own, 5, other)
    assert [one.question.split()[0] for one in asked] == ["Own"] * 5 + ["Foreign"] * 5
    foreign = asked[5:]
    assert {(one.answerable, one.answers, one.articles) for one in foreign} == {(False, (), ())}
    assert len(gather_questions(own, None, other)) == 40


def test_articles_that_are_not_there_are_listed_once() -> None:
    questions = [
        Question("One?", articles=("a.md", "b.md")),
        Question("Two?", articles=("c.md", "b.md")),
        Question("Three?", articles=("d.md",), answerable=False),
    ]
    assert missing_articles(questions, {"a.md"}) == ["b.md", "c.md"]
