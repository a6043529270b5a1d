from __future__ import annotations

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.formats.messages import packed, receive, send, unpacked
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
    stream = io.BytesIO()
    send(stream, {"articles": [packed(article)]})
    send(stream, {"name": "caf\udce9", "text": "a\u2028b\n💥"})
    stream.seek(0)
    received = receive(stream, 1_000_000)
    assert received is not None
    assert [unpacked(one) for one in received["articles"]] == [article]
    assert receive(stream, 1_000_000) == {"name": "caf\udce9", "text": "a\u2028b\n💥"}
    assert receive(stream, 1_000_000) is None


def test_half_a_message_is_none() -> None:
    stream = io.BytesIO()
    send(stream, {"a": "b"})
    data = stream.getvalue()
    for length in range(len(data)):
        assert receive(io.BytesIO(data[:length]), 1000) is None


def test_a_message_that_is_too_long_or_none() -> None:
    stream = io.BytesIO()
    send(stream, {"a": "b" * 1000})
    stream.seek(0)
    with pytest.raises(ValueError, match=r"^a message of 1,009 bytes; wanted at most 1,000$"):
        receive(stream, 1000)
    with pytest.raises(ValueError, match="Expecting value"):
        receive(io.BytesIO(b"\0\0\0\0\0\0\0\1x"), 1000)
