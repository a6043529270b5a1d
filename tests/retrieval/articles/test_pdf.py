from __future__ import annotations

import datetime as dt
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.pdf.lines import HYPHEN, Line
from retrieval.articles.pdf.paragraphs import text_of as text_of_page
from retrieval.articles.pdf.paragraphs import with_whole_words
from retrieval.articles.pdf.rules import Rule, Rules
from retrieval.articles.pdf.running_heads import without_running_heads
from retrieval.types import Article, Source
from tests.retrieval.articles.pdfs import PAGE, Words, column, pdf, written
from tests.retrieval.library import Library, only


def article(data: bytes, path: str = "paper.pdf") -> Article:
    return only(path, data)


def text_of(*lines: str, leading: float = 14) -> str:
    return article(pdf(column(*lines, leading=leading))).text


def fault(data: bytes, limits: ReadingLimits | None = None) -> str:
    with pytest.raises(UnreadableArticle, match=r".") as caught:
        parse("paper.pdf", data, limits or ReadingLimits())
    return str(caught.value)


def test_lines_become_paragraphs_and_divided_words_whole() -> None:
    assert article(pdf(PAGE)).text == (
        "The new bridge over the river opened on Monday after six years of examination, work and "
        "waiting. Crowds walked across it from the early morning. It cost four million.\n\n"
        "The old one, which stood here for a century, will be taken down in spring."
    )


def test_paragraphs_are_told_by_their_indentation() -> None:
    wide = "It is a long line of words that goes from one margin of the page to the other,"
    lines = [
        *column(wide, wide, y=700),
        *column(wide, x=90, y=672),
        *column(wide, wide, y=658),
    ]
    assert article(pdf(lines)).text == f"{wide} {wide}\n\n{wide} {wide} {wide}"


def test_a_short_last_line_ends_its_paragraph() -> None:
    wide = "It is a long line of words that goes from one margin of the page to the other,"
    text = text_of(wide, wide, "and then it ends.", f"Then {wide}", wide)
    assert text == f"{wide} {wide} and then it ends.\n\nThen {wide} {wide}"


def test_a_sentence_that_ends_at_the_margin_ends_no_paragraph() -> None:
    wide = "It is a long line of words that goes from one margin of the page to the other"
    assert text_of(f"{wide}.", f"And {wide}", wide) == f"{wide}. And {wide} {wide}"


def test_lines_of_a_list_stay_apart() -> None:
    assert text_of(
        "It has these:", "• one of iron", "• two of oak and", "  of ash", "3. steel"
    ) == ("It has these:\n\n• one of iron\n\n• two of oak and of ash\n\n3. steel")


def test_a_heading_stands_apart_and_is_the_title() -> None:
    lines = [Words("The bridge is open", y=720, size=18), *column("The bridge opened.", y=702)]
    one = article(pdf(lines), "0001.pdf")
    assert one.text == "The bridge is open\n\nThe bridge opened."
    assert one.source.title == "The bridge is open"


def test_a_text_goes_on_in_the_next_column() -> None:
    left = column("The new bridge over the river", "opened on Monday after six", y=700)
    right = column("years of work, and it was", "crowded from the morning.", x=320, y=700)
    assert article(pdf([*left, *right])).text == (
        "The new bridge over the river opened on Monday after six years of work, and it was "
        "crowded from the morning."
    )


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("the Euro-", "Pass is"), "the Euro-Pass is"),
        (("from 12-", "15 on"), "from 12-15 on"),
        (("a fact -", "and no more"), "a fact - and no more"),
        (("a word that ends exam-",), "a word that ends exam-"),
    ],
)
def test_hyphens_that_belong_there_stay(lines: tuple[str, ...], text: str) -> None:
    assert text_of(*lines) == text


