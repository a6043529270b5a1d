"""Reading: from a file's bytes to its articles, one reader for each kind of file.

A reader returns what the file declares and its text, neither of them cleaned. To add a format,
write a module with a function `read` and name it with its suffixes in `READERS`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import PurePosixPath
from types import MappingProxyType

from retrieval.articles.dates import day_in_name, day_in_path
from retrieval.articles.front_matter import split_front_matter
from retrieval.articles.headings import cleaned, guessed
from retrieval.articles.metadata import RawArticle, ReadingLimits, metadata_of
from retrieval.articles.text import UnreadableArticle, clean, decode, line_ends, one_line
from retrieval.languages import language_of_article
from retrieval.types import Article, Source

MAX_TITLE_LINE = 120
MAX_OPENING = 80
DEFAULTS = ReadingLimits()

Reader = Callable[[str, bytes, ReadingLimits], Iterable[RawArticle]]
"""Reads the articles of a file from its path and its bytes."""

_NO_TITLE_ENDS = tuple(".,;:!…。！，；：、؛،۔।॥։።၊။។៕")
_ENDS = tuple(".!?…:;\"'”’»)。！？」』】）؟۔।॥։።။។៕")
_WORD_PARTS = re.compile(r"[\s_-]+")
# What is called so is named by its folder; `.fr` before the suffix names a language.
_UNNAMED = frozenset({"_index", "default", "index", "readme"})
_LANGUAGE_SUFFIX = re.compile(r"(?<=\w)\.[a-z]{2}(?:-[a-z]{2,4})?", re.IGNORECASE)


def parse(path: str, data: bytes, limits: ReadingLimits = DEFAULTS) -> list[Article]:
    """Read the articles of a file, and find their languages; see `articles_of`."""
    return [with_language(one, limits.language) for one in articles_of(path, data, limits)]


def with_language(article: Article, language: str) -> Article:
    """Return an article with the language of its text, or the given one, if it declares none."""
    source = article.source
    text = f"{source.title}\n\n{article.text}"
    found = source.language or language_of_article(text, language) or language
    return replace(article, source=replace(source, language=found))


def articles_of(path: str, data: bytes, limits: ReadingLimits) -> list[Article]:
    """Read the articles of a file, their languages empty where they declare none.

    Args:
        path: Relative to the articles folder; its suffix, in any case, chooses the reader.
        data: The whole file.
        limits: Limits of reading.

    Raises:
        UnreadableArticle: The file holds no text, or more than the limits allow.
        ValueError: No reader for the suffix.
    """
    reader = READERS.get(suffix(path))
    if reader is None:
        raise ValueError(f"{path!r}: wanted a file name that ends in one of {', '.join(READERS)}")
    try:
        parts = reader(path, data, limits)
        articles = {one.source.path: one for one in _articles(path, parts, limits)}
    except RecursionError:
        raise UnreadableArticle("its elements are nested too deeply") from None
    if not articles:
        raise UnreadableArticle("no text in it")
    return list(articles.values())


def suffix(path: str) -> str:
    """Return a path's suffix in lower case, with its dot."""
    # As `posixpath.splitext` parts it, in a third of the time: a folder may have many files.
    stem, dot, end = path.rpartition("/")[2].rpartition(".")
    return f".{end}".lower() if dot and stem.strip(".") else ""


def name_of(path: str, key: str) -> str:
    """Return the name of an article in a file; no file that is read can have such a path."""
    return f"{path}#{key}" if key else path


def title_without(path: str, key: str, text: str) -> str:
    """Return the title of an article without one: its file's name or, of several, its opening."""
    return ("" if key else _title_of_name(path)) or _opening(text)


def _articles(path: str, parts: Iterable[RawArticle], limits: ReadingLimits) -> Iterator[Article]:
    for part in parts:
        text, headings = cleaned(part.text)
        pages: tuple[int, ...] = ()
        if part.pages:
            text, pages = _joined(part.pages)
        if len(text) > limits.characters:
            raise UnreadableArticle(
                f"{len(text):,} characters of text, more than articles.max_characters = "
                f"{limits.characters:,}"
            )
        if any(map(str.isalnum, text)):
            yield _article(path, part, text, pages, headings)


