from __future__ import annotations

import datetime as dt

import pytest

from retrieval.articles import UnreadableArticle
from tests.retrieval.articles.samples import PROSE, epub, members, zipped
from tests.retrieval.library import only


def text(*chapters: str | bytes) -> str:
    named = {f"c{number}.xhtml": chapter for number, chapter in enumerate(chapters)}
    return only("some-name.epub", epub(named)).text


def book(chapter: str, *items: tuple[str, str, str]) -> str:
    """Return the text of a book of one chapter, with more items: attributes, address, content."""
    data = epub({"c.xhtml": chapter}, more={f"OEBPS/{name}": xml for _, name, xml in items})
    more = "".join(f'<item id="{name}" href="{name}" {what}/>' for what, name, _ in items)
    return only("a.epub", opf(data, "</manifest>", f"{more}</manifest>")).text


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
    "mark",
    [
        '<span epub:type="pagebreak" id="p12">12</span>',
        '<span role="doc-pagebreak" aria-label="12">Page 12.</span>',
        '<div epub:type="pagebreak" title="12"><span>xii</span></div>',
        '<span class="pagenum"><a id="Page_12">[Pg 12]</a></span>',
        '<a class="x-ebookmaker-pageno" title="[12]"/>',
        '<span class="page-number">[xii]</span>',
        '<a id="page_12"/>',
        '<a id="page012">12</a>',
        '<b>[<a id="p12"/>12]</b>',
        '<span class="lineno">10</span>',
    ],
)
def test_pages_of_the_printed_edition_are_no_text(mark: str) -> None:
    chapter = (
        f"<p>past the {mark}northern buoy, the en{mark}gine</p><p>{mark}</p><p>solely {mark} to"
    )
    assert text(f"{chapter}</p>") == "past the northern buoy, the engine\n\nsolely to"


@pytest.mark.parametrize(
    "more",
    [
        (
            'media-type="application/x-dtbncx+xml"',
            "toc.ncx",
            "<ncx xmlns='urn:n'><pageList><pageTarget><navLabel><text>12</text></navLabel>"
            "<content src='c.xhtml#x7'/></pageTarget></pageList></ncx>",
        ),
        (
            'media-type="application/xhtml+xml" properties="nav"',
            "nav.xhtml",
            "<html xmlns:epub='urn:o'><nav epub:type='page-list'><a href='c.xhtml#x7'>12</a></nav>"
            "</html>",
        ),
        (
            'media-type="application/oebps-page-map+xml"',
            "map.xml",
            "<page-map><page name='12' href='c.xhtml#x7'/></page-map>",
        ),
    ],
)
def test_a_list_of_pages_names_what_is_no_text(more: tuple[str, str, str]) -> None:
    assert book('<p>the en<b id="x7">12</b>gine</p>', more) == "the engine"
    assert book('<p id="x7">The engine was 12</p>', more) == "The engine was 12"


def test_a_mark_of_a_page_takes_no_text_with_it() -> None:
    broken = '<p>past the <span role="doc-pagebreak" id="p12"/>northern buoy.<br></p>'
    assert text(f"<html><body>{broken}".encode()) == "past the northern buoy."
    typed = '<p>en<span epub:type="pagebreak">12</span>gine<br></p>'
    assert text(f"<html><body>{typed}".encode()) == "engine"
    around = '<span role="doc-pagebreak">The northern buoy.</span>'
    assert text(f"<p>{around} Two.</p>") == "The northern buoy. Two."


def test_numbers_of_windows_are_its_characters() -> None:
    assert text("<p>don&#146;t &#x93;so&#x94; &#133;</p>") == "don’t “so” …"


def test_numbers_that_are_text_stay() -> None:
    chapter = (
        '<h2 id="page_1">1</h2><p id="p12">In 12 days.</p><p>See <a id="p13" href="#x">13</a>, '
        '<b id="page_3">4</b>, <i class="pagenum">the sea</i>.</p>'
    )
    assert text(chapter) == "1\n\nIn 12 days.\n\nSee 13, 4, the sea."


@pytest.mark.parametrize(
    "mark",
    [
        '<sup><a href="#n1">1</a></sup>',
        '<a href="notes.xhtml#n1"><sup>[12]</sup></a>',
        '<a href="notes.xhtml#n1" class="super">*</a>',
        '<a href="#n1" role="doc-noteref">a</a>',
    ],
)
def test_marks_of_notes_are_no_text(mark: str) -> None:
    chapter = (
        f'<p>They left{mark} at once.{mark} So see <a href="#t">3</a> and <a href="#q">Q</a>.</p>'
    )
    assert text(chapter) == "They left at once. So see 3 and Q."


