"""A sample of the articles: which languages a folder has, before anything is indexed."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.articles.folder import walk
from retrieval.articles.parser import Parser
from retrieval.articles.text import UnreadableArticle

if TYPE_CHECKING:
    from config import ArticlesSettings

_FILES = 40
# Of one file: an export of a channel has thousands.
_ARTICLES = 40
_SECONDS = 10.0
# What `articles.language` is unless somebody has set it.
_DEFAULT_LANGUAGE = "en"


def sample_languages(articles: ArticlesSettings, besides: Path | None = None) -> Counter[str]:
    """Count the articles of some files by language, ISO 639-1; none if no file can be read.

    An article whose text does not show its language counts only if the settings say which it is.

    Args:
        articles: The folder, and how its files are read.
        besides: A sub-folder that is passed over: where the index lies.

    Raises:
        ArticlesError: The folder is missing or cannot be listed.
    """
    files = walk(articles.folder, articles.max_bytes, besides).files
    # The same ones every time, from all over the folder: names often begin with dates or topics.
    random.Random(0).shuffle(files)
    if articles.language == _DEFAULT_LANGUAGE:
        articles = articles.model_copy(update={"language": ""})
    until = time.monotonic() + _SECONDS
    counted = Counter[str]()
    read = 0
    with Parser(articles) as parser:
        for file in files:
            if read == _FILES or time.monotonic() > until:
                break
            try:
                parser.read(file)
                counted.update(filter(None, parser.languages(_ARTICLES)))
                read += 1
            except UnreadableArticle:
                continue
    return counted
