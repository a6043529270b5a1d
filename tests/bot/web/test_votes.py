"""Votes, and what is kept of questions: by programs and on the page, without names."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import msgspec
import pytest

from bot.library import Library
from bot.records import WEB, State, open_state
from bot.web import AnswerDocument

from .servers import CROWS, NOTHING, TIDES, serving
from .test_api import problem_of
from .test_pages import Page, ask

pytestmark = pytest.mark.anyio


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[State]:
    with closing(open_state(tmp_path, WEB, keep_days=7, conversation_minutes=30)) as memory:
        yield memory


def kept(memory: State) -> list[tuple[str, bool, int, int]]:
    found = memory.questions(0.0, 100)
    assert all(abs(one.at - time.time()) < 100 for one in found)
    return sorted((one.question, one.answered, one.ups, one.downs) for one in found)


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def vote(client: httpx.AsyncClient, key: str | None, helpful: object) -> httpx.Response:
    return await client.post("/api/feedback", json={"id": key, "helpful": helpful})


async def test_a_program_votes_on_an_answer_and_its_last_word_counts(
    small: Library, memory: State
) -> None:
    async with serving(small, memory) as client:
        keys = []
        for question in (CROWS, NOTHING):
            given = (await client.post("/api/ask", json={"question": question})).json()
            keys.append(msgspec.convert(given, AnswerDocument).id)
        assert kept(memory) == [(CROWS, True, 0, 0), (NOTHING, False, 0, 0)]
        for helpful in (True, True, False):
            answer = await vote(client, str(keys[0]), helpful)
            assert answer.json() == {"id": keys[0], "helpful": helpful}
        await vote(client, str(keys[1]), True)
    assert kept(memory) == [(CROWS, True, 0, 1), (NOTHING, False, 1, 0)]


async def test_nobody_votes_on_the_answer_of_another(small: Library, memory: State) -> None:
    async with serving(small, memory) as client:
        first, second = [
            (await client.post("/api/ask", json={"question": CROWS})).json()["id"] for _ in range(2)
        ]
        number, _, reader = first.partition("-")
        other = second.partition("-")[2]
        for key in (f"{number}-{other}", f"{number}-0", f"99-{reader}", number, "x" * 40):
            assert "No answer with this id" in problem_of(await vote(client, key, False), 404)
        for key, helpful in ((None, True), ("", True), (first, 1), (first, "no"), ("x" * 99, True)):
            assert problem_of(await vote(client, key, helpful), 422)
    assert kept(memory) == [(CROWS, True, 0, 0)] * 2


async def test_where_nothing_is_kept_nobody_can_vote(small: Library) -> None:
    async with serving(small) as client:
        given = (await client.post("/api/ask", json={"question": CROWS})).json()
        assert "id" not in given
        assert problem_of(await vote(client, "1-1", True), 404)
        assert not (await ask(client, CROWS)).tree.xpath("//form[@action='/vote']")


async def test_a_reader_votes_on_the_page(small: Library, memory: State) -> None:
    async with serving(small, memory) as client:
        page = await ask(client, f"{CROWS} {TIDES}")
        numbers = page.tree.xpath("//form[@action='/vote']/input/@value")
        assert len(numbers) == 2
        sent = await client.post("/vote", data={"answer": numbers[1], "helpful": "0"})
        assert sent.headers["Location"] == "/#turn-1"
        page = Page(await client.get("/"))
        pressed = page.tree.xpath("//button[@name='helpful']/@aria-pressed")
        assert pressed == ["false", "false", "false", "true"]
        fragment = await client.post(
            *("/vote",),
            data={"answer": numbers[1], "helpful": "1"},
            headers={"Accept": "text/fragment+html"},
        )
        assert fragment.text.strip().startswith('<form class="vote"')
        assert kept(memory) == [(TIDES, True, 1, 0), (CROWS, True, 0, 0)]
        for answer in ("999", "", "x", "9" * 50):
            sent = await client.post("/vote", data={"answer": answer, "helpful": "1"})
            assert sent.status_code == 404
        own = client.cookies.get("session")
        client.cookies.clear()
        sent = await client.post("/vote", data={"answer": numbers[0], "helpful": "1"})
        assert sent.status_code == 404
        evil = {"Origin": "https://evil.example", "Cookie": f"session={own}"}
        sent = await client.post("/vote", data={"answer": numbers[0]}, headers=evil)
        assert sent.status_code == 403
    assert kept(memory) == [(TIDES, True, 1, 0), (CROWS, True, 0, 0)]


async def test_a_reader_erases_what_is_kept_of_the_conversation(
    small: Library, memory: State, tmp_path: Path
) -> None:
    async with serving(small, memory) as client:
        page = Page(await client.get("/"))
        assert page.tree.xpath("//form[@action='/forget']//button[@hidden]")
        await client.post("/language", data={"language": "de", "back": "/"})
        await ask(client, f"{CROWS} {TIDES}")
        (other,) = [cookie.value for cookie in client.cookies.jar]
        client.cookies.clear()
        await ask(client, NOTHING)
        # What was asked before a new conversation is erased, too.
        await client.post("/new")
        assert [one[0] for one in kept(memory)] == [TIDES, CROWS, NOTHING]
        page = Page(await client.get("/"))
        assert page.tree.xpath("//form[@action='/forget']//button[not(@hidden)]")
        await client.post("/forget")
        assert [one[0] for one in kept(memory)] == [TIDES, CROWS]
        client.cookies.clear()
        client.cookies.set("session", str(other))
        evil = await client.post("/forget", headers={"Origin": "https://evil.example"})
        assert evil.status_code == 403
        page = Page(await client.post("/forget"))
        assert page.texts(".//p[@id='forgotten']") == ["Done. I remember nothing of you any more."]
        assert page.tree.xpath("//form[@action='/forget']//button[@hidden]")
        assert page.excerpts == []
        assert kept(memory) == []
        # The next question is that of somebody new.
        await ask(client, TIDES)
        assert kept(memory) == [(TIDES, True, 0, 0)]
        assert (await client.get("/forget")).headers["Location"] == "/"
        client.cookies.clear()
        assert (await client.post("/forget")).status_code == 200
    assert CROWS.encode() not in content(tmp_path)


async def test_a_program_erases_what_is_kept_of_an_answer(small: Library, memory: State) -> None:
    async with serving(small, memory) as client:
        keys = [
            (await client.post("/api/ask", json={"question": one})).json()["id"]
            for one in (CROWS, TIDES)
        ]
        wrong = f"{keys[0].partition('-')[0]}-0"
        for key in (wrong, "99-1", "x"):
            assert problem_of(await client.post("/api/forget", json={"id": key}), 404)
        for wanted in (None, "", 1):
            assert problem_of(await client.post("/api/forget", json={"id": wanted}), 422)
        erased = await client.post("/api/forget", json={"id": keys[0]})
        assert erased.json() == {"id": keys[0]}
        assert problem_of(await client.post("/api/forget", json={"id": keys[0]}), 404)
        assert problem_of(await vote(client, keys[0], True), 404)
    assert kept(memory) == [(TIDES, True, 0, 0)]


async def test_nobody_is_asked_whether_no_answer_helped(small: Library, memory: State) -> None:
    async with serving(small, memory) as client:
        page = await ask(client, NOTHING)
    assert kept(memory) == [(NOTHING, False, 0, 0)]
    assert not page.tree.xpath("//form[@action='/vote']")


async def test_small_talk_is_not_kept(small: Library, memory: State) -> None:
    async with serving(small, memory) as client:
        await client.post("/api/ask", json={"question": "hello"})
        await ask(client, "what is this about?")
    assert kept(memory) == []


async def test_what_is_kept_has_no_names(small: Library, memory: State, tmp_path: Path) -> None:
    async with serving(small, memory) as client:
        await ask(client, CROWS)
        session = client.cookies["session"]
        key = (await client.post("/api/ask", json={"question": TIDES})).json()["id"]
    files = content(tmp_path)
    reader = int(key.partition("-")[2], 16)
    assert CROWS.encode() in files
    for secret in (session.encode(), b"127.0.0.1", b"%d" % reader, reader.to_bytes(8, "big")):
        assert secret not in files