def _article(
    path: str, part: RawArticle, text: str, pages: tuple[int, ...], headings: tuple[int, ...]
) -> Article:
    metadata = part.metadata
    declared = one_line(metadata.title or "")
    begin = _title_end(text, declared) if declared and not pages else 0
    text = text[begin:]
    title = declared if any(map(str.isalnum, declared)) else _title_line(text)
    if headings:
        headings = tuple(place - begin for place in headings if place >= begin)
    else:
        headings = guessed(text, titled=title != declared)
    date = metadata.date
    if date is None and not part.key:
        date = day_in_name(_stem(path))[0] or day_in_path(path)
    source = Source(
        path=name_of(path, part.key),
        title=title or title_without(path, part.key, text),
        date=date,
        url=metadata.url,
        author=one_line(metadata.author or "") or None,
        language=metadata.language or "",
        tags=metadata.tags,
    )
    return Article(source, text, pages, titled=bool(title), headings=headings)


def _joined(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """Return the text of all pages, and where each begins in it."""
    text, starts = "", []
    for page in map(clean, pages):
        if text and page:
            # A sentence may go on over the page's end.
            text += "\n\n" if text.endswith(_ENDS) else "\n"
        starts.append(len(text))
        text += page
    return text, tuple(starts)


def _title_end(text: str, title: str) -> int:
    """Return where the text begins behind a heading that repeats the title.

    The title is encoded with every chunk anyway.
    """
    first, gap, rest = text.partition("\n\n")
    return len(first + gap) if rest and one_line(first) == title else 0


def _title_line(text: str) -> str:
    """Return the first line if it reads like a title: short, no sentence, with text behind it."""
    line, _, rest = text.partition("\n")
    wrapped = rest[:1].islower()
    if not rest or wrapped or len(line) > MAX_TITLE_LINE or line.endswith(_NO_TITLE_ENDS):
        return ""
    return one_line(line) if any(map(str.isalpha, line)) else ""


def _title_of_name(path: str) -> str:
    """Return the words of a file name, or nothing for a name like `000_494b95f2403b221a.txt`."""
    _, name = day_in_name(_stem(path))
    words = _WORD_PARTS.split(name)
    return one_line(" ".join(words)) if any(map(str.isalpha, words)) else ""


def _stem(path: str) -> str:
    """Return what names a file: its name without suffixes, or its folder's for an `index.md`."""
    file = PurePosixPath(clean(path))
    stem = file.stem
    if posixpath.splitext(stem)[1].lower() in READERS:  # post.html.md
        stem = posixpath.splitext(stem)[0]
    if (language := _LANGUAGE_SUFFIX.search(stem)) and language.end() == len(stem):
        stem = stem[: language.start()]
    return file.parent.name if stem.lower() in _UNNAMED else stem


def _opening(text: str) -> str:
    opening = one_line(text, MAX_OPENING)
    return opening if len(opening) == len(text) else f"{opening}…"


def _read_text(path: str, data: bytes, limits: ReadingLimits) -> Iterable[RawArticle]:
    fields, body = split_front_matter(line_ends(decode(data)))
    return [RawArticle(metadata_of(path, fields), body)]


def _by(format: str) -> Reader:
    """Return the reader of a format's module, which is imported when it is first needed."""

    def read(path: str, data: bytes, limits: ReadingLimits) -> Iterable[RawArticle]:
        module = import_module(f"retrieval.articles.{format}")
        articles: Iterable[RawArticle] = module.read(path, data, limits)
        return articles

    return read


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".txt": _read_text,
        ".md": _by("markdown"),
        ".markdown": _by("markdown"),
        ".html": _by("html"),
        ".htm": _by("html"),
        ".pdf": _by("pdf"),
        ".rss": _by("feeds"),
        ".atom": _by("feeds"),
        ".xml": _by("feeds"),
        ".json": _by("channel"),
        ".docx": _by("word"),
        ".odt": _by("odt"),
        ".epub": _by("epub"),
        ".rtf": _by("rtf"),
    }
)
