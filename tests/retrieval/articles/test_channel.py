from __future__ import annotations

import codecs
import datetime as dt
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.channel import export as channel
from retrieval.articles.metadata import ReadingLimits
from retrieval.types import Article, Source
from tests.retrieval.articles.samples_channel import ACCOUNT, CHANNEL, EXPORT

WANTED = 'wanted result.json of Telegram Desktop\'s "Export chat history"'


def read(data: bytes, **channels: str) -> list[Article]:
    return parse(
        "result.json", data, ReadingLimits(channels={k[1:]: v for k, v in channels.items()})
    )


def posts(*messages: object, **chat: object) -> list[Article]:
    fields = {**CHANNEL, "messages": messages, **chat}
    return read(json.dumps(fields).encode())


def post(text: object, **fields: object) -> dict[str, object]:
    return {"id": 5, "type": "message", "date": "2024-05-01T10:00:00", "text": text, **fields}


def fault(data: bytes) -> str:
    with pytest.raises(UnreadableArticle, match=r".") as caught:
        read(data)
    return str(caught.value)


def test_each_post_of_a_channel_is_an_article() -> None:
    first, second = read(EXPORT)
    assert first.source == Source(
        path="result.json#2",
        title="Crows and their grudges",
        date=dt.date(2024, 5, 1),
        url="https://t.me/c/1234567890/2",
        author="A. Crow",
        tags=("corvids",),
    )
    assert first.text == (
        "Crows and their grudges\n\nCrows recognise faces. They hold grudges for years.\n\n"
        "#corvids https://example.org/more"
    )
    assert second.source.path == "result.json#3"
    assert second.source.title == "Magpies steal nothing that glitters."
    assert second.source.author == "forwarded from Magpie News"


@pytest.mark.parametrize("number", [1234567890, -1001234567890])
def test_a_channel_that_is_named_in_the_settings_has_its_public_address(number: int) -> None:
    data = json.dumps({**CHANNEL, "id": number}).encode()
    first, _ = read(data, _1234567890="birds")
    assert first.source.url == "https://t.me/birds/2"


def test_a_channel_may_be_named_by_its_title() -> None:
    first, _ = parse("result.json", EXPORT, ReadingLimits(channels={"Birds": "birds"}))
    assert first.source.url == "https://t.me/birds/2"


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("private_channel", "https://t.me/c/7/5"),
        ("public_supergroup", "https://t.me/c/7/5"),
        ("private_supergroup", "https://t.me/c/7/5"),
        ("private_group", None),
        ("personal_chat", None),
        ("bot_chat", None),
        ("saved_messages", None),
        (None, None),
    ],
)
def test_only_channels_and_supergroups_have_addresses(kind: str | None, url: str | None) -> None:
    (one,) = posts(post("Crows."), type=kind, id=7)
    assert one.source.url == url


def test_an_export_of_several_chats() -> None:
    articles = read(ACCOUNT)
    assert [one.source.path for one in articles] == [
        "result.json#1234567890-2",
        "result.json#1234567890-3",
        "result.json#77-2",
    ]
    assert (articles[2].source.url, articles[2].source.author) == (None, "B. Raven")


@pytest.mark.parametrize(
    ("fields", "kind", "author"),
    [
        ({"from": "Birds"}, "public_channel", None),
        ({"from": "B. Raven"}, "private_group", "B. Raven"),
        ({"from": None}, "private_group", None),
        ({"from": "Birds", "author": "A. Crow"}, "public_channel", "A. Crow"),
        (
            {"from": "B. Raven", "forwarded_from": "A. Crow"},
            "public_supergroup",
            "B. Raven (forwarded from A. Crow)",
        ),
    ],
)
def test_authors(fields: dict[str, object], kind: str, author: str | None) -> None:
    (one,) = posts(post("Crows.", **fields), type=kind)
    assert one.source.author == author


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "🔥🔥🔥 !!!",
        "https://example.org/crows",
        [{"type": "link", "text": "example.org/crows"}, " 👆"],
        [{"type": "hashtag", "text": "#corvids"}, "\n", {"type": "mention", "text": "@birds"}],
        None,
        7,
        [],
        [None, 7, {}, {"text": 7}, []],
    ],
)
def test_posts_without_words_are_left_out(text: object) -> None:
    (one,) = posts(post(text), post("Ok", id=6))
    assert one.text == "Ok"


def test_old_and_new_ways_to_write_a_text() -> None:
    entities = [{"type": "bold", "text": "Crows"}, {"type": "plain", "text": " fly."}]
    (one,) = posts(post("", text_entities=entities))
    assert one.text == "Crows fly."


