from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles.reading import UnreadableArticle
from retrieval.types import Article
from tests.retrieval.articles.samples import PROSE, members, odt, zipped
from tests.retrieval.library import only

STYLES = (
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/>'
    '<text:list-level-style-bullet text:level="2"/></text:list-style>'
)


def read(body: str, meta: str = "") -> Article:
    return only("some-name.odt", odt(body, meta=meta, styles=STYLES))


def p(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def h(text: str, level: int) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def items(*texts: str, style: str = "") -> str:
    named = f' text:style-name="{style}"' if style else ""
    inside = "".join(f"<text:list-item>{text}</text:list-item>" for text in texts)
    return f"<text:list{named}>{inside}</text:list>"


def row(*cells: str) -> str:
    inside = "".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in cells)
    return f"<table:table-row>{inside}</table:table-row>"


def test_white_space_is_what_its_elements_say() -> None:
    text = p(
        'One\n  two<text:s text:c="3"/>x<text:tab/><text:span>th<text:a>re</text:a>e</text:span>'
        " four<text:line-break/>five"
    )
    assert read(p("") + text).text == "One two x three four\nfive"


def test_metadata_of_a_document() -> None:
    source = read(
        p(PROSE),
        "<dc:title>A bridge opens</dc:title><meta:initial-creator>Ann</meta:initial-creator>"
        "<dc:creator>Bo</dc:creator><meta:creation-date>2024-05-06T10:00:00.123</meta:creation-date>"
        "<dc:language>uk-UA</dc:language><meta:keyword>a</meta:keyword><meta:keyword>b, c"
        "</meta:keyword>",
    ).source
    assert (source.title, source.author) == ("A bridge opens", "Ann")
    assert (source.date, source.language) == (dt.date(2024, 5, 6), "uk")
    assert source.tags == ("a", "b, c")


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (p("A bridge", "P1") + p("One."), "A bridge"),
        (h("A part", 2) + p("One."), "A part"),
        (p("One.") + h("A bridge", 1), "A bridge"),
        (p("One.") + h("A part", 2), "some name"),
    ],
)
def test_title_that_is_a_heading(body: str, title: str) -> None:
    assert read(body).source.title == title


def test_lists_have_their_bullets_and_numbers() -> None:
    body = items(p("One") + p("more") + items(p("inner")), p("Two"), style="L1") + items(p("Steel"))
    assert read(body).text.split("\n\n") == ["1. One", "more", "• inner", "2. Two", "• Steel"]


def test_tables_are_read_row_by_row() -> None:
    table = f"<table:table>{row(p('Year'), p('Cars'))}{row(p('2024') + p('May'), '')}</table:table>"
    assert read(p("One.") + table + p("Two.")).text == "One.\n\nYear | Cars\n\n2024 May |\n\nTwo."


def test_notes_stand_at_the_end_and_what_is_no_text_nowhere() -> None:
    body = (
        f"<text:tracked-changes>{p('deleted')}</text:tracked-changes>"
        f"<text:table-of-content>{p('Costs 7')}</text:table-of-content>"
        "<text:p>One<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        f"{p('A note.')}</text:note-body></text:note> two<draw:frame><svg:title>a picture"
        f"</svg:title><draw:text-box>{p('In a box.')}</draw:text-box></draw:frame>.</text:p>"
    )
    assert read(body).text == "In a box.\n\nOne two.\n\nA note."


def test_an_encrypted_document_says_so() -> None:
    inside = members(odt(p(PROSE)))
    inside["META-INF/manifest.xml"] = b"<manifest:encryption-data/>"
    inside["content.xml"] = b"\x93\x02" * 100
    with pytest.raises(UnreadableArticle, match=r"^encrypted$"):
        only("a.odt", zipped(inside))
