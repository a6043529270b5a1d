from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.word_spans import token_word_spans, word_spans


def parts(text: str, cuts: tuple[int, ...] = ()) -> list[str]:
    return [text[start:end] for start, end in word_spans(text, cuts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is Artem's home?", ["Where", "is", "Artem's", "home", "?"]),
        ("rock’n’roll, 'quoted'", ["rock’n’roll", ",", "'", "quoted", "'"]),
        ("café cafe\u0301 naïve", ["café", "cafe\u0301", "naïve"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Де зброя?", ["Де", "зброя", "?"]),
        ("3.5 snake_case", ["3", ".", "5", "snake", "_", "case"]),
        ("\u3000\n ", []),
        ("", []),
    ],
)
def test_words_are_what_people_see(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


def test_a_script_without_blanks_is_parted_where_its_tokens_begin() -> None:
    assert parts("首都はどこ river") == ["首都はどこ", "river"]
    assert parts("首都はどこ river", (0, 2, 3, 6, 8)) == ["首都", "は", "どこ", "river"]


@given(st.text(), st.lists(st.integers(0, 30)))
def test_words_cover_all_but_white_space_and_do_not_overlap(text: str, cuts: list[int]) -> None:
    found = word_spans(text, cuts)
    covered = [at for start, end in found for at in range(start, end)]
    assert covered == [at for at, char in enumerate(text) if not char.isspace()]


def test_tokens_belong_to_the_word_they_begin_in_or_before() -> None:
    text = "un seen rivers"
    spans = token_word_spans(text, [0, 3, 6, 7, 11, 14])
    assert [text[start:end] for start, end in spans] == [
        "un", "seen", "seen", "rivers", "rivers", "rivers",
    ]  # fmt: skip
    assert token_word_spans("  ", [0]) == [(0, 2)]
    assert token_word_spans("", []) == []
