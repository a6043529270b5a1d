from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles import UnreadableArticle
from retrieval.types import Article
from tests.retrieval.articles.samples import PROSE, WORD, docx, members, p, zipped
from tests.retrieval.library import only

STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{more}</w:style>'
    for key, name, more in [
        ("Titel", "Title", ""),
        ("berschrift1", "heading 1", ""),
        ("berschrift2", "heading 2", '<w:basedOn w:val="berschrift1"/>'),
        ("Mine", "My heading", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>'),
        ("Verzeichnis1", "toc 1", ""),
        ("Punkte", "List Bullet", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
        ("Unter", "Below", '<w:basedOn w:val="Punkte"/>'),
        ("Kreis", "Circle", '<w:basedOn w:val="Kreis"/>'),
        ("Geheim", "Secret", "<w:rPr><w:vanish/></w:rPr>"),
        ("Abbildungen", "table of figures", ""),
    ]
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
    '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:start w:val="3"/>'
    '<w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/>'
    '<w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
)


def read(body: str, core: str = "", **parts: str) -> Article:
    parts = {"styles": STYLES, "numbering": NUMBERING, **parts}
    return only("some-name.docx", docx(body, core=core, **parts))


def item(text: str, number: int, depth: int = 0, style: str = "") -> str:
    return p(
        text, style, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    )


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def test_paragraphs_tabs_and_line_breaks() -> None:
    runs = (
        "<w:p><w:r><w:t>One</w:t><w:tab/><w:t xml:space='preserve'>two </w:t></w:r>"
        "<w:hyperlink><w:r><w:t>three</w:t><w:br/><w:t>four</w:t></w:r></w:hyperlink></w:p>"
    )
    assert (
        read(runs + p("") + p("Über 5 € – „so“")).text == "One two three\nfour\n\nÜber 5 € – „so“"
    )


def test_metadata_of_a_document() -> None:
    source = read(
        p(PROSE),
        "<dc:title>A bridge opens</dc:title><dc:creator>Ann Example</dc:creator>"
        "<dcterms:created>2024-05-06T23:30:00Z</dcterms:created><dc:language>de-AT</dc:language>"
        "<dcterms:modified>2025-01-01T00:00:00Z</dcterms:modified>"
        "<c:keywords>bridge, river; wide</c:keywords>",
    ).source
    assert (source.title, source.author) == ("A bridge opens", "Ann Example")
    assert (source.date, source.language) == (dt.date(2024, 5, 6), "de")
    assert source.tags == ("bridge", "river", "wide")


@pytest.mark.parametrize(
    "title",
    [
        "Microsoft Word - bridge.doc", "Document1", "Dokument 2", "Документ", "untitled",
        "bridge_final.DOCX", "Word Document", " ",
    ],
)  # fmt: skip
def test_titles_that_a_program_made_up_are_none(title: str) -> None:
    source = read(p(PROSE), f"<dc:title>{title}</dc:title>").source
    assert source.title == "some name"


def test_documents_about_documents_keep_their_titles() -> None:
    core = "<dc:title>Documents of the river</dc:title>"
    assert read(p(PROSE), core).source.title == "Documents of the river"


def test_author_and_date_of_a_template_are_none() -> None:
    source = read(
        p(PROSE),
        "<dc:creator>python-docx</dc:creator><dcterms:created>2013-12-23T23:15:00Z"
        "</dcterms:created>",
    ).source
    assert (source.author, source.date) == (None, None)


@pytest.mark.parametrize(
    ("body", "title", "text"),
    [
        (p("A bridge", "Titel") + p("One.") + p("Part", "Mine"), "A bridge", "One.\n\nPart"),
        (p("One.") + p("A bridge", "berschrift1"), "A bridge", "One.\n\nA bridge"),
        (p("A part", "berschrift2") + p("One."), "A part", "One."),
        (p("One.") + p("A part", "berschrift2"), "some name", "One.\n\nA part"),
        (p("Mine", "Mine") + p("B", "Titel") + p("One."), "B", "Mine\n\nB\n\nOne."),
    ],
)
def test_title_that_is_a_heading(body: str, title: str, text: str) -> None:
    article = read(body)
    assert (article.source.title, article.text) == (title, text)


def test_lists_have_their_bullets_and_numbers() -> None:
    body = (
        p("Steel", "Punkte")
        + p("Iron", "Unter")
        + item("Three", 2)
        + item("Below", 2, 1)
        + item("Next below", 2, 1)
        + item("Four", 2)
        + item("New below", 2, 1)
        + item("None", 0, style="Punkte")
        + item("A chapter", 2, style="berschrift1")
        + p("Round", "Kreis")
    )
    assert read(body).text.split("\n\n") == [
        "• Steel", "• Iron", "3. Three", "1. Below", "2. Next below", "4. Four", "1. New below",
        "None", "A chapter", "Round",
    ]  # fmt: skip


def test_tables_are_read_row_by_row() -> None:
    inner = table((p("x"), p("y")))
    body = table((p("Year"), p("Cars")), (p("2024") + p("May"), inner + p("")), (p(""), p("")))
    assert read(p("One.") + body + p("Two.")).text == (
        "One.\n\nYear | Cars\n\n2024 May | x | y\n\nTwo."
    )


def test_a_table_of_one_cell_is_a_frame() -> None:
    assert read(table((p("One.") + p("Two."),))).text == "One.\n\nTwo."


def test_changes_count_as_accepted_and_hidden_text_as_none() -> None:
    body = (
        "<w:p><w:r><w:t>Old </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>new</w:t></w:r>"
        "</w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>!</w:t></w:r>'
        "<w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    assert read(body).text == "Old new!"


def test_text_boxes_are_read_once_and_contents_never() -> None:
    box = f"<w:txbxContent>{p('In a box.')}</w:txbxContent>"
    body = (
        p("Costs\t7", "Verzeichnis1")
        + f"<w:p><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}"
        "</mc:Fallback></mc:AlternateContent><w:t>Beside it.</w:t></w:r></w:p>"
        f"<w:sdt><w:sdtContent>{p('In a control.')}</w:sdtContent></w:sdt>"
    )
    assert read(body).text == "In a box.\n\nBeside it.\n\nIn a control."


def test_notes_stand_at_the_end_in_the_order_of_the_text() -> None:
    body = (
        '<w:p><w:r><w:t>One.</w:t><w:footnoteReference w:id="3"/><w:endnoteReference w:id="9"/>'
        '<w:footnoteReference w:id="2"/><w:footnoteReference w:id="99"/></w:r></w:p>'
    )
    footnotes = (
        f'<w:footnote w:id="2">{p("B")}</w:footnote><w:footnote w:id="3">{p("A")}</w:footnote>'
    )
    endnotes = f'<w:endnote w:id="9">{p("End")}</w:endnote><w:endnote w:id="1">{p("?")}</w:endnote>'
    text = read(body, footnotes=footnotes, endnotes=endnotes).text
    assert text == "One.\n\nA\n\nB\n\nEnd"


def test_strict_documents_and_other_names_of_parts_are_read() -> None:
    inside = members(docx(p(PROSE)))
    inside["word/other.xml"] = inside.pop("word/document.xml").replace(
        WORD.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    )
    inside["_rels/.rels"] = inside["_rels/.rels"].replace(b"word/document.xml", b"/word/other.xml")
    assert only("a.docx", zipped(inside)).text == PROSE


def test_relations_out_of_the_archive_lead_nowhere() -> None:
    inside = members(docx(p(PROSE)))
    for target in (b"../../../etc/passwd", b"/etc/passwd", b"file:///etc/passwd"):
        inside["_rels/.rels"] = (
            b'<Relationships><Relationship Type="x/officeDocument" Target="' + target + b'"/>'
            b"</Relationships>"
        )
        with pytest.raises(UnreadableArticle, match=r"^no Word document in it$"):
            only("a.docx", zipped(inside))


def test_a_document_without_text_is_no_article() -> None:
    with pytest.raises(UnreadableArticle, match=r"^no text in it$"):
        read(p(""))


SECRET = '<w:rStyle w:val="Geheim"/>'


def framed(letter: str, kind: str = "drop") -> str:
    return p(letter, properties=f'<w:framePr w:dropCap="{kind}" w:lines="3"/>')


@pytest.mark.parametrize("kind", ["drop", "margin"])
def test_a_drop_cap_belongs_to_the_next_paragraph(kind: str) -> None:
    article = read(
        framed("L", kind) + p("owmark has a ferry.") + framed("„I", kind) + p("t sails.“")
    )
    assert article.text == "Lowmark has a ferry.\n\n„It sails.“"
    assert article.source.title == "some name"


def test_a_drop_cap_before_a_table_or_nothing_stands_alone() -> None:
    body = framed("A") + table((p("b"), framed("c"))) + framed("D")
    assert read(body).text == "A\n\nb | c\n\nD"


def test_a_drop_cap_passes_over_paragraphs_without_text() -> None:
    assert read(framed("L") + p("") + framed("o") + p(" ") + p("wmark.")).text == "Lowmark."
    assert read(framed("L") + p("")).text == "L"


def test_a_heading_that_begins_with_a_drop_cap() -> None:
    body = framed("A") + p(" bridge", "berschrift1") + p("One.")
    assert read(body).source.title == "A bridge"


def test_paragraphs_whose_end_was_deleted_are_one() -> None:
    gone = "<w:rPr><w:del/></w:rPr>"
    assert read(p("One", properties=gone) + p("two.") + p("Three")).text == "One two.\n\nThree"


def field(instruction: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{instruction}'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_of_fields_only_the_result_is_text() -> None:
    inner = field("<w:r><w:instrText>MERGEFIELD x</w:instrText></w:r>", run("no"))
    body = f"<w:p>{field(inner, run('yes') + field('', run(' and so')))}{run('.')}</w:p>"
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    broken = f"<w:p>{begin}{run('Two.')}{begin}</w:p><w:p>{field('', run('Three.'))}</w:p>"
    assert read(body + broken).text == "yes and so.\n\nTwo.\n\nThree."


def test_a_field_without_a_result_shows_what_is_in_its_instruction() -> None:
    def bare(instruction: str) -> str:
        return field(f"<w:r><w:instrText>{instruction}</w:instrText></w:r>", "").replace(
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r>', ""
        )

    readings = bare(r" EQ \* jc2 \* hps12 \o\ad(\s\up 11(かん),漢)")
    symbol = bare(r'SYMBOL 97 \f "Symbol" \s 12')
    body = f"<w:p>{readings}{run('字 ')}{symbol}{bare('XE no')}</w:p>"
    assert read(body).text == "漢字 α"


def test_text_that_a_style_hides_and_what_stands_for_text() -> None:
    body = (
        f"<w:p>{run('One', SECRET)}{run('Two')}</w:p>"
        + p("Three", "Geheim")
        + "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
        + p("Click here to enter text.")
        + "</w:sdtContent></w:sdt>"
        + p("Figure 1\t7", "Abbildungen")
        + '<w:p><w:r><w:footnoteReference w:id="1" w:customMarkFollows="1"/><w:t>*</w:t></w:r>'
        + "</w:p>"
    )
    assert read(body).text == "Two"


def test_rows_that_were_deleted_are_none() -> None:
    body = table((p("a"), p("b")), (p("c"), p("d")))
    gone = body.replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>", 1)
    assert read(gone).text == "c | d"


def test_the_older_twin_of_a_drawing_is_read_where_it_is_alone() -> None:
    box = f"<mc:Fallback><w:txbxContent>{p('In a box.')}</w:txbxContent></mc:Fallback>"
    body = f"<w:p><w:r><mc:AlternateContent>{box}</mc:AlternateContent></w:r></w:p>"
    assert read(body).text == "In a box."


def test_symbols_are_what_is_drawn() -> None:
    body = (
        '<w:p><w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="00FC"/>'
        '<w:sym w:font="Arial" w:char="2192"/><w:sym w:font="Own" w:char="F041"/><w:sym/></w:r>'
        + run("\uf0b3 5", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>')
        + "</w:p>"
    )
    assert read(body).text == "α✓→≥ 5"


def test_raised_digits_behind_a_digit_stay_apart() -> None:
    high = '<w:vertAlign w:val="superscript"/>'
    body = f"<w:p>{run('10')}{run('6', high)}{run(' cars, m')}{run('2', high)}</w:p>"
    assert read(body).text == "10⁶ cars, m2"


MATH = "<m:oMath xmlns:m='urn:m'>{}</m:oMath>"


def part(name: str, *texts: str) -> str:
    return "".join(f"<m:{name}><m:r><m:t>{one}</m:t></m:r></m:{name}>" for one in texts)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<m:f><m:fPr/>{part('num', 'a+b')}{part('den', '2')}</m:f>", "(a+b)/2"),
        (f"<m:sSup>{part('e', 'x')}{part('sup', '10')}</m:sSup>", "x^10"),
        (f"<m:sSubSup>{part('e', 'x')}{part('sub', 'i')}{part('sup', '2')}</m:sSubSup>", "x_i^2"),
        (f"<m:rad>{part('deg', '3')}{part('e', 'a+b')}</m:rad>", "3√(a+b)"),
        (f"<m:d>{part('e', 'a', 'b')}</m:d>", "(a, b)"),
        (
            '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>'
            f"{part('sub', 'i=1')}{part('sup', 'n')}{part('e', 'i')}</m:nary>",
            "∑_(i=1)^ni",
        ),
        (f"<m:func>{part('fName', 'sin')}{part('e', 'x')}</m:func>", "sin x"),
        (f"<m:m><m:mr>{part('e', '1', '2')}</m:mr><m:mr>{part('e', '3')}</m:mr></m:m>", "1 2; 3"),
    ],
)
def test_formulas_are_one_line(formula: str, text: str) -> None:
    assert read(f"<w:p>{run('So ')}{MATH.format(formula)}{run('.')}</w:p>").text == f"So {text}."


def level(depth: int, kind: str, mark: str) -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{mark}"/></w:lvl>'
    )


def test_numbers_are_written_as_the_list_says() -> None:
    numbering = (
        f'<w:abstractNum w:abstractNumId="1">{level(0, "upperRoman", "Article %1.")}'
        f"{level(1, 'lowerLetter', '(%2)')}{level(2, 'decimal', '%1.%3')}"
        f"{level(3, 'none', '')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="4"/></w:lvlOverride></w:num>'
    )
    body = (
        item("A", 1, style="berschrift1") + item("a", 1, 1) + item("b", 1, 1) + item("c", 1, 2)
        + item("d", 1, 3) + item("B", 2) + item("C", 3) + item("D", 3) + item("e", 3, 1)
    )  # fmt: skip
    assert read(body, numbering=numbering).text.split("\n\n") == [
        "Article I. A", "(a) a", "(b) b", "I.1 c", "d", "Article II. B", "Article IV. C",
        "Article V. D", "(a) e",
    ]  # fmt: skip


def test_titles_without_a_letter_are_none() -> None:
    assert read(p(PROSE), "<dc:title>.</dc:title>").source.title == "some name"