def test_running_heads_are_said_once_and_page_numbers_not_at_all() -> None:
    pages = [
        [
            Words("Annals of bridges", y=760),
            Words(f"Page {number} of 4", x=280, y=30),
            *column(f"This is what chapter {word} says.", f"It ends with {word}."),
        ]
        for number, word in enumerate(["one", "two", "three", "four"], start=1)
    ]
    one = article(pdf(*pages))
    assert one.text.count("Annals") == 1
    assert "Page" not in one.text
    assert one.text.startswith(
        "Annals of bridges\n\nThis is what chapter one says. It ends with one.\n\nThis is"
    )


def test_a_head_that_counts_the_pages_is_said_once() -> None:
    pages = [
        [
            Words(f"Annals of bridges {n}", y=760),
            *column(*(f"Line {k * n} of this." for k in range(2, 11))),
        ]
        for n in (11, 12, 13)
    ]
    text = article(pdf(*pages)).text
    assert text.startswith("Annals of bridges 11\n\nLine 22 of this.")
    assert text.count("Annals") == 1
    assert text.count("Line") == 27


def test_short_pages_that_differ_in_numbers_lose_nothing() -> None:
    pages = [
        column(f"Ticket {n} of the tram", "", f"Seat {n}, row {2 * n}", "", f"Valid on {n} June")
        for n in range(3, 7)
    ]
    text = article(pdf(*pages)).text
    for n in range(3, 7):
        assert f"Ticket {n} of the tram\n\nSeat {n}, row {2 * n}\n\nValid on {n} June" in text


def test_rows_of_short_pages_stay_whole() -> None:
    pages = [
        [
            Words("Mill and bakery", y=760),
            *(
                Words(text, x, y)
                for y, *row in rows
                for x, text in zip((72, 300), row, strict=True)
            ),
            Words("Thank you", y=40),
        ]
        for rows in (
            [(700, "Flour", "2 kg"), (682, "Sum", "9 crowns")],
            [(700, "Bran", "1 kg"), (682, "Sum", "4 crowns")],
            [(700, "Malt", "1 kg"), (682, "Sum", "7 crowns")],
        )
    ]
    text = article(pdf(*pages)).text
    assert [row in text for row in ("Malt | 1 kg", "Sum | 4 crowns", "Sum | 7 crowns")] == [
        True
    ] * 3
    assert text.count("Mill and bakery") == text.count("Thank you") == 1


def test_slides_keep_their_titles() -> None:
    steps = ["Dig a well.", "Lay a pipe.", "Turn the tap."]
    pages = [
        [
            Words("Water for the hill", y=760, size=24),
            Words(f"Part {n}", y=700, size=18),
            Words(step, y=500),
        ]
        for n, step in enumerate(steps, start=1)
    ]
    one = article(pdf(*pages), "0001.pdf")
    assert one.source.title == "Water for the hill"
    assert one.text.count("Water for the hill") == 1
    assert "Part 1\n\nDig a well." in one.text
    assert "Part 3\n\nTurn the tap." in one.text


def test_lines_that_are_not_at_one_height_are_no_running_heads() -> None:
    pages = [column("Annals of bridges", f"Of the {n}th.", y=700 - 30 * n) for n in range(4)]
    assert article(pdf(*pages)).text.count("Annals of bridges") == 4


def test_pages_without_text_count() -> None:
    one = article(pdf([], PAGE, [], column("The end.")))
    assert one.pages == (0, 0, one.text.index("The end.") - 2, one.text.index("The end."))


def test_what_the_file_declares() -> None:
    info = {
        "Title": "Bridges of the Наддніпрянщина",
        "Author": "A. Crow",
        "CreationDate": "D:20240503120000+02'00'",
        "ModDate": "D:20250101",
    }
    source = article(pdf(PAGE, info=info)).source
    assert source == Source(
        "paper.pdf", "Bridges of the Наддніпрянщина", dt.date(2024, 5, 3), author="A. Crow"
    )


