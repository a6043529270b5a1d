from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.preferences import quoted_phrases, share_of_phrases


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who said "The Old  Bridge"?', ["the old bridge"]),
        ("Who said “old bridge”, and «new bridge»?", ["old bridge", "new bridge"]),
        ("Wer sagte „Alte Brücke“ oder »neue Brücke«?", ["alte brücke", "neue brücke"]),
        ("Хто сказав „старий міст”?", ["старий міст"]),
        ('He said "stop."', ["stop"]),
        ("It's the dogs' bridge", []),
        ('An inch is 1" and this is ""', []),
        ('no end "of it', []),
        ("", []),
    ],
)
def test_phrases_stand_in_quotation_marks(question: str, phrases: list[str]) -> None:
    found = list(quoted_phrases(question))

    assert [phrase for _, phrase in found] == phrases
    for (start, end), _ in found:
        assert question[start] in '"“«„»'
        assert question[end - 1] in '"”»“«'


def test_case_and_white_space_do_not_count() -> None:
    assert share_of_phrases(["old bridge"], "THE OLD\nBRIDGE") == 1
    assert share_of_phrases(["old bridge", "new bridge"], "an old bridge") == 0.5
    assert share_of_phrases(["old bridge"], "the bridge is old") == 0
    assert share_of_phrases([], "the bridge") == 0


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("art", "The party departs.", 0),
        ("art", "A party of art.", 1),
        ("a", "An oar", 1),
        ("a", "The boat", 0),
        ("міст", "Старого моста й мосту", 0),
        ("паром", "До парому", 1),
        ("$5", "US$5", 1),
        ("桥", "旧桥", 1),
    ],
)
def test_a_phrase_begins_where_a_word_does(phrase: str, text: str, found: int) -> None:
    assert share_of_phrases([phrase], text) == found


@given(st.text(max_size=80))
def test_spans_are_apart_and_in_order(question: str) -> None:
    ends = [0]
    for (start, end), phrase in quoted_phrases(question):
        assert ends[-1] <= start < end <= len(question)
        assert phrase
        ends.append(end)
