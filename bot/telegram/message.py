"""An answer as a Telegram message: plain text with entities, never a parse mode.

Nothing of an article is escaped, because nothing of it is parsed; it cannot fail to parse either.
Yet Telegram's servers look for links in plain text too: they turn `@name`, `#tag`, `$TAG`,
`/command`, `a@b.org`, `b.org` and `http://...` into entities of their own, and add these to the
entities that were sent, inside a quote as well (TDLib, MessageEntity.cpp: `find_entities`,
`merge_new_entities`). A mention notifies a member of a group, and a command is sent by a tap. So
U+2060 WORD JOINER, which has no width, is put where each of these is recognised. What recognises
them was read in TDLib's source and not tried on Telegram itself; bank card numbers, and the phone
numbers that some clients find on their own, are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from telegram import MessageEntity

from bot.answers import Answer
from retrieval.types import Excerpt, Source

HELP = (
    "Ask me a question in your own words.\n\n"
    "I look for the answer only in the articles that the operator of this bot has given me. "
    "I quote the passages that answer and cite the article and the paragraph of each, so that "
    "you can check them. When the articles hold no answer, I say so."
)
SORRY = "Something went wrong here, and your question is not answered. Please ask it again later."
BUSY = (
    "I am still busy with your earlier questions and cannot take more. "
    "Please ask again when they are answered."
)
NO_ANSWER = "The articles do not answer this."
CLOSEST = "Closest, but not an answer:"

TEXT_UNITS = 4096
"""Telegram's limit on a message's text, in UTF-16 code units."""
ENTITIES = 100
"""Telegram drops the entities beyond, without a word."""
ENTITY_BYTES = 9_000
"""As JSON; the servers refuse somewhere above 9,500 (tdlib/td issue 165)."""

_EXPANDABLE_CHARS = 400
_TITLE_UNITS = 200
_URL_CHARS = 2_000
_FRAGMENT_CHARS = 600
_BOLD_SPANS = 40

_CUT = " …"
_SPACE = re.compile(r"\s+")
_JOINER = "\u2060"
_RECOGNISED = re.compile(
    r"(?<=@)(?=\w)"  # a mention, or the domain of an e-mail address
    r"|(?<=#)(?=[\w\u00b7\u200c\u0d80-\u0dff])"
    r"|(?<=\$)(?=[A-Z1])"
    r"|(?:(?<=[^\w/<>]/)|(?<=\A/))(?=\w)"  # a command
    r"|(?<=:)(?=//)"
    r"|(?<=\S\.)(?=[^\W\d_])"  # a domain
    r"|(?<=\d\.)(?=\d+\.\d)"  # an IPv4 address
)
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"’”»)\]]*(?=\s)|[。！？]")

_Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent; `entities` count UTF-16 code units, as Telegram does."""

    text: str
    entities: tuple[MessageEntity, ...] = ()


def render(answer: Answer) -> Message:
    """Lay out an answer within Telegram's limits.

    Excerpts that find no room are left out, the last first; the first is cut where it alone is too
    long. Without an answer the closest excerpts follow, marked as such.
    """
    if answer.answered and answer.excerpts:
        message = Message("")
    elif answer.excerpts:
        message = Message(f"{NO_ANSWER}\n\n{CLOSEST}")
    else:
        message = Message(NO_ANSWER)
    for number, excerpt in answer.cited():
        longer = _joined(message, _block(number, excerpt))
        if not _fits(longer) and number == 1:
            longer = _joined(message, _block(number, excerpt, TEXT_UNITS - _units(message.text)))
        if not _fits(longer):
            break
        message = longer
    return message


def notice(text: str) -> Message:
    """Make a message of a plain sentence that may repeat what the asker wrote."""
    return Message(_shortened(_RECOGNISED.sub(_JOINER, text), TEXT_UNITS))


