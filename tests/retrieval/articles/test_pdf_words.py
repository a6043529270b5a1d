from __future__ import annotations

import pytest

from tests.retrieval.articles.pdfs import Item, Words, column, pdf, written
from tests.retrieval.library import only


def text_of(*items: Item, rotate: int = 0) -> str:
    return only("paper.pdf", pdf(items, rotate=rotate)).text


@pytest.mark.parametrize(
    ("drawn", "read"),
    [
        ("T h e  W a l l", "The Wall"),
        ("C H A P T E R", "CHAPTER"),
        ("A B C D E F", "A B C D E F"),
        ("{ c c g a }", "{ c c g a }"),
        ("1 2 3 4 5 9 7", "1 2 3 4 5 9 7"),
    ],
)
def test_letters_of_a_heading_that_are_set_apart(drawn: str, read: str) -> None:
    assert text_of(Words(drawn)) == read


def test_single_letters_below_each_other_are_no_word() -> None:
    assert text_of(*column("7", "1", "4")).split() == ["7", "1", "4"]


def test_an_initial_is_one_with_its_word() -> None:
    lines = column(
        "he wall was built in one winter", "by masons from the valley, who", x=104, y=690
    )
    rest = column("left their marks on its stones.", y=662)
    text = text_of(Words("T", 72, 676, 40), *lines, *rest)
    assert text == (
        "The wall was built in one winter by masons from the valley, who left their marks on its "
        "stones."
    )


@pytest.mark.parametrize(
    ("word", "raised", "read"),
    [
        ("masons", "3", "masons[3] came"),
        ("masons.", "3,4", "masons.[3,4] came"),
        ("10", "6", "10^6 came"),
        ("20 m", "2", "20 m2 came"),
        ("masons", "*", "masons* came"),
    ],
)
def test_marks_of_notes_are_told_from_their_word(word: str, raised: str, read: str) -> None:
    width = {"masons": 40.67, "masons.": 44.01, "10": 13.34, "20 m": 26.68}[word]
    items = [Words(word), Words(raised, 72 + width, 705, 7), Words("came", 140)]
    assert text_of(*items) == read


def test_a_lowered_figure_goes_on_in_its_word() -> None:
    items = [Words("CO"), Words("2", 72 + 18, 697, 7), Words("came", 140)]
    assert text_of(*items) == "CO2 came"


def test_accents_that_were_drawn_over_letters() -> None:
    items = [Words("f"), Words("¨", 76.6), Words("u", 75.4), Words("r alle", 82.1)]
    assert text_of(*items) == "für alle"


def test_words_that_are_drawn_twice_to_look_bold() -> None:
    assert text_of(Words("The wall"), Words("The wall", 72.4)) == "The wall"


def test_turned_text_is_read_upright_and_apart() -> None:
    lines = column("The wall was built in one winter", "by masons from the valley.")
    stamp = Words("Copy of the town's archive", 30, 300, 10, turned=True)
    assert text_of(stamp, *lines) == (
        "The wall was built in one winter by masons from the valley.\n\nCopy of the town's archive"
    )


def test_a_page_of_turned_text() -> None:
    lines = ["The wall was built in one winter", "by masons from the valley, who", "left it so."]
    items = [Words(line, 100 + 14 * n, 72, turned=True) for n, line in enumerate(lines)]
    assert text_of(*items, rotate=90) == " ".join(lines)


def test_a_word_keeps_the_hyphen_that_it_has_elsewhere() -> None:
    lines = column("A long-term plan for the wall, and a long-", "term loan for its ma-", "sons.")
    assert text_of(*lines) == "A long-term plan for the wall, and a long-term loan for its masons."


def test_a_word_that_goes_on_over_a_page_is_whole() -> None:
    number = [[Words(str(n), 300, 30)] for n in (1, 2, 3)]
    pages = [
        [*column("The wall was built by ma-"), *number[0]],
        [*column("sons from the valley, and then"), *number[1]],
        [*column("it stood for ever."), *number[2]],
    ]
    text = only("paper.pdf", pdf(*pages)).text
    assert text == "The wall was built by masons\nfrom the valley, and then\nit stood for ever."


def test_what_lies_outside_of_a_page_is_not_read() -> None:
    assert (
        text_of(Words("The wall"), Words("Cut off here", 700), Words("Below", y=-40)) == "The wall"
    )


def test_letters_that_run_down_are_lines_from_right_to_left() -> None:
    meaning = b"1 beginbfrange <41> <5A> <4E00> endbfrange"
    cmap = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %s endcmap" % meaning
    lines = {300: b"ABCDEF", 280: b"GHIJKL"}
    shown = b"".join(
        b"1 0 0 1 %d %d Tm(%c)Tj " % (x, 700 - 13 * n, letter)
        for x, letters in lines.items()
        for n, letter in enumerate(letters)
    )
    content = b"BT/F 12 Tf %s ET" % shown
    data = written(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>"
            b"/Contents 5 0 R>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
            b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        ]
    )
    text = only("paper.pdf", data).text
    assert "".join(text.split()) == "".join(chr(0x4E00 + n) for n in range(12))
