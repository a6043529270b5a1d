"""Mutated files of every format: each gives articles or a reason, within its limits."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles import READERS, UnreadableArticle
from retrieval.articles.folder import ArticleFile
from retrieval.articles.parser import Parser
from retrieval.articles.text import clean
from tests.retrieval.articles.samples import SAMPLES, ZIPPED, members, zipped
from tests.retrieval.library import articles_in

SEED = 20_260_101
MEMORY_BYTES = 1_000_000_000
SECONDS = 20.0
# What small files never give.
DEFECTS = ("its reader crashed", "its reader failed", "took longer", "memory")
# What tells something to some reader; the last make a small file large.
MARKERS = (
    b"<", b">", b"</", b"/>", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE a [", b"<?",
    b"&x;", b"&#0;", b"&nbsp;", b"{", b"}", b"\\", b"\\'", b"\\u-1 ", b"\\bin9 ", b"\\*",
    b"\\uc99 ", b"\\row ", b"\\cell ", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80",
    b"\xed\xa0\x80", b"\r", b"\n\n", b"---\n", b"```", b"|", b"[", b"](", b"*", b"#",
    b"PK\x01\x02", b"PK\x05\x06", b'"', b"'", b"=", b"-1", b"99999999999999999999", b"../",
    b"\xe2\x80\xae", b"e" + b"\xcc\x81" * 50, b"%PDF-1.7", b"endobj", b"<a>" * 400,
    b"{" * 5000, b"[" * 2000, b"<w:p>" * 300, b"\\par " * 2000,
)  # fmt: skip
# Of attributes and elements.
VALUES = (
    "",
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "1.5",
    "²",
    "../../x",
    "/",
    "x" * 5000,
    "a#b%00",
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the data with one to six places of it changed."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made) + 1)
        to = min(len(made), at + chance.choice((1, 4, 30, 400)))
        match chance.randrange(7):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at:to] = chance.randbytes(to - at)
            case 2:
                del made[at:to]
            case 3:
                del made[at:]
            case 4:
                made[at:at] = made[at:to] * chance.randint(1, 20)
            case 5:
                other = chance.randrange(len(made) + 1)
                made[other:other] = made[at:to]
            case _:
                made[at:at] = chance.choice(MARKERS)
    return bytes(made)


def rearranged(data: bytes, chance: random.Random) -> bytes:
    """Return XML that is still well-formed, with one to six of its elements changed."""
    root = etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False))
    for _ in range(chance.randint(1, 6)):
        elements = list(root.iter(etree.Element))
        one, other = chance.choice(elements), chance.choice(elements)
        match chance.randrange(6):
            case 0 if one is not root:
                one.getparent().remove(one)
            case 1:
                other.append(deepcopy(one))
            case 2 if one not in (other, *other.iterancestors()):
                other.append(one)
            case 3 if one.attrib:
                one.set(chance.choice(one.keys()), chance.choice(VALUES))
            case 4:
                one.tag = other.tag
            case _:
                one.text = chance.choice(VALUES)
    return bytes(etree.tostring(root, encoding="utf-8"))


def mutations(suffix: str, count: int) -> Iterator[bytes]:
    """Yield mutated files; of an archive, most are whole and have mutated members."""
    chance = random.Random(f"{SEED} {suffix}")
    data = SAMPLES[suffix]()
    inside = members(data) if suffix in ZIPPED else {}
    for number in range(count):
        if not inside or number % 5 == 0:
            yield mutated(data, chance)
            continue
        name = chance.choice(sorted(name for name in inside if name != "mimetype"))
        change = mutated if number % 5 == 1 else rearranged
        yield zipped(inside | {name: change(inside[name], chance)})


def peak_bytes(process: int) -> int:
    """Return the most memory that a process had so far."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def feed(suffix: str, count: int, folder: Path) -> None:
    """Feed a parser with mutated files and look at all it says."""
    path = folder / f"a file{suffix}"
    said = 0
    peak = 0
    with Parser(articles_in(folder, max_megabytes=10, max_seconds=SECONDS)) as parser:
        for data in mutations(suffix, count):
            path.write_bytes(data)
            status = path.stat()
            try:
                parser.read(ArticleFile(path.name, status.st_size, status.st_mtime_ns))
                process = parser.process_id()
                articles = parser.parse()
            except UnreadableArticle as exc:
                reason = str(exc)
                assert reason
                assert not any(word in reason for word in DEFECTS), f"{reason}: {data!r}"
                continue
            said += 1
            for article in articles:
                assert article.text
                assert clean(article.text) == article.text
                assert article.source.title
            if process is not None and process == parser.process_id():
                peak = max(peak, peak_bytes(process))
    assert said, "no mutated file was read"
    assert 0 < peak < MEMORY_BYTES


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == set(READERS)


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
def test_mutated_files_give_articles_or_a_reason(suffix: str, tmp_path: Path) -> None:
    feed(suffix, 40, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("suffix", sorted(set(SAMPLES) - {".markdown"}))
def test_ten_thousand_mutated_files_give_articles_or_a_reason(suffix: str, tmp_path: Path) -> None:
    feed(suffix, 10_000, tmp_path)
