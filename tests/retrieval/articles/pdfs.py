"""A writer of PDF files, for tests: lines of text in Helvetica, rules, fields and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Text at a place, in points from the page's lower left corner; upwards if it is turned."""

    text: str
    x: float = 72
    y: float = 700
    size: float = 12
    turned: bool = False


@dataclass(frozen=True)
class Rule:
    """A thin line from one place to another."""

    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True)
class Annotation:
    """A field or a note in a rectangle.

    Attributes:
        entries: What its dictionary has beside the rectangle.
        box: Left, lower, right and upper edge.
    """

    entries: bytes
    box: tuple[int, int, int, int] = (200, 695, 400, 715)


Item = Words | Rule | Annotation


def column(*lines: str, x: float = 72, y: float = 700, leading: float = 14) -> list[Words]:
    """Set lines below each other; an empty one leaves half a line free."""
    words = []
    for line in lines:
        if line:
            words.append(Words(line, x, y))
        y -= leading if line else leading / 2
    return words


def pdf(
    *pages: Iterable[Item],
    info: Mapping[str, str] | None = None,
    trailer: bytes = b"",
    rotate: int = 0,
) -> bytes:
    """Write a document of pages 612 × 792 points.

    Args:
        pages: What stands on each.
        info: The document information.
        trailer: More entries of the trailer.
        rotate: By how many degrees its pages are turned when they are shown.
    """
    objects = [
        b"",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<<%s>>" % b"".join(b"/%s%s" % (k.encode(), _text(v)) for k, v in (info or {}).items()),
    ]
    kids, fields = [], []
    for page in pages:
        items = list(page)
        shown = b"BT%sET\n" % b"".join(_shown(item) for item in items if isinstance(item, Words))
        shown += b"".join(_drawn(item) for item in items if isinstance(item, Rule))
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown))
        contents, notes = len(objects), []
        for item in items:
            if isinstance(item, Annotation):
                box = b"[%d %d %d %d]" % item.box
                objects.append(b"<</Type/Annot%s/Rect%s>>" % (item.entries, box))
                notes.append(b"%d 0 R" % len(objects))
                if b"/Widget" in item.entries:
                    fields.append(notes[-1])
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 3 0 R>>>>"
            b"/Contents %d 0 R/Annots[%s]/Rotate %d>>" % (contents, b" ".join(notes), rotate)
        )
        kids.append(b"%d 0 R" % len(objects))
    form = b"/AcroForm<</Fields[%s]>>" % b" ".join(fields) if fields else b""
    objects[0] = b"<</Type/Catalog/Pages 2 0 R%s>>" % form
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return written(objects, b"/Info 4 0 R" + trailer)


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Write objects, numbered from 1, the first being the catalog."""
    data, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj %s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R%s>>\n"
        b"startxref\n%d\n%%%%EOF" % (size, table, size, trailer, len(data))
    )


def _shown(words: Words) -> bytes:
    text = _text(words.text, encoding="cp1252")
    matrix = b"0 1 -1 0" if words.turned else b"1 0 0 1"
    return b"/F %g Tf %s %g %g Tm%sTj\n" % (words.size, matrix, words.x, words.y, text)


def _drawn(rule: Rule) -> bytes:
    return b"%g %g m %g %g l S\n" % (rule.x, rule.y, rule.to_x, rule.to_y)


def _text(text: str, encoding: str = "utf-16") -> bytes:
    # Big-endian with its mark, as PDF has it.
    data = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16" else text.encode(encoding)
    return b"<%s>" % data.hex().encode()


PAGE = column(
    "The new bridge over the river opened on Monday after six years of exam-",
    "ination, work and waiting. Crowds walked across it from the early morning.",
    "It cost four million.",
    "",
    "The old one, which stood here for a century, will be taken down in spring.",
)
HEAD = [Words("Annals of bridges", y=760), Words("1", x=300, y=30)]
INFO = {"Title": "A new bridge", "Author": "A. Crow", "CreationDate": "D:20240503120000+02'00'"}
PAPER = pdf([*HEAD, *PAGE], [], [*HEAD, *column("The old one is gone.")], info=INFO)
