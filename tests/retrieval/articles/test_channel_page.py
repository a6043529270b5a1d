from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.text import clean
from retrieval.types import Article, Source
from tests.retrieval.articles.channel_pages import page
from tests.retrieval.articles.samples_channel import POSTS


def read(data: bytes, **channels: str) -> list[Article]:
    return parse("messages2.html", data, ReadingLimits(channels=channels))


def post(number: int, text: object, **fields: object) -> dict[str, Any]:
    common = {"id": number, "type": "message", "date": "2024-03-05T10:00:00", "from": "Birds"}
    return {**common, "text": text, **fields}


def twice(name: str, kind: str, messages: list[dict[str, Any]]) -> tuple[list[Article], ...]:
    """Read an export in both forms, and leave out what only JSON knows: the chat's number."""
    chat = {"name": name, "type": kind, "id": 7, "messages": messages}
    return tuple(
        [
            replace(one, source=replace(one.source, path=one.source.path.partition("#")[2]))
            for one in got
        ]
        for got in (
            parse("result.json", json.dumps(chat).encode(), ReadingLimits(channels={"7": "far"})),
            parse("a.html", page(name, messages), ReadingLimits(channels={name: "far"})),
        )
    )


def test_each_message_is_an_article() -> None:
    first, second, third = read(
        page(
            "Birds",
            [
                post(7, "", type="service"),
                post(8, 'Crows hold grudges.\n\nFor <years> & "years".', photo="", reactions=[]),
                post(9, "Magpies steal nothing.", joined=True, reply_to_message_id=8),
                post(10, "Owls are late.", date="2024-03-06T01:00:00"),
            ],
        )
    )
    assert first.source == Source(
        path="messages2.html#8",
        title='Crows hold grudges. For <years> & "years".…',
        date=dt.date(2024, 3, 5),
        language="en",
    )
    assert first.text == 'Crows hold grudges.\n\nFor <years> & "years".'
    assert (second.source.path, second.text) == ("messages2.html#9", "Magpies steal nothing.")
    assert third.source.date == dt.date(2024, 3, 6)


def test_the_settings_name_the_channel_by_its_title() -> None:
    data = page("Birds & <bees> = life", [post(8, "Crows fly.")])
    (one,) = read(data, **{"Birds & <bees> = life": "birds_bees", "7": "others"})
    assert one.source.url == "https://t.me/birds_bees/8"
    (one,) = read(data, Birds="birds")
    assert one.source.url is None


def test_both_forms_of_an_export_give_the_same_articles() -> None:
    poll = {
        "question": "Which bird is the wisest?",
        "answers": [{"text": "The owl", "voters": 5}, {"text": "The crow & kin", "voters": 4}],
    }
    emphasis: list[object] = [
        "Note:\n",
        {"type": "blockquote", "text": "Crows remember.\nFor years."},
        "\nAnd ",
        {"type": "spoiler", "text": "they forgive"},
        {"type": "custom_emoji", "text": "🐦"},
        ", says ",
        {"type": "mention_name", "text": "Ada"},
        ":\n",
        {"type": "pre", "text": "fly  now\n  and then"},
    ]
    messages = [
        *POSTS[1:3],
        post(4, emphasis),
        post(5, "", poll=poll),
        post(
            6, [{"type": "hashtag", "text": "#owls"}, " ", {"type": "link", "text": "a.example/b"}]
        ),
        post(7, [{"type": "text_link", "text": "The story of far"}]),
        post(8, "One of them is wrong.", poll=poll),
    ]
    from_json, from_html = twice("Birds", "public_channel", messages)
    assert from_html == from_json
    assert [one.source.path for one in from_html] == ["2", "3", "4", "5", "7", "8"]
    assert from_html[2].text == (
        "Note:\nCrows remember.\nFor years.\nAnd they forgive🐦, says Ada:\nfly  now\n  and then"
    )
    assert from_html[3].text == "Which bird is the wisest?\n• The owl\n• The crow & kin"
    assert from_html[3].source.title == "Which bird is the wisest?"


def test_in_a_group_each_message_has_its_author() -> None:
    messages = [
        post(1, "Crows fly.", **{"from": "B. Raven"}),
        post(2, "Far.", joined=True, **{"from": "B. Raven"}),
        post(3, "So do owls.", forwarded_from="Owl News", **{"from": "A. Crow"}),
        post(4, "Late.", forwarded_from="Owl News", joined=True, **{"from": "A. Crow"}),
        post(5, "Who?", **{"from": None}),
        post(6, "We.", **{"from": "The flock"}),
    ]
    from_json, from_html = twice("The flock", "public_supergroup", messages)
    assert from_html == from_json
    assert [one.source.author for one in from_html] == [
        *("B. Raven", "B. Raven"),
        *["A. Crow (forwarded from Owl News)"] * 2,
        *(None, "The flock"),
    ]