def test_notes_stay_where_they_stand_and_hidden_text_does_not() -> None:
    chapter = (
        '<p>One.</p><aside epub:type="footnote" hidden="hidden">A note. <a href="#r">↩</a></aside>'
        '<p hidden="">Two.</p><p>Three.</p>'
    )
    assert text(chapter) == "One.\n\nA note.\n\nThree."


def test_raised_digits_behind_a_digit_stay_apart() -> None:
    assert text("<p>10<sup>6</sup> cars, m<sup>2</sup></p>") == "10⁶ cars, m2"


def test_readings_alternatives_and_drawings() -> None:
    chapter = (
        "<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p><epub:switch><epub:case "
        'required-namespace="urn:x"><x>Case</x></epub:case><epub:default><p>Default</p></epub:default>'
        '</epub:switch><svg xmlns="http://www.w3.org/2000/svg"><title>T</title><desc>D</desc>'
        '<text>Oil <tspan x="1">and gas</tspan></text></svg>'
    )
    assert text(chapter) == "漢字\n\nDefault\n\nOil\n\nand gas"


@pytest.mark.parametrize(
    "chapter",
    [
        b"<html><head><title/></head><body><p>One &amp; two",
        "<?xml version='1.0' encoding='utf-16'?><p>One &amp; two</p>".encode("utf-16-le"),
        "<?xml version='1.0' encoding='utf-16'?><p>One &amp; two</p>".encode("utf-16-be"),
        "<html><body><p>One & two<br></body></html>".encode("utf-16"),
        b"<?xml version='1.0' encoding='ascii'?><html><body><p>One &amp; two</p></body></html>",
        b"<?xml version='1.0'?><!DOCTYPE html SYSTEM 'x.dtd'><p>One &amp; two</p>",
        "<p>One <lnİ[é>&amp; two".encode(),
    ],
)
def test_chapters_that_are_not_quite_right(chapter: bytes) -> None:
    assert text(chapter) == "One & two"


def test_a_chapter_in_the_encoding_that_it_declares() -> None:
    chapter = '<?xml version="1.0" encoding="windows-1251"?><p>Да</p>'
    assert text(chapter.encode("cp1251")) == "Да"


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


def test_titles_and_authors_that_are_refined() -> None:
    data = epub(
        {"a.xhtml": f"<p>{PROSE}</p>"},
        metadata='<dc:title id="s">Of stone</dc:title><dc:title id="m">A bridge</dc:title>'
        '<meta refines="#s" property="title-type">subtitle</meta>'
        '<meta refines="#m" property="title-type">main</meta>'
        '<dc:creator id="a">Ann</dc:creator><dc:creator id="b">Bo</dc:creator>'
        '<meta refines="#a" property="role" scheme="marc:relators">trl</meta>'
        '<meta refines="#b" property="role" scheme="marc:relators">aut</meta>',
    )
    source = only("a.epub", data).source
    assert (source.title, source.author) == ("A bridge", "Bo")


def test_a_book_that_declares_nothing(caplog: pytest.LogCaptureFixture) -> None:
    metadata = "<dc:date>0101-01-01T00:00:00+00:00</dc:date><dc:creator>Unknown</dc:creator>"
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


def test_what_cannot_be_read_is_read_in_its_stead() -> None:
    items = (
        '<item id="x" href="x.bin" media-type="x/y" fallback="y"/><item id="y" href="y.pdf" '
        'media-type="application/pdf" fallback="i0"/><item id="z" fallback="z"/>'
    )
    data = opf(epub({"a.xhtml": "<p>One.</p>"}), "</manifest>", f"{items}</manifest>")
    data = opf(data, '<itemref idref="i0"/>', '<itemref idref="z"/><itemref idref="x"/>')
    assert only("a.epub", data).text == "One."


def test_names_may_differ_in_case_escapes_and_slashes() -> None:
    inside = members(epub({"A%20b.xhtml": "<p>One.</p>", "sub/c.xhtml": "<p>Two.</p>"}))
    inside["oebps\\SUB\\C.xhtml"] = inside.pop("OEBPS/sub/c.xhtml")
    del inside["META-INF/container.xml"]
    assert only("a.epub", zipped(inside)).text == "One.\n\nTwo."


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
