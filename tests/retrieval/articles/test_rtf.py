from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles import UnreadableArticle
from retrieval.articles.rtf import MAX_DEPTH
from retrieval.types import Article
from tests.retrieval.library import only

FONTS = (
    rb"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset204{\*\fname A;}Arial Cyr;}"
    rb"{\f2\fcharset128 MS;}{\f3\ftech\fcharset2 Symbol;}{\f4 Default;}{\f5\cpg1253 G;}"
    rb"{\f6\froman\fcharset2 Symbol;}{\f7\fcharset2{\*\falt X;}Wingdings;}}"
)


def read(body: bytes, head: bytes = rb"\ansi\ansicpg1252\deff0") -> Article:
    return only("some-name.rtf", rb"{\rtf1" + head + FONTS + body + b"}")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"One\line two\tab x\par\par Three\par", "One\ntwo x\n\nThree"),
        (b"One\r\n two\\\nThree", "One two\n\nThree"),
        (rb"Gr\'fc\'dfe \'80 \endash \lquote so\rquote\~x", "Grüße € –‘so’\xa0x"),
        (rb"{\f1 \'cf\'f0\'e8\'e2\'e5\'f2} \'e4", "Привет ä"),
        (rb"\f1\'cf{\plain\'e4}\'f0", "Пäр"),
        (rb"{\f2 \'93\'fa\'96\'7b} {\f2\'83e} {\f5\'e1}", "日本 テ α"),
        (rb"\u1055?\u8364\'80x {\uc2\u228 ae}b {\uc0\u228}c \u-10179?\u-8704?", "П€x äb äc 😀"),
        (rb"{\header Top\par}{\*\unknown no}One{\pict\pngblip 89504e47}{\v hidden}{\deleted gone}.",
         "One."),
        (rb"{\field{\*\fldinst HYPERLINK http://x}{\fldrslt the link}}", "the link"),
        (rb"{\pict\bin7 }{}\par}two", "two"),
        (rb"{\*\shppict{\pict 00}}{\nonshppict{\pict 00}}A \{b\} \\c", "A {b} \\c"),
        (rb"One{\footnote\pard Note a.\par b}.\par Two{\footnote\tab C}",
         "One.\n\nTwo\n\nNote a.\n\nb\n\nC"),
        (rb"{\field{\*\fldinst{ EQ \\* jc3 \\o\\al(\\s\\up 10(\u12363?),\u28450?)}}{\fldrslt {}}}"
         rb"\u23383?", "漢字"),
        (rb"{\field{\*\fldinst SYMBOL 97 \\f Symbol}{\fldrslt\f6}} {\field{\*\fldinst IF {\field"
         rb"{\*\fldinst X}{\fldrslt no}}}{\fldrslt yes}}", "α yes"),
        (rb"10{\super 6} cars, x{\super 2}, 10\super -3\nosupersub 4", "10⁶ cars, x2, 10⁻³4"),
        (rb"{\stylesheet{\s0 Normal;}{\s7\b toc 1;}{\*\cs7 Strong;}}\pard\s7 Costs\tab 7\par"
         rb"\pard One\cs7 .", "One."),
        (rb"{\shp{\*\shpinst{\sp{\sn wzName}{\sv No}}{\sp{\sn gtextUNICODE}{\sv In \u228?rt}}}}One",
         "In ärt\n\nOne"),
        # Styles that OpenOffice marks as destinations, which only stand at a group's beginning.
        (rb"{\loch\f0\*\cs7\cf0 The ferry} leaves {\*\cs7 at} {\b\*\unknown nine}.{\*\x no}",
         "The ferry leaves at nine."),
        (b"One.{\r\n\\*\\listtable{\\list x}}{\\listtable{\\leveltext 1.;}}{\\listname L;}",
         "One."),
        (rb"{\f6 \'61 \'b3}, {\f6\u61537?} or {\f7\'fc\'21}", "α ≥, α or ✓•"),
        (rb"{\upr{One ?.}{\*\ud{One \u1055?.}}} Two.", "One П. Two."),
        (rb"Three{\shp{\*\shpinst\shpleft1{\sp{\sv 1}}{\shptxt In a\par box\u-10179?\u-8704?}}"
         rb"{\shprslt{\*\do{\dptxbxtext In a box}}}}.\par Four{\*\do\dobx{\dptxbxtext Old.\par}}.",
         "In a\n\nbox😀\n\nThree.\n\nOld.\n\nFour."),
        (rb"\pard\dropcapli3\dropcapt1 L\par\pard owmark.\par\pard Two.\par", "Lowmark.\n\nTwo."),
        (rb"x = {\mmath{\*\moMath{\mf{\mfPr{\mctrlPr no}}{\mnum{\mr 1}}{\mden{\mr 2}}}"
         rb"{\msSup{\me y}{\msup 2}}}{\mmathPict{\pict 00}}}.", "x = 1/2y^2."),
        (rb"soft\-hyphen, non\_breaking", "softhyphen, non\u2011breaking"),
    ],
)  # fmt: skip
def test_text(body: bytes, text: str) -> None:
    assert read(body).text == text


