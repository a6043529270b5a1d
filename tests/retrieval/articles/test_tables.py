"""The rows of tables say the headings of their columns, whatever format the table is in."""

from __future__ import annotations

import pytest

from retrieval.articles.tables import Cell, Row, lines_of
from tests.retrieval.articles.pdfs import Words, pdf
from tests.retrieval.articles.samples import PROSE, docx, p
from tests.retrieval.library import only

FARES = (("Boat", "Single", "Return"), ("Gull", "9 crowns", "16 crowns"), ("Tern", "31", ""))
READ = ["Boat | Single | Return", "Gull | Single: 9 crowns | Return: 16 crowns",
        "Tern | Single: 31"]  # fmt: skip


def rows(*texts: tuple[str, ...], head: int | None = 0) -> list[Row]:
    """Return rows of cells, of which one may be declared to be of headings."""
    return [Row([Cell(text) for text in one], number == head) for number, one in enumerate(texts)]


def texts(table: list[Row]) -> list[str]:
    return [line.text for line in lines_of(table)]


def elements(table: tuple[tuple[str, ...], ...], row: str, cell: str) -> str:
    """Return a table in some markup."""
    return "".join(row.format("".join(cell.format(text) for text in one)) for one in table)


def docx_of(*, head: str = "", look: str = "", style: str = "") -> bytes:
    first = f"<w:tr><w:trPr>{head}</w:trPr>" + elements(FARES[:1], "{}", f"<w:tc>{p('{}')}</w:tc>")
    rest = elements(FARES[1:], "<w:tr>{}</w:tr>", f"<w:tc>{p('{}')}</w:tc>")
    return docx(
        f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/>{look}</w:tblPr>{first}</w:tr>{rest}</w:tbl>',
        styles=f'<w:style w:styleId="T" w:type="table">{style}</w:style>',
    )


HTML = elements(FARES, "<tr>{}</tr>", "<td>{}</td>")
HEADS = HTML.replace("<td>", "<th>", 3).replace("</td>", "</th>", 3)
RTF = elements(FARES, r"\trowd\intbl{}\row ", r" {}\cell")
LOOK = '<w:tblLook w:val="0020"/>'
DRAWN = '<w:tblStylePr w:type="firstRow"><w:rPr/></w:tblStylePr>'
PLACES = [
    Words(text, 72 + 110 * x, 600 - 18 * y)
    for y, one in enumerate(FARES)
    for x, text in enumerate(one)
    if text
]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", "\n".join(["|a|b|c|".replace("a|b|c", "|".join(FARES[0])), "|-|-|-|"]
                           + [f"| {' | '.join(one)} |" for one in FARES[1:]])),
        ("a.html", f"<table>{HEADS}</table>"),
        ("a.html", f"<table><thead>{HTML.replace('</tr>', '</tr></thead>', 1)}</table>"),
        ("a.html", f"<article><p>{PROSE * 4}</p><table>{HEADS}</table><p>{PROSE}</p></article>"),
        ("a.html", f"<table>{HTML.replace('<td>', '<td><b>', 3).replace('</td>', '</b></td>', 3)}"),
        ("a.html", f"<table>{HTML}</table>"),  # as it looks
        ("a.docx", docx_of(head="<w:tblHeader/>")),
        ("a.docx", docx_of(look=LOOK, style=DRAWN)),
        ("a.rtf", r"{\rtf1 " + RTF.replace(r"\trowd", r"\trowd\trhdr", 1) + r"\pard}"),
        ("a.pdf", pdf([*PLACES, Words("The harbour master sells tickets.", 72, 500)])),
    ],
)  # fmt: skip
def test_a_row_says_the_headings_of_its_columns(name: str, data: str | bytes) -> None:
    text = only(name, data.encode() if isinstance(data, str) else data).text
    assert [line for line in text.split("\n\n") if " | " in line] == READ


def test_a_cell_that_spans_others_stands_in_each_row() -> None:
    table = """<table><tr><th rowspan=2>Bread<th colspan=2>Price<tr><th>whole<th>half
    <tr><td rowspan=2>Rye<td>4.80<td>2.50<tr><td colspan=2>sold out</table>"""
    assert only("a.html", table.encode()).text.split("\n\n") == [
        "Bread | Price, whole | Price, half",
        "Rye | Price, whole: 4.80 | Price, half: 2.50",
        "Rye | Price: sold out",
    ]


def test_merged_cells_of_word() -> None:
    cell = "<w:tc><w:tcPr>{}</w:tcPr>" + p("{}") + "</w:tc>"
    first = cell.format('<w:vMerge w:val="restart"/>', "Rye") + cell.format("", "4.80")
    second = cell.format("<w:vMerge/>", "") + cell.format("", "2.50")
    assert only(
        "a.docx", docx(f"<w:tbl><w:tr>{first}</w:tr><w:tr>{second}</w:tr></w:tbl>")
    ).text == ("Rye | 4.80\n\nRye | 2.50")


