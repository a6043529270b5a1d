from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles.front_matter import split_front_matter, split_header
from retrieval.types import Article, Source
from tests.retrieval.library import only

TOML = """+++
title = "New cranes"  # for the harbour
date = 2024-03-05T23:30:00-05:00
[[authors]]
name = "Ann Example"
[taxonomies]
tags = ["harbour", "cranes"]
[extra]
title = "A hero"
language = "de"
+++
"""
JSON = """{
  "title": "New cranes", "date": "2024-03-05", "authors": ["Ann Example"],
  "tags": ["harbour", "cranes"], "language": "de", "weight": 12
}
"""
SCRIPT = """---js
{
  title: "New cranes",
  date: "2024-03-05", author: 'Ann Example',
  tags: ["harbour", "cranes"], lang: "de",
}
---
"""


def read(text: str, path: str = "some-name.md") -> Article:
    return only(path, text.encode(), "en")


@pytest.mark.parametrize("path", ["a.md", "a.txt"])
@pytest.mark.parametrize(
    "front",
    [
        TOML,
        JSON,
        SCRIPT,
        TOML.replace("+++\n", "---toml\n", 1).replace("+++", "---"),
        f"---json\n{JSON}---\n",
        f";;;\n{JSON}\n;;;\n",
        # Not valid, for its values have no quotes.
        '+++\ntitle = New cranes\ndate = 2024-03-05\nauthor = "Ann Example"\nlanguage = "de"\n'
        'tags = ["harbour", "cranes"]\n+++\n',
    ],
)
def test_front_matter_of_any_kind(front: str, path: str) -> None:
    assert read(f"{front}\nTwo cranes came.\n", path) == Article(
        Source(
            path=path,
            title="New cranes",
            date=dt.date(2024, 3, 5),
            author="Ann Example",
            language="de",
            tags=("harbour", "cranes"),
        ),
        "Two cranes came.",
        titled=True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "+++\nA rule above, a rule below.\n+++\n\nMore.",
        '{"title": "JSON"} begins with a brace.',
        '{\n  "title": "A file of JSON"\n}',
        '{"port": 80}\n\nis a setting.',
        "{" * 60_000 + "\n\nMore.",
        '{"title": ' + "[" * 60_000 + "\n\nMore.",
    ],
    ids=lambda text: text[:20],
)
def test_what_looks_like_front_matter_stays(text: str) -> None:
    assert split_front_matter(text) == ({}, text)


@pytest.mark.parametrize(
    "inside",
    [
        "x = " + "[" * 60_000,
        ".".join("a" * 30_000) + " = 1",
        "a = {b = " * 5_000,
        "x = 1\n" * 9_000,
    ],
    ids=lambda text: text[:10],
)
def test_hostile_toml(inside: str) -> None:
    assert read(f"+++\n{inside}\n+++\n\nThe text.").text.endswith("The text.")


def test_values_stay_within_bounds() -> None:
    fields, _ = split_front_matter('{"title": "A", "tags": ' + "[" * 50 + "]" * 50 + "}\n\nText.")
    assert str(fields["tags"]).count("[") == 21


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (
            "% The ferry\n% Ann Example; Bo Example\n% 5 March 2024\n\nIt leaves.",
            {"title": "The ferry", "author": "Ann Example, Bo Example", "date": "5 March 2024"},
        ),
        (
            "Title: The ferry\nDate: 2024-03-05 10:00\nCategory: Sea\n\nIt leaves.",
            {"title": "The ferry", "date": "2024-03-05 10:00", "category": "Sea"},
        ),
        (
            "title: The ferry\ntags: [sea, boat]\n---\nIt leaves.",
            {"title": "The ferry", "tags": ["sea", "boat"]},
        ),
        ("title:: The ferry\ntags:: sea\n\nIt leaves.", {"title": "The ferry", "tags": "sea"}),
        ("%% note %%\n\nIt leaves.", {}),
        ("Title: The ferry\n\nIt leaves.", {}),
        ("Title: The ferry\nDate: 2024-03-05\nand this is text.\n\nIt leaves.", {}),
        ("Warning: The ferry\nDate: it leaves late.\n\nIt leaves.", {}),
    ],
)
def test_header_without_fence(text: str, fields: dict[str, object]) -> None:
    found, body = split_header(text)
    assert (found, body.strip()) == (fields, "It leaves." if fields else text)