def _block(number: int, excerpt: Excerpt, room: int | None = None) -> Message:
    """Lay out one excerpt, the citation under the quote, in `room` UTF-16 code units if given."""
    folded, highlights = _folded(excerpt.text, excerpt.highlights)
    best = folded[slice(*highlights[0])] if highlights else folded
    head = f"[{number}] "
    title = _shortened(_RECOGNISED.sub(_JOINER, _folded(excerpt.source.title)[0]), _TITLE_UNITS)
    citation = head + title + _place(excerpt)

    text, highlights = _rewritten(_RECOGNISED, _JOINER, folded, highlights)
    if room is not None:
        text = _shortened(text, room - _units(f"\n\n\n{citation}"))
        highlights = _within(text.removesuffix(_CUT), highlights)
    entities = []
    if text:
        long = len(text) > _EXPANDABLE_CHARS
        kind = MessageEntity.EXPANDABLE_BLOCKQUOTE if long else MessageEntity.BLOCKQUOTE
        entities.append(MessageEntity(kind, 0, len(text)))
        entities.extend(
            MessageEntity(MessageEntity.BOLD, start, end - start)
            for start, end in highlights[:_BOLD_SPANS]
        )
        text += "\n"
    url = _link(excerpt.source, best)
    if url and title:
        entities.append(
            MessageEntity(MessageEntity.TEXT_LINK, len(text + head), len(title), url=url)
        )
    text += citation
    return Message(text, tuple(MessageEntity.adjust_message_entities_to_utf_16(text, entities)))


def _place(excerpt: Excerpt) -> str:
    date = excerpt.source.date
    return (f" · {date.isoformat()}" if date else "") + f" · paragraph {excerpt.paragraph}"


def _link(source: Source, sentence: str) -> str | None:
    """Return the article's address, made to open at the sentence, or None.

    Telegram refuses addresses of other schemes and of hosts without a dot. The sentence is found
    by browsers that know text fragments (https://wicg.github.io/scroll-to-text-fragment/); the
    others open the page at its top.
    """
    url = source.url
    if not url or len(url) > _URL_CHARS or " " in url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not re.search(r"[^.]\.[^.]|:", host):
        return None
    if "#" in url:
        return url
    words = sentence.split()
    ends = [words[:4], words[-4:]] if len(words) > 8 else [words]
    # "-" and "," part the pieces of a fragment, and `quote` leaves "-" alone.
    fragment = ",".join(quote(" ".join(end), safe="").replace("-", "%2D") for end in ends)
    return f"{url}#:~:text={fragment}" if 0 < len(fragment) <= _FRAGMENT_CHARS else url


def _folded(text: str, spans: Iterable[tuple[int, int]] = ()) -> tuple[str, _Spans]:
    """Make each run of white space one space, none at the ends."""
    text, moved = _rewritten(_SPACE, " ", text, spans)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    return text, _within(text, [(start - lead, end - lead) for start, end in moved])


def _rewritten(
    pattern: re.Pattern[str], by: str, text: str, spans: Iterable[tuple[int, int]]
) -> tuple[str, _Spans]:
    """Replace as `re.sub` does and carry the spans along."""
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


def _within(text: str, spans: Iterable[tuple[int, int]]) -> _Spans:
    """Keep of the spans what lies in the text, in order, joined where only white space parts them.

    None is empty or begins or ends with white space, since Telegram would trim it.
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


def _shortened(text: str, units: int) -> str:
    """Cut a text that exceeds the units, if it can be behind a sentence or a word."""
    if _units(text) <= units:
        return text
    # The cut may fall into a surrogate pair, of which nothing is then kept.
    bare = text.encode("utf-16-le")[: 2 * (units - len(_CUT))].decode("utf-16-le", "ignore")
    sentences = [match.end() for match in _SENTENCE_END.finditer(bare)]
    if sentences and sentences[-1] > len(bare) // 2:
        bare = bare[: sentences[-1]]
    elif not text[len(bare)].isspace():
        word = bare.rfind(" ")
        bare = bare[: word if word > len(bare) // 2 else _before_marks(text, len(bare))]
    return bare.rstrip() + _CUT


def _before_marks(text: str, end: int) -> int:
    """Step back so that no mark, variation or joined emoji is parted from its base."""
    for place in range(end, 0, -1):
        joined = text[place] == "\u200d" or text[place - 1] == "\u200d"
        if not joined and unicodedata.category(text[place]) not in ("Mn", "Mc", "Me", "Sk"):
            return place
    return end


def _joined(message: Message, block: Message) -> Message:
    if not message.text:
        return block
    text, entities = MessageEntity.concatenate(
        (f"{message.text}\n\n", message.entities), (block.text, block.entities)
    )
    return Message(text, tuple(entities))


def _fits(message: Message) -> bool:
    return (
        _units(message.text) <= TEXT_UNITS
        and len(message.entities) <= ENTITIES
        and sum(len(entity.to_json().encode()) for entity in message.entities) <= ENTITY_BYTES
    )


def _units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2
