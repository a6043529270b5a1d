"""Terminal, API, page, assistants and Telegram give the same excerpts, whatever is asked."""

from __future__ import annotations

import json
from pathlib import Path

import lxml.html  # type: ignore[import-untyped]
import pytest
from mcp import Client

from bot import documents
from bot.catalogue import article_key
from bot.conversation import Conversation
from bot.library import Library
from bot.mcp.server import build as build_mcp
from bot.records import ChatPlace, State
from bot.telegram.addressing import AskedQuestion
from bot.telegram.replies import Replies
from bot.telegram.views.answers import MORE
from bot.telegram.views.quotes import cited_span
from bot.web import quotes
from config import Settings
from retrieval.chunking import split_sentences
from retrieval.types import Excerpt
from tests.libraries import library_of

from .servers import serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

FERRY = "Пором на острів відходить щодня о сьомій ранку від північного причалу."
BEES = "Honey bees form a cluster around the queen in winter and shiver to keep it warm."


def questions_of(library: Library) -> list[str]:
    """Return sentences of the articles as questions, and some that no article answers."""
    store = library.store
    articles = [store.article(source.path) for source in store.sources()]
    sentences = [
        " ".join(article.text[one.start : one.end].split()).rstrip(".:?!")
        for article in articles
        if article is not None
        for one in split_sentences(article.text, article.source.language)
    ]
    asked = [f"Is it true that {one}?" for one in sentences if 20 < len(one) < 120]
    return [
        *asked[:: max(1, len(asked) // 90)][:90],
        *(f"Who won the cup in {n}?" for n in range(1960, 1970)),
    ]


def linked(excerpt: Excerpt) -> str:
    start, end = cited_span(excerpt)
    return f"https://t.me/a_bot?start=a_{article_key(excerpt.source.path)}-{start}-{end}"


async def test_all_give_the_same_excerpts(library: Library, tmp_path: Path) -> None:
    questions = questions_of(library)
    assert len(questions) == 100
    answered = 0
    conversation = Conversation(library)
    state = State.open(tmp_path, 1, keep_days=1, conversation_minutes=1)
    async with (
        serving(library, questions_per_minute=1000) as client,
        Client(build_mcp(library)) as assistant,
    ):
        replies = Replies(library, state, "a_bot")
        for number, question in enumerate(questions, start=1):
            # All leave out what only leads up to the question.
            asked = conversation.read(question, "en").question
            answer = library.answerer.answer(asked)
            printed = json.loads(json.dumps(documents.of_answer(answer)))
            given = (await client.post("/api/ask", json={"question": question})).json()
            assert given["excerpts"] == printed["excerpts"], question
            assert given["answered"] == printed["answered"]
            told = (await assistant.call_tool("ask", {"question": question})).structured_content
            assert told is not None
            for excerpt in told["excerpts"]:
                del excerpt["id"], excerpt["link"]
            assert told["excerpts"] == printed["excerpts"], question
            # In a conversation it might lean on the question before.
            client.cookies.clear()
            turn = await client.post(
                "/ask", data={"question": question}, headers={"Accept": "text/fragment+html"}
            )
            shown = lxml.html.fromstring(turn.text).xpath("//figcaption/a[1]/@href")
            answered += answer.answered
            if not answer.answered:
                assert len(shown) == (answer.closest is not None)
                continue
            assert shown == [quotes.link_into(excerpt) for excerpt in answer.excerpts], question
            # Each asks in a chat of its own, and gets a link to the sentence of each excerpt.
            place = ChatPlace(number, None, number)
            reply = replies.question(AskedQuestion(place, 1, question, "en"))
            assert reply is not None
            links = [one.url for one in reply.message.entities if one.type == "text_link"]
            assert links == [linked(one) for one in answer.excerpts[:MORE]], question
        state.close()
    assert 50 < answered < 100


@pytest.mark.usefixtures("multilingual")
async def test_a_question_in_ukrainian_gets_a_cited_answer(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.md").write_text(f"# Пором на острів\n\n{FERRY}\n", encoding="utf-8")
    (articles / "bees.md").write_text(f"# Bees in winter\n\n{BEES}\n", encoding="utf-8")
    settings = Settings.load(
        overrides={
            "articles": {"folder": articles},
            "index": {"folder": tmp_path / "index"},
            "encoder": {"model": "auto"},
        }
    )
    opened = library_of(settings)
    async with serving(opened) as client:
        turn = await client.post(
            "/ask",
            data={"question": "О котрій відходить пором на острів?"},
            headers={"Accept": "text/fragment+html", "Accept-Language": "uk"},
        )
    tree = lxml.html.fromstring(turn.text)
    assert tree.findtext(".//blockquote/p/mark") == FERRY
    assert tree.findtext(".//figcaption/a/bdi") == "Пором на острів"
    assert "абзац" in tree.find(".//figcaption").text_content()
