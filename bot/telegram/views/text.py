"""Text for Telegram: counted in UTF-16 units, normalised, freed of links, and cut at a border.

Telegram's servers look for links in plain text too: they turn `@name`, `#tag`, `$TAG`, `/command`,
`a@b.org`, `b.org` and `http://...` into entities of their own, and add these to the entities that
were sent, inside a quote as well (TDLib, MessageEntity.cpp: `find_entities`,
`merge_new_entities`). A mention notifies a member of a group, and a command is sent by a tap. So
U+2060 WORD JOINER, which has no width, is put where each of these is recognised. What recognises
them was read in TDLib's source and not tried on Telegram itself; bank card numbers, and the phone
numbers that some clients find on their own, are left alone.

A text must be `normalised` before anything else is done with it, because half a surrogate pair
cannot be counted. Spans are (start, end) pairs of characters, not of UTF-16 units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from retrieval.articles import row_ends

Spans = tuple[tuple[int, int], ...]

_CUT_END, _CUT_START = " …", "… "
# Controls that reorder what stands around them, and halves of surrogate pairs.
_DROPPED = re.compile(r"[\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
# Telegram makes a space of a control character, and trims it at the ends.
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# Stands for the end of a table's row: no white space, and one of the controls that are dropped.
_ROW_END = "\u2069"
_ROW_ENDS = re.compile(f"{_ROW_END}+")
_JOINER = "\u2060"
_RECOGNISED = re.compile(
    r"(?<=@)(?=\w)"  # a mention, or the domain of an e-mail address
    r"|(?<=#)(?=[\w\u00b7\u200c\u0d80-\u0dff])"
    r"|(?<=\$)(?=[A-Z1])"
    r"|(?:(?<=[^\w/<>]/)|(?<=\A/))(?=\w)"  # a command
    r"|(?<=:)(?=//)"
    r"|(?<=\.)(?=[^\W\d_])"  # a domain
    r"|(?<=\d\.)(?=\d+\.\d)"  # an IPv4 address
)
_SENTENCE_END = re.compile(r"[.!?…؟۔।॥։።]['\"’”»)\]]*(?=\s)|[。！？။។៕]['\"’”»)\]」』】）》]*")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def normalised(
    text: str, spans: Iterable[tuple[int, int]] = (), *, rows: bool = False
) -> tuple[str, Spans]:
    """Make each run of white space one space, none at the ends, and drop what reorders text.

    Args:
        text: Somebody's text.
        spans: Places in it.
        rows: Whether each row of a table has a line of its own.
    """
    text, spans = _rewritten(_DROPPED, "", text, spans)
    characters = list(text)
    for start, end in row_ends(text) if rows else ():
        characters[start:end] = _ROW_END * (end - start)
    text, spans = _rewritten(_SPACE, " ", "".join(characters), spans)
    text, spans = _rewritten(_ROW_ENDS, "\n", text, spans)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    inside = [[min(max(place - lead, 0), len(text)) for place in span] for span in spans]
    return text, tuple((start, end) for start, end in inside)


def harmless(text: str, spans: Iterable[tuple[int, int]] = ()) -> tuple[str, Spans]:
    """Keep Telegram from making links of a text; a second time changes nothing."""
    return _rewritten(_RECOGNISED, _JOINER, text, spans)


def safe(text: str) -> str:
    """Return somebody's text normalised and harmless."""
    return harmless(normalised(text)[0])[0]


def one_line(text: str, room: int) -> str:
    """Return somebody's text as a safe part of a line, in so many UTF-16 units.

    Right-to-left text is isolated, since it would reorder what stands beside it.
    """
    line = safe(text)
    if _RIGHT_TO_LEFT.isdisjoint(map(unicodedata.bidirectional, line)):
        return shortened(line, room)
    return f"\u2068{shortened(line, room - 2)}\u2069"


def within(text: str, spans: Iterable[tuple[int, int]]) -> Spans:
    """Clip the spans to the text, in order, joined where only white space parts them.

    No span is empty or begins or ends with white space, since Telegram would trim it.
    """
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        begin = max(start, 0)
        piece = text[begin : max(end, begin)]
        begin += len(piece) - len(piece.lstrip())
        stop = begin + len(piece.strip())
        if begin == stop:
            continue
        if kept and not text[kept[-1][1] : begin].strip():
            begin, stop = kept[-1][0], max(kept.pop()[1], stop)
        kept.append((begin, stop))
    return tuple(kept)


