from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles import UnreadableArticle
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


NUMBERS = (
    '<text:list-style style:name="L2"><text:list-level-style-number text:level="1" '
    'style:num-format="1" style:num-suffix="." text:start-value="4"/><text:list-level-style-number '
    'text:level="2" style:num-format="1" style:num-suffix="." text:display-levels="2"/>'
    '<text:list-level-style-number text:level="3" style:num-format="a" style:num-prefix="(" '
    'style:num-suffix=")"/><text:list-level-style-number text:level="4" style:num-format=""/>'
    "</text:list-style>"
)


def test_numbers_are_written_as_the_list_says() -> None:
    inner = items(p("b") + items(p("c") + items(p("d")), p("e")), p("f"))
    body = (
        items(p("A") + inner, style="L2")
        + p("Between.")
        + items(p("B"), style="L2").replace(
            "<text:list ", '<text:list text:continue-numbering="true" '
        )
        + items(p("C"), p("D"), style="L2").replace("item>", 'item text:start-value="9">', 1)
        + "<text:list><text:list-header>"
        + p("Header")
        + "</text:list-header></text:list>"
        + "<text:list>"
        + "<text:list-item><text:list>" * 2
        + items(p("x"))
        + "</text:list></text:list-item>" * 2
        + "</text:list>"
    )
    text = only("a.odt", odt(body, styles=NUMBERS)).text
    assert text.split("\n\n") == [
        "4. A", "4.1. b", "(a) c", "d", "(b) e", "4.2. f", "Between.", "5. B", "9. C", "10. D",
        "Header", "• x",
    ]  # fmt: skip


def test_lists_go_on_under_their_name() -> None:
    named = items(p("A"), style="L1").replace("<text:list ", '<text:list xml:id="one" ')
    more = items(p("B"), style="L1").replace("<text:list ", '<text:list text:continue-list="one" ')
    assert read(named + more + items(p("C"), style="L1")).text == "1. A\n\n2. B\n\n1. C"


def test_hidden_text_is_none() -> None:
    hidden = (
        '<style:style style:name="H" style:family="{}"><style:text-properties text:display="none"/>'
        "</style:style>"
    )
    styles = hidden.format("paragraph") + hidden.format("text").replace('"H"', '"T"')
    body = (
        p("No", "H") + p('Yes<text:span text:style-name="T">no</text:span>, and')
        + f'<text:section text:display="none">{p("no")}</text:section>' + p("so", "T")
        + f"<text:bibliography>{p('Ann, 2001.')}</text:bibliography>"
    )  # fmt: skip
    assert only("a.odt", odt(body, styles=styles)).text == "Yes, and\n\nso\n\nAnn, 2001."


def test_documents_and_charts_in_a_document() -> None:
    frame = "<draw:object xlink:href='{}' xmlns:xlink='u'/>"
    first, second = frame.format("./Object 1"), frame.format("Object%202/")
    inside = members(odt(p(f"One.<draw:frame>{first}{second}</draw:frame>")))
    sheet = odt(row(p("Year"), p("Cars")) + p(first))
    content = members(sheet)["content.xml"]
    inside["Object 1/content.xml"] = content.replace(b"office:text", b"office:spreadsheet")
    inside["Object 2/content.xml"] = content.replace(
        content[content.index(b"<office:text>") : content.index(b"</office:body>")],
        b"<office:chart><c:chart xmlns:c='urn:c'><c:title><text:p>Cars by year</text:p></c:title>"
        b"<text:p>9</text:p></c:chart></office:chart>",
    )
    assert only("a.odt", zipped(inside)).text == "Year | Cars\n\nCars by year\n\nOne."


def test_formulas_are_one_line() -> None:
    formula = '<math xmlns="{}"><mfrac><mi>a</mi><mi>{}</mi></mfrac></math>'
    here = formula.format("http://www.w3.org/1998/Math/MathML", "c")
    body = p(f"So <draw:object xlink:href='./Object 1' xmlns:xlink='u'/> and {here}.")
    inside = members(odt(body)) | {"Object 1/content.xml": formula.format("u", "b").encode()}
    assert only("a.odt", zipped(inside)).text == "So a/b and a/c."


def test_tables_are_read_row_by_row() -> None:
    table = f"<table:table>{row(p('Year'), p('Cars'))}{row(p('2024') + p('May'), '')}</table:table>"
    assert read(p("One.") + table + p("Two.")).text == "One.\n\nYear | Cars\n\n2024 May |\n\nTwo."


def test_a_cell_that_spans_rows_stands_in_each() -> None:
    head = "<table:table-cell table:number-rows-spanned='2'><text:p>A</text:p></table:table-cell>"
    gone = "<table:covered-table-cell/>"
    first = row(p("B")).replace("<table:table-cell>", f"{head}<table:table-cell>", 1)
    second = row(p("c")).replace("<table:table-cell>", f"{gone}<table:table-cell>", 1)
    assert read(f"<table:table>{first}{second}</table:table>").text == "A | B\n\nA | c"


def test_rows_say_the_headings_that_are_declared() -> None:
    head = f"<table:table-header-rows>{row(p('Boat'), p('Fare'))}</table:table-header-rows>"
    table = f"<table:table>{head}{row(p('Gull'), p('free'))}</table:table>"
    assert read(table).text == "Boat | Fare\n\nGull | Fare: free"


def test_raised_digits_behind_a_digit_stay_apart() -> None:
    styles = (
        '<style:style style:name="S" style:family="text"><style:text-properties '
        'style:text-position="super 58%"/></style:style>'
    )
    high = '<text:span text:style-name="S">{}</text:span>'
    body = p(f"10{high.format(6)} cars, m{high.format(2)}")
    assert only("a.odt", odt(body, styles=styles)).text == "10⁶ cars, m2"


def test_symbols_are_what_is_drawn() -> None:
    styles = (
        '<style:style style:name="S" style:family="text"><style:text-properties '
        "style:font-name='Symbol'/></style:style>"
    )
    body = p(
        'angle <text:span text:style-name="S">\uf061<text:span>\uf062</text:span></text:span>!'
    )
    assert only("a.odt", odt(body, styles=styles)).text == "angle αβ!"


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
