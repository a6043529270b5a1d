"""What is a heading: what the file says, and in plain text what looks like one."""

from __future__ import annotations

import pytest

from retrieval.articles import parse
from retrieval.articles.tables import BETWEEN
from retrieval.types import Article
from tests.retrieval.articles.pdfs import Words, pdf
from tests.retrieval.articles.samples import PROSE, docx, epub, odt, p
from tests.retrieval.library import only

LONG = (
    "Where the ferry does not go, as it did not in the winter of the long ice, what is done there."
)
MENU = "Soup of the day"


def headings(article: Article) -> list[str]:
    """Return the paragraphs that are headings."""
    return [article.text[place:].partition("\n\n")[0] for place in article.headings]


HTML = f"<h1>Boats</h1><p>{PROSE}</p><h2>{LONG}</h2><p>{MENU}</p><h3> </h3><p>{PROSE}</p>"
STYLES = (
    '<w:style w:styleId="H"><w:name w:val="heading 2"/></w:style>'
    '<w:style w:styleId="C"><w:name w:val="caption"/></w:style>'
)
OPENDOCUMENT = (
    f"<text:p>{PROSE}</text:p><text:h text:outline-level='2'>{LONG}</text:h>"
    f"<text:p>{MENU}</text:p><text:p>{PROSE}</text:p>"
)
RTF = (
    r"{\rtf1{\stylesheet{\s1 heading 1;}}"
    rf"\pard {PROSE}\par\pard\outlinelevel1 {LONG}\par"
    rf"\pard {MENU}\par\pard\outlinelevel9 {PROSE}\par}}"
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", f"# Boats\n\n{PROSE}\n\n## {LONG}\n\n{MENU}\n\n{PROSE}".encode()),
        ("a.html", HTML.encode()),
        ("a.html", f"<article>{HTML}<p>{PROSE * 4}</p></article>".encode()),  # by trafilatura
        ("a.docx", docx(p(PROSE) + p(LONG, "H") + p(MENU) + p(PROSE), styles=STYLES)),
        ("a.docx", docx(p(PROSE) + p(LONG, "", '<w:outlineLvl w:val="1"/>') + p(MENU) + p(PROSE))),
        ("a.odt", odt(OPENDOCUMENT)),
        ("a.rtf", RTF.encode()),
        ("a.rtf", RTF.replace(r"\outlinelevel1", r"\s1").encode()),
        ("a.epub", epub({"a.xhtml": HTML})),
    ],
)
def test_a_heading_is_what_the_file_says(name: str, data: bytes) -> None:
    """However long it is, and no line besides, however short."""
    assert [one for one in headings(only(name, data)) if one != "Boats"] == [LONG]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", b"One.\n\n| Boat | Fare |\n|---|---|\n| Gull | 9 |"),
        ("a.html", b"<p>One.<table><caption>Fares</caption><tr><th>Boat<th>Fare<tr><td>Gull<td>9"),
        ("a.docx", docx(p("Fares", "C") + "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>"
                        f"<w:tc>{p('Boat')}</w:tc><w:tc>{p('Fare')}</w:tc></w:tr><w:tr><w:tc>"
                        f"{p('Gull')}</w:tc><w:tc>{p('9')}</w:tc></w:tr></w:tbl>"
                        + p("Gulls, photo", "C") + p(PROSE), styles=STYLES)),
    ],
)  # fmt: skip
def test_the_headings_of_a_table_and_its_caption_are_headings(name: str, data: bytes) -> None:
    article = only(name, data)
    assert [one for one in headings(article) if BETWEEN in one] == ["Boat | Fare"]
    assert ("Fares" in headings(article)) == ("Fares" in article.text)
    assert "Gull | Fare: 9" in article.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Bridges\n\n{PROSE}\n\nCosts of 2024\n\n{PROSE}", ["Bridges", "Costs of 2024"]),
        (f"{PROSE}\n\n2.1 Methods\n\n{PROSE}", ["2.1 Methods"]),
        # Hours, prices and telephones; lists; what ends as a sentence does; what is last.
        (f"{PROSE}\n\nMonday 9–17\n\n{PROSE}\n\nTel. 044 123 45 67\n\n{PROSE}", []),
        (f"{PROSE}\n\nMilk\n\nEggs\n\nBread\n\n{PROSE}", []),
        (f"{PROSE}\n\n• Milk\n\n{PROSE}\n\nSo it is.\n\n{PROSE}\n\nA post without an end", []),
        ("Milk", []),
        ("", []),
    ],
)  # fmt: skip
def test_short_lines_above_text_are_taken_for_headings(text: str, found: list[str]) -> None:
    for name in ("a.txt", "a.md"):
        articles = parse(name, text.encode()) if text else []
        assert [headings(one) for one in articles] == [found] * len(articles)


def test_a_title_that_is_left_out_moves_the_headings() -> None:
    article = only(
        "a.md", f"---\ntitle: Boats\n---\n# Boats\n\n{PROSE}\n\n## Fares\n\nFew.".encode()
    )
    assert article.text.startswith(PROSE)
    assert headings(article) == ["Fares"]


def test_headings_of_a_pdf_are_guessed() -> None:
    lines = [Words("Boats", 72, 700, 18), Words("They go to the island and back.", 72, 660)]
    assert headings(only("a.pdf", pdf(lines))) == ["Boats"]


def test_nobody_can_write_a_mark_into_a_text() -> None:
    text = "One.\n\n\x01Two is a sentence, too.\n\nThree \x01 four."
    article = only("a.txt", text.encode())
    assert article.text == text.replace("\x01", "")


def test_a_line_of_many_digits_is_looked_at_in_no_time() -> None:
    # Read as numbers of one or two digits, it could be parted in a number of ways without end.
    article = only("numbers.txt", f"{'52' * 40}y\n\n{PROSE}\n".encode())
    assert article.headings == ()