def test_the_bot_through_which_it_was_sent_is_no_part_of_a_name() -> None:
    (one,) = read(page("Flock", [post(1, "Crows fly.", **{"from": "B. Raven via @gif"})]))
    assert one.source.author == "B. Raven"


def test_names_and_options_may_hold_markup() -> None:
    poll = {"question": "Which?", "answers": [{"text": "An owl ", "voters": 5}]}
    data = page("Flock", [post(1, "", poll=poll, **{"from": "B. Raven"})])
    data = data.replace(b"B. Raven", b"<b>B.</b> R<i>aven</i> IX")
    (one,) = read(data.replace(b"- An owl", b"- <a>An</a> o<b>w</b>l"))
    assert (one.source.author, one.text) == ("B. Raven IX", "Which?\n• An owl")


@pytest.mark.parametrize("zone", ["", " UTC+01:00", " UTC-11:30"])
def test_dates_are_those_of_the_exporting_calendar(zone: str) -> None:
    (one,) = read(page("Birds", [post(1, "Late.", date="2024-12-31T23:59:59")], zone))
    assert one.source.date == dt.date(2024, 12, 31)


@pytest.mark.parametrize("title", ["", "31.02.2024 10:00:00", "5 March", "1" * 9999])
def test_dates_that_are_none(title: str) -> None:
    data = page("Birds", [post(1, "Crows.")]).replace(b"05.03.2024 10:00:00", title.encode())
    assert read(data)[0].source.date is None


@pytest.mark.parametrize("number", ["x", "", "message", "message1.5", "message" + "9" * 30])
def test_messages_without_a_number_are_left_out(number: str) -> None:
    data = page("Birds", [post(1, "Crows."), post(2, "Owls.")])
    (one,) = read(data.replace(b'"message1"', f'"{number}"'.encode()))
    assert one.text == "Owls."


def test_an_export_without_words_and_its_other_pages_are_refused() -> None:
    with pytest.raises(UnreadableArticle, match="no text in it"):
        read(page("Birds", [post(1, "👍")]))
    contacts = page("Contacts", []).replace(b'class="history"', b'class="entry_list"')
    with pytest.raises(UnreadableArticle, match="Telegram's export without messages"):
        read(contacts)


@pytest.mark.parametrize(
    "body",
    [
        "<div class='history'><p>Crows fly.</p></div>",
        "<div class='history'><div class='message'>Crows fly.</div></div>",
        "<div class='history'><div class='message default' id='crow'>Crows fly.</div></div>",
        "<div id='message1' class='message default'><div class='text'>Crows fly.</div></div>",
    ],
)
def test_a_page_that_is_no_export_is_read_as_one_article(body: str) -> None:
    (one,) = read(f"<title>Exported Data</title><body>{body}</body>".encode())
    assert one.source.path == "messages2.html"
    assert "Crows fly." in one.text


def test_messages_nested_in_each_other_are_read_in_linear_time() -> None:
    opened = b'<div class="message default" id="message1"><div class="body"><div class="text">Hm. '
    data = page("Birds", [post(2, "Crows.")])
    data = data.replace(b'<div class="history">', b'<div class="history">' + opened * 600)
    assert read(data)


_TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"]), min_size=1)
_INLINE = st.sampled_from(["bold", "italic", "code", "spoiler", "underline", "strikethrough"])
_BLOCKS = st.sampled_from(["blockquote", "pre"])


def entity(kind: str, text: str) -> dict[str, str]:
    return {"type": kind, "text": text}


@given(
    st.lists(
        _TEXTS | st.sampled_from(["\n", "\n\n"]) | st.builds(entity, _INLINE, _TEXTS), max_size=6
    )
)
def test_whatever_is_written_reads_the_same_in_both_forms(pieces: list[Any]) -> None:
    from_json, from_html = twice("Birds", "public_channel", [post(5, ["Crows.", *pieces, " End."])])
    assert from_html == from_json


@given(st.lists(_TEXTS | st.just("\n") | st.builds(entity, _BLOCKS, _TEXTS), max_size=6))
def test_a_quotation_stands_on_lines_of_its_own(pieces: list[Any]) -> None:
    from_json, from_html = twice("Birds", "public_channel", [post(5, ["Crows.", *pieces, " End."])])
    lines, words = from_html[0].text.split("\n"), "".join(from_json[0].text.split())
    assert "".join("".join(lines).split()) == words
    for block in (one["text"] for one in pieces if isinstance(one, dict)):
        assert not clean(block) or clean(block) in map(str.strip, lines)
