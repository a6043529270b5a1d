from __future__ import annotations

import pytest

from retrieval.formats.parsing import UnreadableArticle
from retrieval.formats.worker import MAX_ARTICLES, check
from retrieval.types import Article, Source

ARTICLE = Article(Source("a.txt", "A title"), "Some text.")


def test_a_file_holds_so_many_articles_and_no_more() -> None:
    check([ARTICLE] * MAX_ARTICLES, 10 * MAX_ARTICLES)
    with pytest.raises(
        UnreadableArticle, match=r"^100,001 articles, more than the 100,000 that a file may hold$"
    ):
        check([ARTICLE] * (MAX_ARTICLES + 1), 10**9)


def test_the_articles_of_a_file_have_so_much_text_together_and_no_more() -> None:
    check([ARTICLE] * 400, 4000)
    with pytest.raises(
        UnreadableArticle,
        match=r"^4,010 characters of text in all, more than 4 times articles\.max_characters = 1,0",
    ):
        check([ARTICLE] * 401, 4000)