def test_a_poll_is_a_post_with_its_question_and_its_options() -> None:
    answers = [
        {"text": "The owl", "voters": 5, "chosen": False},
        {"text": [{"text": "The crow"}]},
        7,
    ]
    poll = {"question": "Which is the wisest?", "closed": True, "answers": answers}
    one, two, three = posts(
        post("", poll=poll),
        post(
            "One of them is wrong.", id=6, poll={**poll, "question": ["Which", {"text": " one?"}]}
        ),
        post(
            "", id=7, todo_list={"title": "To do", "answers": [{"id": 1, "text": "Feed the owl"}]}
        ),
        post("", id=8, poll={"question": "?", "answers": 7}),
    )
    assert one.text == "Which is the wisest?\n• The owl\n• The crow"
    assert one.source.title == "Which is the wisest?"
    assert two.text == "One of them is wrong.\n\nWhich one?\n• The owl\n• The crow"
    assert three.text == "To do\n• Feed the owl"


def test_encodings() -> None:
    text = EXPORT.decode()
    assert [
        read(data) == read(EXPORT)
        for data in (codecs.BOM_UTF8 + EXPORT, text.encode("utf-16"), text.encode("utf-32"))
    ] == [True] * 3
    words = "Вороны узнают лица людей и помнят обиды много лет."
    (one,) = read(json.dumps({"messages": [post(words)]}, ensure_ascii=False).encode("cp1251"))
    assert one.text == words


def test_control_characters_as_telegram_writes_them() -> None:
    first, *_ = read(EXPORT.replace(b"They hold", rb"C:\\x41\n\x0BThey\x1fhold"))
    assert r"C:\x41" in first.text
    assert "Theyhold" in first.text


def test_what_cannot_be_a_number_or_a_text_costs_its_message_alone() -> None:
    data = EXPORT.replace(b'"width": 640', b'"width": 1e999').replace(b'"id": 3', b'"id": 1e999')
    (one,) = read(data)
    assert one.source.path == "result.json#2"


def test_few_messages_of_a_large_export_are_in_memory_at_once() -> None:
    message = json.dumps(post([{"type": "bold", "text": "Ворон 🐦 " * 50}]), ensure_ascii=False)
    data = f'{{"messages": [{",".join([message] * 4000)}]}}'.encode()
    tracemalloc.start()
    for _ in channel.read("result.json", data, ReadingLimits()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(data) / 2


def test_the_later_of_two_messages_of_one_number_counts() -> None:
    (one,) = posts(post("Crows."), post("Magpies."))
    assert one.text == "Magpies."


@pytest.mark.parametrize("date", [None, 7, "", "yesterday", "2024-13-41T00:00:00", "9" * 99])
def test_dates_that_are_none(date: object) -> None:
    (one,) = posts(post("Crows.", date=date))
    assert one.source.date is None


@pytest.mark.parametrize("number", [None, "5", 5.5, True, [], 10**30])
def test_messages_without_a_number_are_left_out(number: object) -> None:
    (one,) = posts(post("Crows.", id=number), post("Magpies."))
    assert one.text == "Magpies."


def test_messages_of_a_group_that_became_a_supergroup_have_no_address() -> None:
    (one,) = posts(post("Crows.", id=-999_999_999), type="private_supergroup")
    assert one.source.url is None


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{}",
        b"7",
        b"null",
        b"1" * 9999,
        b'"messages"',
        b'{"messages": 7}',
        b'{"messages": {"id": 1}}',
        b'{"chats": []}',
        b'{"chats": {"list": 7}}',
        b'{"chats": {"list": [7, {"messages": null}]}}',
        b'{"type": "FeatureCollection", "features": []}',
    ],
)
def test_other_json(data: bytes) -> None:
    assert fault(data) == f"JSON that is no Telegram export: {WANTED}"


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"messages": [}', b"<p>", EXPORT[:-20], b"NaN", b"\xff\xfe{"]
)
def test_no_json(data: bytes) -> None:
    assert fault(data) == f"no JSON; {WANTED}"


def test_an_export_without_words() -> None:
    assert fault(b'{"messages": []}') == "no text in it"
    assert fault(b"\0\0") == "a binary file: NUL bytes"


@pytest.mark.parametrize("nest", ['{"a":', '{"messages":['])
def test_elements_nested_too_deeply(nest: str) -> None:
    assert fault(nest.encode() * 200_000) == "its elements are nested too deeply"


KEYS = [
    *("id", "type", "date", "text", "text_entities", "messages", "chats", "list"),
    *("from", "author", "forwarded_from", "href"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner | st.sampled_from(["message", "hashtag", "public_channel", "Crows.", 5, -100]),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(VALUES, st.integers(0, 2))
def test_any_json_gives_articles_or_a_reason(value: Any, depth: int) -> None:  # noqa: ANN401
    if depth == 1:
        value = {"messages": value}
    elif depth == 2:
        value = {"messages": [value, post("Crows.")], "id": 1, "type": value}
    try:
        articles = read(json.dumps(value).encode(), _1="birds")
    except UnreadableArticle:
        return
    assert all(one.text and one.source.title for one in articles)
