"""From the files of a folder to articles.

    folder.walk -> ArticleFile -> parser.Parser, which asks a worker, a process of its own:
        folder.read_bytes -> reading.articles_of: the format's own reader -> RawArticle
        -> text cleaned, title found -> Article, with its language

A format is a folder or a module with a function `read`: markdown, html, feeds, pdf, word, odt,
epub, rtf, channel (a Telegram channel's export). What several need is in `text`, `metadata`,
`front_matter` and `dates`, `blocks`, `tables` and `headings`, `markup` and `formulas` (HTML),
`archive` (zipped XML) and `symbols`; `chapter` and `rtf_body` are parts of epub and rtf.

`worker` gives up what `confinement` says, by `kernel` on Linux, before it reads a file. `sample`
tells which languages a folder has before anything is indexed.
Nothing that takes long to import is imported here, for the worker starts with it.
"""

from retrieval.articles.folder import (
    ArticleFile,
    FolderListing,
    Skipped,
    file_at,
    is_ignored,
    read_bytes,
    unread_files,
    walk,
)
from retrieval.articles.front_matter import MAX_FRONT_MATTER, split_front_matter
from retrieval.articles.metadata import MAX_URL, ReadingLimits, metadata_of
from retrieval.articles.parser import Parser
from retrieval.articles.reading import READERS, parse, suffix, title_without
from retrieval.articles.sample import sample_languages
from retrieval.articles.tables import BETWEEN, is_item, is_row, row_ends
from retrieval.articles.text import (
    WRITTEN,
    StillWritten,
    UnreadableArticle,
    decode,
    legacy_codec,
    line_ends,
)

__all__ = [
    "BETWEEN",
    "MAX_FRONT_MATTER",
    "MAX_URL",
    "READERS",
    "WRITTEN",
    "ArticleFile",
    "FolderListing",
    "Parser",
    "ReadingLimits",
    "Skipped",
    "StillWritten",
    "UnreadableArticle",
    "decode",
    "file_at",
    "is_ignored",
    "is_item",
    "is_row",
    "legacy_codec",
    "line_ends",
    "metadata_of",
    "parse",
    "read_bytes",
    "row_ends",
    "sample_languages",
    "split_front_matter",
    "suffix",
    "title_without",
    "unread_files",
    "walk",
]
