from __future__ import annotations

import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st

from retrieval.formats.worker import packed, unpacked
from retrieval.types import Article, Source

ARTICLES = st.builds(
    Article,
    st.builds(
        Source,
        path=st.text(st.characters()),
        title=st.text(),
        date=st.none() | st.dates(dt.date(1, 1, 1)),
        url=st.none() | st.text(),
        author=st.none() | st.text(),
        language=st.text(),
        tags=st.lists(st.text()).map(tuple),
    ),
    st.text(),
    st.lists(st.integers(0)).map(tuple),
    st.booleans(),
)


@given(ARTICLES)
def test_an_article_arrives_as_it_was_sent(article: Article) -> None:
    document = json.dumps(packed(article), ensure_ascii=False)
    assert unpacked(json.loads(document)) == article