@pytest.mark.parametrize(
    ("head", "data", "text"),
    [
        (rb"\ansi\ansicpg1251\deff4", rb"\f4\'cf\'f0", "Пр"),
        (rb"\ansi\ansicpg65001\deff4", rb"\f4\'c3\'a4", "ä"),
        (rb"\mac\deff4", rb"\f4\'8a", "ä"),
        (rb"\pca\deff4", rb"\f4\'84", "ä"),
        (rb"\ansi\ansicpg99999\deff4", rb"\f4\'e4", "ä"),
        (rb"\ansi\deff1", rb"\plain\'cf", "П"),
    ],
)
def test_code_page_of_a_document(head: bytes, data: bytes, text: str) -> None:
    assert read(data, head).text == text


def test_lists_have_their_bullets_and_numbers() -> None:
    body = (
        rb"{\listtext\f3\'b7\tab}Steel\par{\listtext\f3\u61623?}Iron\par{\pntext 2.\tab}Two\par"
        rb"{\listtext\tab}None\par{\listtext 1.2\tab}Below\par{\listtext o\tab}Ring\par"
    )
    assert read(body).text == "• Steel\n\n• Iron\n\n2. Two\n\nNone\n\n1.2 Below\n\n• Ring"


def test_tables_are_read_row_by_row() -> None:
    body = (
        rb"One.\par\trowd\cellx9\intbl Year\cell Cars\cell\row\trowd\intbl 2024\par May\cell"
        rb"\cell\row\trowd\intbl In a frame.\par Still.\cell\row\pard Two.\par"
        rb"\trowd\intbl x\nestcell{\nonesttables no}y\cell z\cell\row"
    )
    assert read(body).text == (
        "One.\n\nYear | Cars\n\n2024 May |\n\nIn a frame.\n\nStill.\n\nTwo.\n\nx y | z"
    )


def test_a_table_that_never_ends_is_not_lost() -> None:
    assert read(rb"\intbl a\cell b\cell c").text == "a | b\n\nc"


def test_metadata_of_a_document() -> None:
    source = read(
        rb"{\info{\title Br\'fccke {\f1\'cf}}{\author Ann \u228?}{\creatim\yr2024\mo5\dy6\hr1}"
        rb"{\revtim\yr2025\mo1\dy1}{\keywords a, b; c}{\company X}}One."
    ).source
    assert (source.title, source.author) == ("Brücke П", "Ann ä")
    assert (source.date, source.tags) == (dt.date(2024, 5, 6), ("a", "b", "c"))


def test_metadata_that_is_told_twice() -> None:
    source = read(
        rb"{\info{\upr{\title ?}{\*\ud{\title \u1055?}}}{\author Ann}{\author Ann}}One two."
    ).source
    assert (source.title, source.author) == ("П", "Ann")


@pytest.mark.parametrize("when", [rb"\yr2024\mo13\dy1", rb"\yr0\mo1\dy1", rb"\yr9999999999", b""])
def test_what_is_no_date_is_left_out(when: bytes) -> None:
    source = read(rb"{\info{\title Document1}{\creatim" + when + b"}}One two.").source
    assert (source.date, source.title) == (None, "some name")


def test_what_stands_behind_the_document_is_no_text() -> None:
    assert only("a.rtf", rb"{\rtf1 One.}} two {three}").text == "One."


@pytest.mark.parametrize("data", [b"One.", b"\\rtf1 One.", b"PK\x03\x04", b"<html>"])
def test_another_format_is_no_article(data: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=r"^not in Rich Text Format$"):
        only("a.rtf", data)


@pytest.mark.parametrize(
    "body",
    [
        b"{" * MAX_DEPTH,
        rb"{\rtf1" * 100_000,
    ],
)
def test_groups_nested_too_deeply(body: bytes) -> None:
    with pytest.raises(UnreadableArticle, match=r"^its elements are nested too deeply$"):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        rb"\bin2147483647 x", rb"\bin-5 x", rb"\u99999999x", rb"\uc999999999\u1 x" + b"y" * 100,
        rb"\f9999999999 x", b"x\\", b"x\\'", rb"x\'zz", b"x" * 3_000_000, rb"\par" * 100_000 + b"x",
        rb"\cell" * 50_000 + b"x", b"x{\\*" * 5_000, rb"\u-9999?x",
        rb"{\upr" * 5_000 + rb"{\*\ud x}" * 20_000, rb"{\fonttbl" + rb"x\b" * 100_000 + b"}",
    ],
    ids=lambda body: f"{body[:12]!r}",
)  # fmt: skip
def test_any_shape_ends(body: bytes) -> None:
    assert read(b"Text. " + body).text.startswith("Text.")
