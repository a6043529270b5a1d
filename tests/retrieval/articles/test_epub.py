from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles.reading import UnreadableArticle
from tests.retrieval.articles.samples import PROSE, epub, members, zipped
from tests.retrieval.library import only


def text(*chapters: str | bytes) -> str:
    named = {f"c{number}.xhtml": chapter for number, chapter in enumerate(chapters)}
    return only("some-name.epub", epub(named)).text


def opf(data: bytes, old: str, new: str) -> bytes:
    """Return the book with a change of its package document."""
    inside = members(data)
    assert old.encode() in inside["OEBPS/book.opf"]
    inside["OEBPS/book.opf"] = inside["OEBPS/book.opf"].replace(old.encode(), new.encode())
    return zipped(inside)


def test_chapters_come_in_reading_order() -> None:
    data = epub({"z.xhtml": "<p>One.</p>", "a%20b.xhtml#x": "<p>Two.</p>", "m.xhtml": "<p>3.</p>"})
    inside = members(data)
    inside["OEBPS/a b.xhtml"] = inside.pop("OEBPS/a%20b.xhtml#x")
    assert only("a.epub", zipped(inside)).text == "One.\n\nTwo.\n\n3."


def test_markup_of_a_chapter() -> None:
    chapter = (
        "<h2>Costs</h2><p>It&nbsp;cost <i>5</i>&#160;&euro; &amp; more<br/>or less<a/>."
        '<a epub:type="noteref" href="#n">1</a></p><ol><li>Steel</li></ol><script src="x"/>'
        "<nav><ol><li>Menu</li></ol></nav><table><tr><td>a</td><td>b</td></tr></table>"
    )
    assert text(chapter) == "Costs\n\nIt cost 5 € & more\nor less.\n\n1. Steel\n\na | b"


@pytest.mark.parametrize(
    "chapter",
    [
        b"<html><head><title/></head><body><p>One &amp; two",
        "<html><body><p>One & two<br></body></html>".encode("utf-16"),
        b"<?xml version='1.0' encoding='ascii'?><html><body><p>One &amp; two</p></body></html>",
        b"<?xml version='1.0'?><!DOCTYPE html SYSTEM 'x.dtd'><p>One &amp; two</p>",
        "<p>One <lnİ[é>&amp; two".encode(),
    ],
)
def test_chapters_that_are_not_quite_right(chapter: bytes) -> None:
    assert text(chapter) == "One & two"


def test_metadata_of_a_book(caplog: pytest.LogCaptureFixture) -> None:
    data = epub(
        {"a.xhtml": f"<p>{PROSE}</p>"},
        metadata="<dc:title>A bridge</dc:title><dc:title>Of stone</dc:title>"
        '<dc:creator opf:role="aut">Ann Example</dc:creator><dc:creator>Bo</dc:creator>'
        '<dc:creator opf:role="ill">Cy</dc:creator>'
        '<dc:date opf:event="modification">2025-01-01</dc:date><dc:date>2023-01-01</dc:date>'
        '<dc:date opf:event="publication">2024-05-06</dc:date><dc:language>en-GB</dc:language>'
        "<dc:subject>bridge</dc:subject><dc:subject>river</dc:subject>",
    )
    source = only("a.epub", data).source
    assert (source.title, source.author) == ("A bridge", "Ann Example, Bo")
    assert (source.date, source.language) == (dt.date(2024, 5, 6), "en")
    assert source.tags == ("bridge", "river")
    assert caplog.messages == []


def test_a_book_that_declares_nothing(caplog: pytest.LogCaptureFixture) -> None:
    metadata = "<dc:date>0101-01-01T00:00:00+00:00</dc:date>"
    source = only("some-name.epub", epub({"a.xhtml": f"<p>{PROSE}</p>"}, metadata=metadata)).source
    assert (source.title, source.author, source.date) == ("some name", None, None)
    assert caplog.messages == []


def test_navigation_pictures_and_contents_are_left_out() -> None:
    data = epub(
        {"nav.xhtml": "<p>Menu</p>", "toc.xhtml": "<p>Page 7</p>", "a.xhtml": "<p>One.</p>"}
    )
    data = opf(data, 'href="nav.xhtml"', 'properties="scripted nav" href="nav.xhtml"')
    data = opf(
        data, "</spine>", '</spine><guide><reference type="toc" href="toc.xhtml#a"/></guide>'
    )
    data = opf(
        data, "</manifest>", '<item id="p" href="p.svg" media-type="image/svg+xml"/></manifest>'
    )
    data = opf(data, "</spine>", '<itemref idref="p"/><itemref idref="none"/></spine>')
    assert only("a.epub", data).text == "One."


def test_addresses_out_of_the_archive_lead_nowhere() -> None:
    data = epub({"a.xhtml": "<p>One.</p>"})
    for address in ("../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "%2e%2e/x"):
        changed = opf(data, "</manifest>", f'<item id="x" href="{address}" media-type="text/html"/>'
                      "</manifest>")  # fmt: skip
        changed = opf(changed, "</spine>", '<itemref idref="x"/></spine>')
        assert only("a.epub", changed).text == "One."


def test_a_chapter_is_read_once() -> None:
    data = opf(
        epub({"a.xhtml": "<p>One.</p>"}), "</spine>", '<itemref idref="i0"/>' * 9 + "</spine>"
    )
    assert only("a.epub", data).text == "One."


def test_an_encrypted_book_says_so_and_encrypted_fonts_do_not_matter() -> None:
    inside = members(epub({"a.xhtml": "<p>One.</p>"}))
    for uri, readable in (("OEBPS/font.otf", True), ("OEBPS/a.xhtml", False)):
        inside["META-INF/encryption.xml"] = (
            f'<encryption xmlns:enc="urn:e"><enc:CipherReference URI="{uri}"/></encryption>'
        ).encode()
        if readable:
            assert only("a.epub", zipped(inside)).text == "One."
        else:
            with pytest.raises(UnreadableArticle, match=r"^encrypted$"):
                only("a.epub", zipped(inside))


def test_an_archive_that_is_no_book() -> None:
    for inside in ({"a": "b"}, {"META-INF/container.xml": "<container><rootfile/></container>"}):
        with pytest.raises(UnreadableArticle, match=r"^no book in it$"):
            only("a.epub", zipped(inside))