@pytest.mark.parametrize(
    ("front", "day"),
    [
        ("pubDate: 2024-03-05", 5),
        ("publishDate: Mar 5 2024\ndate: 2024-03-06", 5),
        ("published_at: 2024-03-05\nupdated_at: 2024-03-07", 5),
        ("date created: 2024-03-05\ndate modified: 2024-03-07", 5),
        ("updated: 2024-03-07\ncreated: 2024-03-05T09:00", 5),
        ("published: true\ndate: 2024-03-05", 5),
        ("published: false\nlastmod: 2024-03-07", 7),
        ("modified: 07/03/2024\nlang: fr", 7),
        ("created: some day\ndate: 2024-03-05", 5),
        ("path: 2024/03/05/ferry", 5),
        ("permalink: /news/2024/3/5/ferry.html", 5),
        ("url: https://example.org/2024/03/05/\ndate: 2024-03-07", 7),
    ],
)
def test_keys_of_a_date(front: str, day: int, caplog: pytest.LogCaptureFixture) -> None:
    assert read(f"---\n{front}\n---\n\nText.").source.date == dt.date(2024, 3, day)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("2024-03-05-ferry-stops.md", "ferry stops"),
        ("2024-03-05-ferry-stops.html.md", "ferry stops"),
        ("posts/2024-03-05-ferry/index.fr.md", "ferry"),
        ("Minutes 05.03.2024.txt", "Minutes"),
        ("20240305.txt", "It stops at noon."),
        ("news/2024/03/05/ferry.md", "ferry"),
    ],
)
def test_date_in_a_file_name(path: str, title: str) -> None:
    source = read("It stops at noon.", path).source
    assert (source.date, source.title) == (dt.date(2024, 3, 5), title)


def test_a_declared_date_comes_before_that_of_the_name() -> None:
    source = read("---\ndate: 2023-01-02\n---\nText.", "2024-03-05-ferry.md").source
    assert source.date == dt.date(2023, 1, 2)


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("12.txt", "***\n\nThe ferry stops at noon.", "*** The ferry stops at noon.…"),
        ("ferry.txt", "2024\n\nThe ferry stops at noon.", "ferry"),
        ("ferry.md", "# ***\n\nIt stops at noon.", "ferry"),
        ("ferry.md", "# 2024\n\nIt stops.\n\n# The ferry stops\n\nNoon.", "The ferry stops"),
        ("ferry.md", "---\ntitle: '***'\n---\nIt stops at noon.", "ferry"),
        ("ferries/index.md", "It stops at noon.", "ferries"),
        ("ferries/_index.de.md", "It stops at noon.", "ferries"),
        ("ferries/README.txt", "It stops at noon.", "ferries"),
        ("README.md", "It stops at noon.", "It stops at noon."),
        ("ferries/index.md", "# Boats\n\nIt stops at noon.", "Boats"),
    ],
)
def test_titles_have_letters(path: str, text: str, title: str) -> None:
    assert read(text, path).source.title == title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"unclosed', "unclosed"),
        ("'unclosed", "unclosed"),
        ('"a" and: "b', '"a" and: "b'),
        ('"closed: a"', "closed: a"),
        ('"', ""),
    ],
)
def test_a_quotation_mark_that_is_not_closed_is_no_part_of_a_title(
    written: str, title: str
) -> None:
    fields, body = split_front_matter(f"---\ntitle: {written}\ndate: 2024-05-06\n---\nText.\n")
    assert (fields["title"], fields["date"], body) == (title, "2024-05-06", "Text.\n")
