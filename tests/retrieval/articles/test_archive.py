from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.archive import MAX_MEMBERS, Archive
from retrieval.articles.metadata import ReadingLimits
from tests.retrieval.articles.samples import (  # fmt: skip
    PROSE,
    SAMPLES,
    WORD,
    ZIPPED,
    docx,
    epub,
    members,
    odt,
    p,
    zipped,
)
from tests.retrieval.library import only

MAIN = {".docx": "word/document.xml", ".odt": "content.xml", ".epub": "OEBPS/one.xhtml"}
SUFFIXES = sorted(ZIPPED)


def declaring(data: bytes, name: str, size: int) -> bytes:
    """Return the archive with a size that it declares for a member."""
    made = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo(name).header_offset
    made[start + 22 : start + 26] = struct.pack("<I", size)
    entry = made.rindex(name.encode()) - 46
    made[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(made)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_bomb_is_refused_by_what_it_declares(suffix: str) -> None:
    data = declaring(SAMPLES[suffix](), MAIN[suffix], 300_000_000)
    with pytest.raises(
        UnreadableArticle, match=r"^300\.0 MB unpacked, more than articles\.max_unpacked_megabytes"
    ):
        only(f"a{suffix}", data)


def test_what_is_not_read_counts_as_well() -> None:
    inside = members(docx(p(PROSE))) | {"word/media/image.png": b"\0" * 2_000_000}
    with pytest.raises(UnreadableArticle, match=r"MB unpacked, more than"):
        parse("a.docx", zipped(inside), ReadingLimits(unpacked_bytes=1_000_000))


def test_a_member_never_gives_more_than_it_declares() -> None:
    data = declaring(zipped({"a.xml": b"x" * 50_000_000}), "a.xml", 1_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableArticle, match=r"^a damaged archive \(Bad CRC-32"):
            Archive(data, ReadingLimits()).read("a.xml")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_too_many_members() -> None:
    data = zipped({str(number): b"" for number in range(MAX_MEMBERS + 1)})
    for suffix in SUFFIXES:
        with pytest.raises(UnreadableArticle, match=r"^an archive of more than 20,000 files$"):
            only(f"a{suffix}", data)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no archive", r"a damaged archive, or none \(File is not a zip file\)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, "encrypted, or in the format of Office 97"),
        (b"PK\x05\x06" + b"\0" * 18, "no (Word document|OpenDocument text|book) in it"),
    ],
)
def test_what_is_no_such_archive(suffix: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableArticle, match=f"^{reason}"):
        only(f"a{suffix}", data)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_encrypted_archive(suffix: str) -> None:
    data = bytearray(SAMPLES[suffix]())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(UnreadableArticle, match=r"^encrypted$"):
        only(f"a{suffix}", bytes(data))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_archive(suffix: str) -> None:
    data = SAMPLES[suffix]()
    for length in range(0, len(data) - 1, 97):
        with pytest.raises(UnreadableArticle, match=r"^(a damaged archive|no text)"):
            only(f"a{suffix}", data[:length])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_member_whose_bytes_are_damaged(suffix: str) -> None:
    inside = members(SAMPLES[suffix]())
    data = bytearray(zipped({MAIN[suffix]: inside.pop(MAIN[suffix]), **inside}))
    data[100:104] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadableArticle, match=r"^a damaged archive \("):
        only(f"a{suffix}", bytes(data))


def test_a_compression_that_no_document_has() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"/>')
    with pytest.raises(UnreadableArticle, match=r"'word/document\.xml' is compressed in a rare"):
        only("a.docx", data.getvalue())


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil", "C:\\evil", "word/../../x", "\0"])
def test_names_of_members_are_no_paths(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    inside = members(docx(p(PROSE))) | {name: b"evil"}
    assert only("a.docx", zipped(inside)).text == PROSE
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# XML


ENTITIES = (
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY file SYSTEM "file:///etc/passwd">'
    '<!ENTITY % remote SYSTEM "http://127.0.0.1:9/x.dtd"> '
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 40}">' for a, b in pairwise("abcdefghi"))
    + "]>"
)


def with_text(suffix: str, text: str, doctype: str = "") -> bytes:
    if suffix == ".docx":
        data, start = docx(p(text)), "<w:document"
    elif suffix == ".odt":
        data, start = odt(f"<text:p>{text}</text:p>"), "<office:document-content"
    else:
        data, start = epub({"one.xhtml": f"<p>{text}</p>"}), "<html"
    inside = members(data)
    main = inside[MAIN[suffix]].decode().replace("<!DOCTYPE html>", "")
    return zipped(inside | {MAIN[suffix]: main.replace(start, doctype + start, 1)})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_entities_are_not_expanded(suffix: str) -> None:
    data = with_text(suffix, "One &b;two &file;three.", ENTITIES)
    assert only(f"a{suffix}", data).text == "One two three."


@pytest.mark.parametrize("text", ["&i;One.", '<x y="&i;"/>One.'])
@pytest.mark.parametrize("suffix", [".docx", ".odt"])
def test_a_bomb_of_entities_is_refused(suffix: str, text: str) -> None:
    with pytest.raises(UnreadableArticle, match="Maximum entity amplification factor exceeded"):
        only(f"a{suffix}", with_text(suffix, text, ENTITIES))


@pytest.mark.parametrize("text", ["&i;One.", '<x y="&i;"/>One.'])
def test_a_bomb_of_entities_in_a_book_stays_small(text: str) -> None:
    assert len(only("a.epub", with_text(".epub", text, ENTITIES)).text) < 3000


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("tag", ["w:p", "text:p", "table:table", "w:tbl", "div", "b"])
def test_elements_nested_too_deeply(suffix: str, tag: str) -> None:
    deep = f"<{tag}>" * 100_000 + "x" + f"</{tag}>" * 100_000
    with pytest.raises(UnreadableArticle, match=r"^its elements are nested too deeply$"):
        only(f"a{suffix}", with_text(suffix, deep))


@pytest.mark.parametrize("suffix", [".docx", ".odt"])
def test_what_is_no_xml(suffix: str) -> None:
    with pytest.raises(UnreadableArticle, match=r"^a damaged file \('.*' is no XML: "):
        only(f"a{suffix}", with_text(suffix, "<unclosed>"))
