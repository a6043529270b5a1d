from __future__ import annotations

import datetime as dt

import pytest

from retrieval.types import Source
from tests.retrieval.library import only


def test_front_matter_of_a_text_says_what_it_is() -> None:
    text = (
        "---\ntitle: The ferry\ndate: 2024-03-05\nurl: https://example.org/ferry\nauthor: Ada\n"
        "language: de\ntags: [boat, island]\n---\n\nIt leaves at *seven*.\n"
    )
    article = only("a.txt", text.encode(), "en")
    assert article.source == Source(
        path="a.txt",
        title="The ferry",
        date=dt.date(2024, 3, 5),
        url="https://example.org/ferry",
        author="Ada",
        language="de",
        tags=("boat", "island"),
    )
    assert article.text == "It leaves at *seven*."


def test_front_matter_is_found_whatever_the_line_ends() -> None:
    article = only("a.txt", b"\xef\xbb\xbf---\r\ntitle: Ferry\r\n---\r\nIt leaves.\r\n", "en")
    assert (article.source.title, article.text) == ("Ferry", "It leaves.")


@pytest.mark.parametrize(
    "text", ["---\nA rule above, a rule below.\n---\n\nMore.", "It leaves.\n---\ntitle: No\n---"]
)
def test_rules_in_a_text_stay_in_it(text: str) -> None:
    assert only("a.txt", text.encode(), "en").text == text