def test_half_a_surrogate_pair_costs_its_entry_alone() -> None:
    data = pdf(PAGE, info={"Title": "Bridges", "Author": "Кроу"})
    broken = data.replace(b"041a0440", b"041ad800")
    assert broken != data
    source = article(broken).source
    assert (source.title, source.author) == ("Bridges", None)


@pytest.mark.parametrize(
    "title",
    ["Microsoft Word - bridge.doc", "bridge.indd", "untitled", "Adobe Photoshop PDF", "LaTeX 2",
     "0001", "  ", "—"],
)  # fmt: skip
def test_what_programs_write_is_no_title_and_no_author(title: str) -> None:
    info = {"Title": title, "Author": title, "Creator": "LaTeX 2", "CreationDate": "D:19700101"}
    source = article(pdf(PAGE, info=info), "0001.pdf").source
    assert source.title.startswith("The new bridge")
    assert source.author is None
    assert source.date is None


@pytest.mark.parametrize("date", ["D:20241350", "yesterday", "D:", "D:2024"])
def test_dates_that_are_half_or_wrong(date: str) -> None:
    found = article(pdf(PAGE, info={"CreationDate": date})).source.date
    assert found == (dt.date(2024, 1, 1) if date == "D:2024" else None)


def test_a_scan_is_named_as_such() -> None:
    assert fault(pdf([], [])) == "no text in it; it may be a scan: run OCR on it first"


def test_a_password_is_named() -> None:
    locked = b"/Encrypt<</Filter/Standard/V 1/R 2/Length 40/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (
        b"41" * 32,
        b"42" * 32,
    )
    assert fault(pdf(PAGE, trailer=locked)) == "protected by a password"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"no PDF", pdf(PAGE)[:200], b"\0" * 999])
def test_what_is_no_pdf(data: bytes) -> None:
    assert fault(data) == "no PDF, or a broken one"


def test_too_many_pages_and_too_much_text() -> None:
    assert fault(pdf(PAGE, PAGE, PAGE), ReadingLimits(pages=2)) == (
        "3 pages, more than articles.max_pages = 2"
    )
    assert fault(pdf(PAGE, PAGE), ReadingLimits(characters=400)) == (
        "more characters of text than articles.max_characters = 400"
    )


@pytest.mark.parametrize(
    "kids",
    [
        b"/Count 1/Kids[2 0 R]",
        b"/Count 3/Kids[2 0 R 2 0 R 2 0 R]",
        b"/Count 1/Kids[3 0 R]",
        b"/Count 2000/Kids[]",
        b"/Count -1/Kids[]",
        b"/Count 1/Kids 2 0 R",
    ],
)
def test_a_page_tree_that_goes_in_circles(kids: bytes) -> None:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
        b"<</Type/Pages%s>>" % kids,
        b"<</Type/Pages/Parent 2 0 R/Count 1/Kids[2 0 R]>>",
        b"<</First 4 0 R/Last 4 0 R/Next 4 0 R/Count 1>>",
    ]
    assert "no text in it" in fault(written(objects)) or "no PDF" in fault(written(objects))


def test_a_broken_page_costs_itself_only() -> None:
    data = pdf(PAGE, column("The end."))
    assert article(data.replace(b"/Type/Page/Parent", b"/Type/Pane/Parent", 1)).text.endswith(
        "The end."
    )


def test_content_that_unpacks_to_much_is_read_within_its_limits() -> None:
    packed = zlib.compress(b"BT /F 12 Tf 1 0 0 1 72 700 Tm" + b"(aaaaaaaaa )Tj " * 20_000 + b"ET")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>"
        b"/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    said = fault(written(objects), ReadingLimits(characters=100_000))
    assert said == "more characters of text than articles.max_characters = 100,000"


@pytest.mark.parametrize("place", ["1e38", "-1e38", "1e-38", "1e400", "nan"])
def test_places_beyond_all_bounds(place: str) -> None:
    data = pdf(PAGE).replace(b"1 0 0 1 72 700", b"1 0 0 1 %s 700" % place.encode())
    assert "ination, work and waiting." in article(data).text


