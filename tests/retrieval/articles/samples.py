"""Small files of each format, built here, for tests that need any file of each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

from tests.retrieval.articles.channel_pages import page
from tests.retrieval.articles.pdfs import PAPER
from tests.retrieval.articles.samples_channel import EXPORT, POSTS
from tests.retrieval.articles.samples_feeds import ATOM, RDF, RSS

PROSE = (
    "The new bridge over the river opened on Monday after six years of work, and it was crowded."
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_DC = "http://purl.org/dc/elements/1.1/"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return an archive of these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def docx(body: str, *, core: str = "", **parts: str) -> bytes:
    """Return a Word document; parts are those beside it, such as `styles`, without their root."""
    related = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name in parts
    )
    return zipped(
        {
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}">'
            f'<Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
            f'<Relationship Id="b" Type="{_PACKAGE}/core-properties" Target="/docProps/core.xml"/>'
            "</Relationships>",
            "docProps/core.xml": f'<c:coreProperties xmlns:c="urn:c" xmlns:dc="{_DC}" '
            f'xmlns:dcterms="http://purl.org/dc/terms/">{core}</c:coreProperties>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{related}'
            "</Relationships>",
            "word/document.xml": f'<w:document xmlns:w="{WORD}" xmlns:mc="urn:mc">'
            f"<w:body>{body}</w:body></w:document>",
            **{
                f"word/{name}.xml": f'<w:{name} xmlns:w="{WORD}">{xml}</w:{name}>'
                for name, xml in parts.items()
            },
        }
    )


def p(text: str, style: str = "", properties: str = "") -> str:
    """Return a paragraph of a Word document."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def odt(body: str, *, meta: str = "", styles: str = "") -> bytes:
    """Return an OpenDocument text."""
    names = "".join(
        f' xmlns:{short}="{_ODF}:{name}:1.0"'
        for short, name in {
            "office": "office", "text": "text", "table": "table", "style": "style", "meta": "meta",
            "draw": "drawing", "svg": "svg-compatible",
        }.items()
    )  # fmt: skip
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content{names}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
            "meta.xml": f'<office:document-meta{names} xmlns:dc="{_DC}"><office:meta>{meta}'
            "</office:meta></office:document-meta>",
        }
    )


def epub(
    chapters: Mapping[str, str | bytes],
    *,
    metadata: str = "",
    more: Mapping[str, str] | None = None,
) -> bytes:
    """Return a book; chapters by their address are bodies in XHTML, or the bytes of a file."""
    items = "".join(
        f'<item id="i{number}" href="{href}" media-type="application/xhtml+xml"/>'
        for number, href in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="i{number}"/>' for number in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:"
            "container'><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>",
            "OEBPS/book.opf": f'<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="{_DC}" '
            f'xmlns:opf="http://www.idpf.org/2007/opf"><metadata>{metadata}</metadata>'
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{
                f"OEBPS/{href}": chapter
                if isinstance(chapter, bytes)
                else "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE html>"
                "<html xmlns='http://www.w3.org/1999/xhtml' xmlns:epub='http://www.idpf.org/2007/"
                f"ops'><head><title/></head><body>{chapter}</body></html>"
                for href, chapter in chapters.items()
            },
            **(more or {}),
        }
    )


def _markdown() -> bytes:
    return f"""---
title: A bridge opens
date: 2024-05-06
authors: [Ann Example, {{name: Bo}}]
tags: bridge, river
---
# A bridge opens

{PROSE} *Really* `so` [here](https://example.org), ~~not~~ <b>there</b>.

- Steel
- Stone
  1. granite

| Year | Cars |
|------|------|
| 2024 | 1000 |

> {PROSE}
""".encode()


