"""Documents that a Word document has taken in whole (altChunk): HTML, RTF, plain text, Word."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from email.message import Message

from retrieval.articles import markup, rtf
from retrieval.articles.metadata import RawArticle, ReadingLimits
from retrieval.articles.text import UnreadableArticle, decode, legacy_codec

_ARCHIVE = b"PK\x03\x04"
_RTF = b"{\\rtf"
_MAIL = b"mime-version:"  # a page with its pictures, as Word saves it
_HEAD = 2_000
# To read one of n parameters takes n² steps.
_CONTENT_TYPE = re.compile(
    rb"(?:^|[\r\n])content-type:[^\r\n]*(?:[\r\n]{1,2}[ \t][^\r\n]*)*", re.IGNORECASE
)
_MAX_CONTENT_TYPE = 2_000
_PARTS = re.compile(rb"<\w{1,9}:(?:document|package)\b")  # of a Word document, by themselves
_TAG = re.compile(
    r"<(?:!doctype|html|head|meta|body|p|div|span|h[1-6]|table|ul|ol|br|[biau])[\s/>]",
    re.IGNORECASE,
)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})


def text_of(
    path: str, name: str, data: bytes, limits: ReadingLimits, read_word: Callable[[bytes], str]
) -> str:
    """Return the text of a document from what it begins with.

    Args:
        path: Path of the file that it is in.
        name: Its name there.
        data: Its bytes.
        limits: Limits of reading.
        read_word: Reads it if it is a Word document.

    Raises:
        UnreadableArticle: It is damaged, or none of these.
        RecursionError: It is nested too deeply.
    """
    start = data[:_HEAD].lstrip()
    if start.startswith(_ARCHIVE):
        return read_word(data)
    if start.startswith(_RTF):
        return _joined(rtf.read(path, data, limits))
    if _MAIL in start.lower():
        return _page_of_mail(data)
    if _PARTS.search(start):
        raise UnreadableArticle("a piece of a Word document")
    text = markup.decode_markup(data)
    plain = name.lower().endswith(".txt") or not _TAG.search(text, 0, _HEAD)
    return text if plain else _page(text)


def _page(text: str) -> str:
    root = markup.parse(text)
    body = None if root is None else root.find("body")
    return "" if body is None else markup.text_of(body)


def _page_of_mail(data: bytes) -> str:
    if any(len(header[0]) > _MAX_CONTENT_TYPE for header in _CONTENT_TYPE.finditer(data)):
        raise UnreadableArticle("its type is too long")
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() in _PAGES:
            return _page(_decoded(part))
    return ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset() or ""
    declared = legacy_codec(charset.encode("ascii", "replace"))
    return decode(payload, declared) if isinstance(payload, bytes) else ""


def _joined(articles: list[RawArticle]) -> str:
    return "\n\n".join(article.text for article in articles)
