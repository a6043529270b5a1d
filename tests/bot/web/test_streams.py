"""A written answer over HTTP: sentences as they come, and only those that the excerpts support."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from bot.library import Library
from bot.writing import Writer
from config import Settings
from tests.bot.writing import openai_server as model
from tests.fakes import HashEncoder

from .servers import CROWS, NOTHING, serving

pytestmark = pytest.mark.anyio

EVENTS = {"Accept": "text/event-stream"}
SAID = ("Crows recognise human faces [1]. ", "They were seen 47 times [1]. ", "They warn [1].")


def events_of(text: str) -> Iterator[tuple[str, dict[str, object]]]:
    for event in text.strip().split("\n\n"):
        kind, data = event.split("\n")
        yield kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def writing(library: Library, url: str) -> Library:
    settings = Settings.load(overrides={"writer": {"base_url": url, "model": "a-model"}})
    return replace(library, writer=Writer(settings.writer, HashEncoder()))


async def test_sentences_follow_the_answer_and_what_is_unsupported_is_left_out(
    small: Library,
) -> None:
    with model.serving(model.says(*SAID)) as server:
        async with serving(writing(small, server.url)) as client:
            plain = await client.post("/api/ask", json={"question": CROWS})
            answer = await client.post("/api/ask", json={"question": CROWS}, headers=EVENTS)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    (first, document), *sentences, (last, _) = events_of(answer.text)
    assert (first, last) == ("answer", "end")
    assert document["excerpts"] == plain.json()["excerpts"]
    assert [one["supported"] for one in plain.json()["written"]["sentences"]] == [True, False, True]
    assert [(kind, one["text"]) for kind, one in sentences] == [
        ("sentence", "Crows recognise human faces [1]."),
        ("sentence", "They warn [1]."),
    ]


async def test_a_sentence_comes_before_the_next_is_written(small: Library) -> None:
    released = threading.Event()
    pieces = (f"{SAID[0]}They", " warn [1].")
    with model.serving(model.says_when(released, *pieces)) as server:
        async with (
            serving(writing(small, server.url)) as client,
            client.stream("POST", "/api/ask", json={"question": CROWS}, headers=EVENTS) as answer,
        ):
            text = ""
            async for piece in answer.aiter_text():
                text += piece
                if "human faces [1]." in text.partition("event: sentence")[2]:
                    released.set()
    assert released.is_set()
    assert [kind for kind, _ in events_of(text)] == ["answer", "sentence", "sentence", "end"]


async def test_a_page_gets_what_is_written_for_its_own_turn(small: Library) -> None:
    with model.serving(model.says(*SAID)) as server:
        async with serving(writing(small, server.url)) as client:
            turn = await client.post("/ask", data={"question": CROWS})
            none = await client.post(
                "/ask", data={"question": NOTHING}, headers={"Accept": "text/fragment+html"}
            )
            written = await client.get("/written/1")
            later = await client.get("/written/7")
            client.cookies.clear()
            others = await client.get("/written/1")
    assert 'data-source="/written/1"' in turn.text
    assert "/written/" not in none.text
    assert [kind for kind, _ in events_of(written.text)] == ["sentence", "sentence", "end"]
    assert (later.status_code, others.status_code) == (404, 404)


async def test_without_a_model_nothing_is_written(small: Library) -> None:
    async with serving(small) as client:
        answer = await client.post("/api/ask", json={"question": CROWS}, headers=EVENTS)
        turn = await client.post("/ask", data={"question": CROWS})
    assert [kind for kind, _ in events_of(answer.text)] == ["answer", "end"]
    assert "/written/" not in turn.text


async def test_a_model_that_fails_leaves_the_answer(small: Library) -> None:
    with model.serving(model.sends(b"nonsense", status=500)) as server:
        async with serving(writing(small, server.url)) as client:
            answer: httpx.Response = await client.post(
                "/api/ask", json={"question": CROWS}, headers=EVENTS
            )
    assert [kind for kind, _ in events_of(answer.text)] == ["answer", "end"]