def test_an_answer_from_a_pdf_is_cited_with_its_page(tmp_path: Path) -> None:
    library = Library(tmp_path)
    (library.articles / "paper.pdf").write_bytes(
        pdf(PAGE, [], column("Magpies steal nothing that glitters."))
    )
    library.refresh()
    (first, *_) = library.searcher().search("do magpies steal what glitters").hits
    assert [sentence.page for sentence in first.chunk.sentences][-1] == 3


POINTS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 800)
TEXTS = st.lists(
    st.sampled_from(["a", "Town", "exam-", f"exam{HYPHEN}", "12", "•", "end.", "河", "ﬁ"])
    | st.text("ab-. •1", min_size=1),
    min_size=1,
).map(lambda words: " ".join(" ".join(words).split()))
LINES = st.lists(
    st.builds(Line, TEXTS.filter(bool), POINTS, POINTS, POINTS, POINTS.map(abs)), max_size=12
)


PLACES = st.integers(0, 12).map(lambda step: step * 50.0)
HEIGHTS = st.sampled_from([0.0, 6.0, 12.0, 12.0, 40.0])
PIECES = st.lists(
    st.builds(
        lambda text, left, wide, base, height, turn: Line(
            text, left, left + wide, base, height, turn
        ),
        TEXTS.filter(bool),
        PLACES,
        st.sampled_from([5.0, 40.0, 200.0]),
        PLACES,
        HEIGHTS,
        st.sampled_from([0, 0, 0, 1, 4]),
    ),
    max_size=30,
)
RULES = st.builds(Rule, PLACES, st.just(0.0), PLACES)


def line(text: str, base: float) -> Line:
    return Line(text, 72, 500, base, 12)


def letters(text: str) -> str:
    """Return what must not be lost: dots may be leaders, which become one, and hyphens go."""
    return "".join(re.sub(rf"[\s.·․…{HYPHEN}-]", "", text.replace("ﬁ", "fi")))


@given(LINES)
def test_wherever_lines_stand_no_letter_of_them_is_lost(lines: list[Line]) -> None:
    (text,) = with_whole_words([text_of_page(lines)])
    assert sorted(letters(text)) == sorted(letters("".join(one.text for one in lines)))
    assert HYPHEN not in text


@given(PIECES, st.lists(RULES, max_size=5), st.lists(RULES, max_size=5))
def test_in_columns_and_tables_no_letter_is_lost(
    pieces: list[Line], upright: list[Rule], level: list[Rule]
) -> None:
    rules = Rules(0, sorted(upright, key=lambda rule: rule.place), level)
    (text,) = with_whole_words([text_of_page(pieces, rules)])
    kept = [letter for letter in letters(text) if letter.isalnum()]
    drawn = letters("".join(one.text for one in pieces))
    assert sorted(kept) == sorted(letter for letter in drawn if letter.isalnum())


@given(st.lists(LINES, max_size=4))
def test_what_stands_on_one_page_is_no_running_head(pages: list[list[Line]]) -> None:
    kept = without_running_heads(pages)
    assert len(kept) == len(pages)
    for page, left in zip(pages, kept, strict=True):
        assert all(one in page for one in left)
    assert without_running_heads(pages[:1]) == pages[:1]


def test_two_pages_of_one_head() -> None:
    pages = [[line("Annals", 760), line("One.", 700)], [line("Annals", 761), line("Two.", 700)]]
    assert without_running_heads(pages) == [pages[0], pages[1][1:]]


def test_figures_at_one_height_are_no_page_numbers() -> None:
    pages = [[line(f"{n} 2,5{n}0 7.{n}", 700), line(f"{n} of 4", 30)] for n in range(4)]
    assert without_running_heads(pages) == [page[:1] for page in pages]