def _html() -> bytes:
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>A bridge opens</title><meta name="author" content="Ann Example">
<meta property="article:published_time" content="2024-05-06"></head><body>
<nav><a href="/">Home</a></nav><article><h1>A bridge opens</h1><p>{PROSE}</p>
<ul><li>Steel<li>Stone</ul><table><tr><th>Year<td>Cars</table><p>{PROSE}</p></article>
<script>let a = "</p>"</script></body></html>""".encode()


def _docx() -> bytes:
    return docx(
        p("A bridge opens", "Title")
        + p("S", properties='<w:framePr w:dropCap="drop"/>')
        + p(PROSE)
        + '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>X</w:instrText><w:fldChar '
        'w:fldCharType="separate"/><w:sym w:font="Symbol" w:char="F061"/><w:fldChar '
        'w:fldCharType="end"/></w:r><m:oMath xmlns:m="urn:m"><m:f><m:num><m:r><m:t>1</m:t></m:r>'
        "</m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>"
        '<w:altChunk r:id="endnotes" xmlns:r="urn:r"/>'
        + p("Steel", "ListBullet")
        + p("Granite", properties='<w:numPr><w:ilvl w:val="1"/><w:numId w:val="2"/></w:numPr>')
        + "<w:tbl><w:tr><w:tc>" + p("Year") + "</w:tc><w:tc>" + p("Cars") + "</w:tc></w:tr></w:tbl>"
        + '<w:p><w:r><w:t>Noted.</w:t><w:footnoteReference w:id="2"/></w:r></w:p>',
        core="<dc:creator>Ann Example</dc:creator><dcterms:created>2024-05-06T10:00:00Z"
        "</dcterms:created>",
        styles='<w:style w:styleId="Title"><w:name w:val="Title"/></w:style>'
        '<w:style w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:pPr><w:numPr>'
        '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>',
        numbering='<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
        '</w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>',
        footnotes=f'<w:footnote w:id="2">{p("A note.")}</w:footnote>',
        endnotes="",
    )  # fmt: skip


def _odt() -> bytes:
    return odt(
        f'<text:h text:outline-level="1">A bridge opens</text:h><text:p>{PROSE}<text:s text:c="2"/>'
        '<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note></text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>Steel</text:p></text:list-item>'
        "</text:list><table:table><table:table-row><table:covered-table-cell/><table:table-cell "
        'table:number-columns-spanned="2"><text:p>Year</text:p>'
        "</table:table-cell><table:table-cell><text:p>Cars</text:p></table:table-cell>"
        "</table:table-row></table:table>",
        meta="<dc:title>A bridge</dc:title><meta:creation-date>2024-05-06T10:00:00"
        "</meta:creation-date>",
        styles='<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/>'
        "</text:list-style>",
    )  # fmt: skip


def _epub() -> bytes:
    return epub(
        {
            "one.xhtml": f"<h1>A bridge</h1><p>{PROSE}&nbsp;More.</p><ol><li>Steel</li></ol>"
            '<p>the en<span epub:type="pagebreak" id="p12">12</span>gine'
            '<sup><a href="#n">1</a></sup>'
            "<svg><text>Oil</text></svg></p>",
            "two.xhtml": f"<h2>Costs</h2><table><tr><td>a</td><td>b</td></tr></table>{PROSE}",
        },
        metadata="<dc:title>A bridge</dc:title><dc:creator>Ann Example</dc:creator>"
        "<dc:date>2024-05-06</dc:date><dc:language>en</dc:language>",
    )


def _rtf() -> bytes:
    return (
        rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204 A;}}"
        rb"{\info{\title A bridge}{\author Ann}{\creatim\yr2024\mo5\dy6}}{\header top\par}"
        rb"\pard\f0 " + PROSE.encode() + rb" caf\'e9 \u8364?5 {\f1 \'cf\'f0\'e8}\par"
        rb"{\listtext\'b7\tab}Steel\par\trowd\intbl a\cell b\cell\row\pard{\pict\bin4 }}}}}"
        rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt In a box\par}}}\pard\dropcapli3 E\par\pard "
        rb"nd{\footnote A note.\par}{\field{\*\fldinst X}{\fldrslt link}}\par}"
    )


SAMPLES: Mapping[str, Callable[[], bytes]] = {
    ".txt": lambda: f"A bridge opens\n\n{PROSE}\n\nÜber 5 €, „sagt“ er.\n".encode(),
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": lambda: page("Birds", POSTS),
    ".docx": _docx,
    ".odt": _odt,
    ".epub": _epub,
    ".rtf": _rtf,
    ".pdf": lambda: PAPER,
    ".rss": lambda: RSS,
    ".atom": lambda: ATOM,
    ".xml": lambda: RDF,
    ".json": lambda: EXPORT,
}
"""A file for each suffix that is read."""

ZIPPED = frozenset({".docx", ".odt", ".epub"})
"""Suffixes of archives."""
