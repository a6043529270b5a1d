"""What a Word document takes in from elsewhere: other documents, charts, diagrams."""

from __future__ import annotations

import pytest

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.metadata import ReadingLimits
from tests.retrieval.articles.samples import PROSE, docx, members, p, zipped
from tests.retrieval.library import only

CHUNK = '<w:altChunk r:id="c" xmlns:r="urn:r"/>'
LABEL = "<a:p xmlns:a='urn:a'><a:r><a:t>{}</a:t></a:r></a:p>"
MAIL = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\nContent-Type: "
    b'text/html; charset="windows-1251"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    b"<p>=CF=E0=F0=EE=EC =3D</p>\r\n--B\r\nContent-Type: image/png\r\n\r\nxx\r\n--B--\r\n"
)


def holding(content: bytes, name: str = "chunk.bin", body: str = CHUNK) -> bytes:
    """Return a document that holds another part."""
    inside = members(docx(p("Before.") + body + p("After.")))
    inside["word/_rels/document.xml.rels"] = (
        f'<Relationships><Relationship Id="c" Type="x/part" Target="/word/{name}"/></Relationships>'
    ).encode()
    return zipped(inside | {f"word/{name}": content})


def text(data: bytes) -> str:
    return only("a.docx", data).text


@pytest.mark.parametrize(
    ("name", "content", "inside"),
    [
        ("c.html", b"<html><head><title>T</title></head><body><h1>One</h1><p>Two", "One\n\nTwo"),
        ("c.htm", "<p>Паром</p>".encode("utf-16"), "Паром"),
        ("c.mht", MAIL, "Паром ="),
        ("c.html", b'<meta charset="windows-1251"><p>' + "Паром".encode("cp1251"), "Паром"),
        ("c.dat", b"One < two, a<b", "One < two, a<b"),
        ("c.rtf", rb"{\rtf1\ansi One\par Gr\'fc\'dfe}", "One\n\nGrüße"),
        ("c.txt", b"One < two\r\n\r\nThree", "One < two\n\nThree"),
        ("c.docx", docx(p("A title", "Title") + p("Inner.")), "A title\n\nInner."),
        ("c.docx", holding(holding(b"<p>Deep")), "Before.\n\nBefore.\n\nDeep\n\nAfter.\n\nAfter."),
    ],
)
def test_documents_that_were_taken_in_whole(name: str, content: bytes, inside: str) -> None:
    assert text(holding(content, name)) == f"Before.\n\n{inside}\n\nAfter."


def test_a_document_of_nothing_but_another() -> None:
    inside = members(holding(f"<p>{PROSE}".encode()))
    inside["word/document.xml"] = members(docx(CHUNK))["word/document.xml"]
    assert text(zipped(inside)) == PROSE


def test_what_is_taken_in_twice_is_read_once() -> None:
    assert text(holding(b"<p>Inner.", body=CHUNK * 1000)) == "Before.\n\nInner.\n\nAfter."


def test_a_document_that_takes_in_itself() -> None:
    inside = members(holding(b""))
    rels = inside["word/_rels/document.xml.rels"].replace(b"chunk.bin", b"document.xml")
    assert text(zipped(inside | {"word/_rels/document.xml.rels": rels})) == "Before.\n\nAfter."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 no archive", "a damaged archive"),
        (MAIL.replace(b"text/html", b"text/html" + b";\r\n a=b" * 100_000), "its type is too long"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_said(
    content: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert text(holding(content)) == "Before.\n\nAfter."
    assert f"'word/chunk.bin' in it is left out: {reason}" in caplog.text


def test_documents_nested_too_deeply_are_refused() -> None:
    data = docx(p(PROSE))
    for _ in range(5):
        data = holding(data)
    with pytest.raises(UnreadableArticle, match=r"^its elements are nested too deeply$"):
        only("a.docx", data)


def test_what_documents_in_documents_unpack_to_is_limited(caplog: pytest.LogCaptureFixture) -> None:
    inner = zipped(members(docx(p("Inner."))) | {"big": b"\0" * 900_000})
    assert "Inner." in parse("a.docx", holding(inner), ReadingLimits())[0].text
    limits = ReadingLimits(unpacked_bytes=900_000)
    assert parse("a.docx", holding(inner), limits)[0].text == "Before.\n\nAfter."
    assert "MB unpacked, more than" in caplog.text


def test_words_of_charts_diagrams_and_drawings() -> None:
    body = (
        '<w:p><w:r><w:t>See.</w:t><w:drawing><c:chart r:id="c" xmlns:c="urn:c" xmlns:r="urn:r"/>'
        "</w:drawing></w:r></w:p>"
    )
    chart = f"<c:chart xmlns:c='urn:c'><c:title>{LABEL.format('Ships by year')}</c:title></c:chart>"
    assert text(holding(chart.encode(), "chart.xml", body)) == (
        "Before.\n\nShips by year\n\nSee.\n\nAfter."
    )
    diagram = body.replace("c:chart r:id", "c:relIds r:dm")
    assert "Ships by year" in text(holding(chart.encode(), "data.xml", diagram))
    assert text(docx('<w:p><w:r><v:textpath xmlns:v="urn:v" string="In art"/></w:r></w:p>')) == (
        "In art"
    )