def test_merged_cells_of_rtf() -> None:
    edges = r"\trowd\trhdr\cellx100\cellx300 ", r"\trowd\cellx100\cellx200\cellx300 "
    rows = rf"{edges[0]}\intbl Boat\cell Fare\cell\row{edges[1]}\intbl Gull\cell 9\cell 16\cell\row"
    text = only("a.rtf", (r"{\rtf1 " + rows + r"\pard}").encode()).text
    assert text == "Boat | Fare\n\nGull | Fare: 9 | Fare: 16"


@pytest.mark.parametrize(
    ("table", "read"),
    [
        # A number does not name its row.
        ([("Year", "Cars"), ("2024", "1,000")], ["Year: 2024 | Cars: 1,000"]),
        ([("Boat", "Fare"), ("Gull", "Fare 9")], ["Gull | Fare 9"]),
        ([("", "Single"), ("Gull", "9")], ["Gull | Single: 9"]),
        ([("Boat", "Open?"), ("Gull", "yes")], ["Gull | Open? yes"]),
        ([("Boat", "Fare:"), ("Gull", "9", "late")], ["Gull | Fare: 9 | late"]),
        ([("Boat", "Fare"), ("Boat", "Fare"), ("Gull", "9")], ["", "Gull | Fare: 9"]),
    ],
)
def test_what_a_row_says(table: list[tuple[str, ...]], read: list[str]) -> None:
    assert texts(rows(*table))[1:] == read


@pytest.mark.parametrize(
    "table",
    [
        # Markdown has no table without headings, so that hours stand where they should.
        rows(("Monday", "9–17"), ("Tuesday", "9–19"), ("Friday", "12–20")),
        rows(("Monday", "closed"), ("Tuesday", "closed")),
        rows(("Length", "30 m"), ("Width", "8 m"), ("Crew", "11"), head=None),
        rows(("Name", "Anna"), ("Born", "1998"), ("Height", "170"), head=None),
        rows(
            ("Name", "Place", "Work"), ("Ann", "Kyiv", "baker"), ("Bo", "Lviv", "cook"), head=None
        ),
        rows(("It rained.", "It snowed.", "So."), ("1", "2", "3"), ("4", "5", "6"), head=None),
        [Row([Cell("a", True), Cell("1", True)]), Row([Cell("b", True), Cell("2", True)])],
        [Row([Cell("Built", True), Cell("1931")]), Row([Cell("Crew", True), Cell("11")])],
        rows(("a", "b")),
        rows(("a",), ("1",), ("2",)),
        [],
    ],
)
def test_no_headings_are_better_than_wrong_ones(table: list[Row]) -> None:
    assert texts(table) == [" | ".join(cell.text for cell in row.cells) for row in table]


def test_rows_say_the_headings_that_stand_over_them() -> None:
    heads = [[Cell(text, True) for text in ("Boat", fare)] for fare in ("Fare", "Crew")]
    table = [
        Row(heads[0]),
        *rows(("Gull", "9")),
        Row(heads[1]),
        *rows(("Gull", "4"), ("Tern", "5")),
    ]
    plain = [Row(row.cells) for row in table]
    assert texts(plain)[1::2] == ["Gull | Fare: 9", "Gull | Crew: 4"]


def test_headings_do_not_multiply_a_text() -> None:
    head = tuple(f"{n} and what is to be said of it" for n in range(20))
    long = lines_of(rows(head, *[tuple("123" for _ in head)] * 3_000))
    assert sum(len(line.text) for line in long) <= 4 * 3_000 * 20 * len("123 | ")
    span = [Row([Cell("a", rows=9_999), Cell("b")])] * 3_000
    assert sum(len(line.text) for line in lines_of(span)) < 50_000


def test_a_table_with_too_many_marks_for_the_parser_is_read_row_by_row() -> None:
    row = f"|{'|'.join(['123'] * 20)}|\n"
    head = f"|{'|'.join(f'No. {n}' for n in range(20))}|\n|{'-|' * 20}\n"
    article = only("a.md", f"# Numbers\n\n{PROSE}\n\n{head}{row * 3_000}\nThe end.".encode())
    rows = article.text.split("\n\n")
    assert len(rows) == 3_004
    assert rows[2].startswith("No. 0 | No. 1 | ")
    assert rows[3_002].endswith(" | No. 18: 123 | No. 19: 123")
    assert article.headings == (0, article.text.index("No. 0"))
