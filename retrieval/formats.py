"""Formats: from a file's bytes to an `Article`, one reader for each kind of file.

A reader returns what the file declares and its text, neither of them cleaned. To add a format,
write its reader and name its suffixes in `READERS`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from retrieval.languages.detection import of_article
from retrieval.metadata import Metadata
from retrieval.plain import UnreadableArticle, clean, decode, one_line
from retrieval.types import Article, Source

__all__ = ["READERS", "UnreadableArticle", "parse", "suffix"]

MAX_TITLE_LINE = 120
MAX_OPENING = 80

_NO_TITLE_ENDS = tuple(".,;:!…。！")
_WORD_PARTS = re.compile(r"[\s_-]+")


def parse(path: str, data: bytes, language: str) -> Article:
    """Read an article.

    Args:
        path: Relative to the articles folder; its suffix, in any case, chooses the reader.
        data: The whole file.
        language: Of an article that declares none and whose text does not tell it.

    Raises:
        UnreadableArticle: The file holds no text.
        ValueError: No reader for the suffix.
    """
    reader = READERS.get(suffix(path))
    if reader is None:
        raise ValueError(f"{path!r}: wanted a file name that ends in one of {', '.join(READERS)}")
    try:
        metadata, text = reader(path, data)
    except RecursionError:
        raise UnreadableArticle("its elements are nested too deeply") from None
    text = clean(text)
    if not text:
        raise UnreadableArticle("no text in it")
    if title := one_line(metadata.title or ""):
        text = _without_title(text, title)
    else:
        title = _title_line(text) or _title_of_name(path) or _opening(text)
    source = Source(
        path=path,
        title=title,
        date=metadata.date,
        url=metadata.url,
        author=one_line(metadata.author or "") or None,
        language=metadata.language or of_article(text) or language,
        tags=metadata.tags,
    )
    return Article(source, text)


def suffix(path: str) -> str:
    """Return a path's suffix in lower case, with its dot."""
    return posixpath.splitext(path)[1].lower()


def _without_title(text: str, title: str) -> str:
    """Drop a heading that repeats the title: the title is encoded with every chunk anyway."""
    first, _, rest = text.partition("\n\n")
    return rest if rest and one_line(first) == title else text


def _title_line(text: str) -> str:
    """Return the first line if it reads like a title: short, no sentence, with text behind it."""
    line, _, rest = text.partition("\n")
    wrapped = rest[:1].islower()
    if not rest or wrapped or len(line) > MAX_TITLE_LINE or line.endswith(_NO_TITLE_ENDS):
        return ""
    return one_line(line)


def _title_of_name(path: str) -> str:
    """Return the words of a file name, or nothing for a name like `000_494b95f2403b221a.txt`."""
    words = _WORD_PARTS.split(clean(PurePosixPath(path).stem))
    return one_line(" ".join(words)) if any(map(str.isalpha, words)) else ""


def _opening(text: str) -> str:
    opening = one_line(text, MAX_OPENING)
    return opening if len(opening) == len(text) else f"{opening}…"


def _read_text(path: str, data: bytes) -> tuple[Metadata, str]:
    return Metadata(), decode(data)


def _read_markdown(path: str, data: bytes) -> tuple[Metadata, str]:
    from retrieval import markdown

    return markdown.read(path, decode(data))


def _read_html(path: str, data: bytes) -> tuple[Metadata, str]:
    from retrieval import pages

    return pages.read(path, data)


READERS: Mapping[str, Callable[[str, bytes], tuple[Metadata, str]]] = MappingProxyType(
    {
        ".txt": _read_text,
        ".md": _read_markdown,
        ".markdown": _read_markdown,
        ".html": _read_html,
        ".htm": _read_html,
    }
)