def shortened(text: str, room: int) -> str:
    """Cut the end of a text that exceeds the units, and mark the cut."""
    if border(text, room) == len(text):
        return text
    if room < len(_CUT_END):
        return ""
    return text[: border(text, room - len(_CUT_END))].rstrip() + _CUT_END


def ending(text: str, room: int) -> str:
    """Cut the start of a text that exceeds the units, and mark the cut."""
    if border(text, room) == len(text):
        return text
    if room < len(_CUT_START):
        return ""
    keep = max(0, room - len(_CUT_START) - len(_JOINER))
    tail = text[len(text) - min(keep, len(text)) :].encode("utf-16-le")
    # As in `border`, half a surrogate pair is not kept.
    length = len(tail[max(0, len(tail) - 2 * keep) :].decode("utf-16-le", "ignore"))
    begin = len(text) - length
    middle = begin + length // 2
    sentence = _SENTENCE_END.search(text, begin, middle)
    if sentence:
        begin = sentence.end()
    elif begin < len(text) and not text[begin - 1].isspace():
        word = text.find(" ", begin, middle)
        places = range(begin, len(text))
        begin = word if word >= 0 else next((n for n in places if _may_part(text, n)), begin)
    # The cut may have laid a command bare: what follows a slash within a word is none.
    return harmless(_CUT_START + text[begin:].lstrip())[0]


def around(text: str, start: int, end: int, room: int) -> tuple[str, int]:
    """Cut a text on both sides of a span, which is cut at its end only if it alone is too long.

    Returns:
        The text, and how far the span has moved in it; the number is negative.
    """
    if border(text, room) == len(text):
        return text, 0
    kept = shortened(text[start:end], room)
    spare = room - units(kept) if kept == text[start:end] else 0
    before = ending(text[:start], max(spare // 2, spare - units(text[end:])))
    after = shortened(text[end:], spare - units(before))
    whole = before + kept + after
    return whole.strip(), len(before) - start - (len(whole) - len(whole.lstrip()))


def border(text: str, room: int, start: int = 0) -> int:
    """Return the best place to cut a text that has so many units of room.

    It is behind a sentence or a word, if half of the room is filled, and otherwise where no
    character is parted. It is the text's end where all of it has room.
    """
    room = max(room, 0)
    # The cut may fall into a surrogate pair, of which nothing is then kept.
    piece = text[start : start + room].encode("utf-16-le")[: 2 * room]
    bare = piece.decode("utf-16-le", "ignore")
    end = start + len(bare)
    if end == len(text):
        return end
    sentences = [match.end() for match in _SENTENCE_END.finditer(bare)]
    if sentences and sentences[-1] > len(bare) // 2:
        return start + sentences[-1]
    if text[end].isspace():
        return end
    word = bare.rfind(" ")
    if word > len(bare) // 2:
        return start + word
    return next((place for place in range(end, start, -1) if _may_part(text, place)), end)


def _may_part(text: str, place: int) -> bool:
    """Whether no mark, variation or joined emoji is parted from its base here."""
    if text[place] == "\u200d" or text[place - 1] == "\u200d":
        return False
    return unicodedata.category(text[place]) not in ("Mn", "Mc", "Me", "Sk")


def _rewritten(
    pattern: re.Pattern[str], by: str, text: str, spans: Iterable[tuple[int, int]]
) -> tuple[str, Spans]:
    """Replace as `re.sub` does and carry the spans along."""
    spans = tuple(spans)
    if not spans:
        return pattern.sub(by, text), ()
    parts: list[str] = []
    places: list[int] = []  # where each character of the text has gone
    length = done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        parts += text[done:start], by
        places += range(length, length + start - done)
        length += start - done
        places += [length] * (end - start)
        length += len(by)
        done = end
    parts.append(text[done:])
    places += range(length, length + len(text) - done + 1)
    return "".join(parts), tuple((places[start], places[end]) for start, end in spans)
