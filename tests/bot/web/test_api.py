"""The API, asked over HTTP: the documents of the command line, and one clear answer to the rest."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import msgspec
import pytest

from bot import documents
from bot.conversation import Conversation, of_reply
from bot.library import Library
from bot.web import AnswerDocument, ArticleDocument, ArticlesDocument, StatusDocument

from .servers import CROWS, MARKUP, NOTHING, TIDES, serving

pytestmark = pytest.mark.anyio

QUESTIONS = (
    "Where is Artem Kariakin's home?",
    "Why did comunications fail?",
    "Who won the chess championship in 1972?",
    "What are dragon's teeth?",
    "hello",
    "what is this about?",
    "summarise the article about minefields",
    "who wrote the article about minefields?",
)
TIMED = {"elapsed_ms": None}


def document_of(answer: httpx.Response) -> dict[str, object]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, object] = answer.json()
    return found


def problem_of(answer: httpx.Response, status: int) -> str:
    """Return what a problem says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["title"]
    return str(document["detail"])


@pytest.mark.parametrize("question", QUESTIONS)
async def test_an_answer_is_that_of_the_command_line(library: Library, question: str) -> None:
    async with serving(library) as client:
        given = document_of(await client.post("/api/ask", json={"question": question}))
    conversation = Conversation(library)
    message = conversation.read(question)
    reply = conversation.reply(message)
    if reply is None:
        wanted = documents.of_answer(library.answerer.answer(message.question))
    else:
        wanted = of_reply(message, reply)
    assert given | TIMED == json.loads(json.dumps(wanted)) | TIMED
    msgspec.convert(given, AnswerDocument)


async def test_a_follow_up_leans_on_the_history(library: Library) -> None:
    asked = {"question": "And what does he feel about the talks?"}
    async with serving(library) as client:
        history = {"history": ["thanks", QUESTIONS[0]]}
        given = document_of(await client.post("/api/ask", json=asked | history))
    answer = library.answerer.answer(asked["question"], earlier=[QUESTIONS[0]])
    assert answer.understood
    assert given["searched"] == answer.searched
    assert given["excerpts"] == json.loads(json.dumps(documents.of_answer(answer)["excerpts"]))


@pytest.mark.parametrize("number", [7, 7.0])
async def test_as_many_excerpts_are_returned_as_are_wanted(library: Library, number: float) -> None:
    async with serving(library) as client:
        asked = {"question": QUESTIONS[0], "excerpts": number}
        given = msgspec.convert((await client.post("/api/ask", json=asked)).json(), AnswerDocument)
    assert [one.citation for one in given.excerpts] == list(range(1, 8))


async def test_offsets_count_characters_of_the_article(small: Library) -> None:
    async with serving(small) as client:
        asked = await client.post("/api/ask", json={"question": TIDES})
        first = msgspec.convert(asked.json(), AnswerDocument).excerpts[0]
        assert first.title == MARKUP
        assert "onerror" in first.text
        listed = msgspec.convert((await client.get("/api/articles")).json(), ArticlesDocument)
        key = next(one.id for one in listed.articles if one.article == first.article)
        by_key = document_of(await client.get(f"/api/articles/{key}"))
        assert document_of(await client.get(f"/api/articles/{quote(first.article)}")) == by_key
    article = msgspec.convert(by_key, ArticleDocument)
    assert article.text[first.start : first.end] == first.text


async def test_articles_are_listed_in_pages_and_found_by_their_title(small: Library) -> None:
    async with serving(small) as client:
        first = await client.get("/api/articles", params={"size": 2})
        second = await client.get("/api/articles", params={"size": 2, "page": 2})
        found = await client.get("/api/articles", params={"title": "NORTH storms"})
        far = await client.get("/api/articles", params={"page": 1000})
    pages = [msgspec.convert(one.json(), ArticlesDocument) for one in (first, second, found, far)]
    titles = [[one.title for one in page.articles] for page in pages]
    assert titles == [[MARKUP, "Crows"], ["Storms of the north"], ["Storms of the north"], []]
    assert [(page.pages, page.total) for page in pages] == [(2, 3), (2, 3), (1, 1), (1, 3)]


async def test_the_status_says_what_is_searched(small: Library) -> None:
    async with serving(small) as client:
        status = msgspec.convert(document_of(await client.get("/api/status")), StatusDocument)
        health = (await client.get("/health")).json()
    assert (status.generation, status.articles, status.encoder) == (1, 3, "hash")
    assert health == {"status": "ok", "generation": 1}


async def test_openapi_describes_every_route(small: Library) -> None:
    async with serving(small) as client:
        described = document_of(await client.get("/api/openapi.json"))
        paths = described["paths"]
        assert isinstance(paths, dict)
        for path, operations in paths.items():
            wrong = "delete" if "post" in operations else "post"
            answer = await client.request(wrong, path.replace("{id}", "x"))
            assert "methods" in problem_of(answer, 405)
    text = json.dumps(described)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    components = described["components"]
    assert isinstance(components, dict)
    assert names <= set(components["schemas"])


# Bad input


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "no JSON"),
        (b'{"question": ', 400, "no JSON"),
        (b"[" * 50_000, 400, "too deeply"),
        (b'{"question": "\xff"}', 400, "no JSON"),
        (b"[]", 422, "object"),
        (b"{}", 422, "question"),
        (b'{"question": 7}', 422, "str"),
        (b'{"question": "a", "anwser": 1}', 422, "anwser"),
        (b'{"question": "a", "excerpts": 0}', 422, "excerpts"),
        (b'{"question": "a", "excerpts": 9999999}', 422, "excerpts"),
        (b'{"question": "a", "history": ["a", 7]}', 422, "history"),
        (b'{"question": ""}', 422, "The question is empty"),
        (b'{"question": " \\u0000\\u202e "}', 422, "empty"),
        (json.dumps({"question": "a " * 600}).encode(), 422, "1,199 characters"),
        (b" " * 70_000, 413, "too long"),
    ],
)
async def test_a_wrong_request_gets_one_clear_answer(
    small: Library, body: bytes, status: int, said: str
) -> None:
    async with serving(small) as client:
        json_type = {"Content-Type": "application/json"}
        answer = await client.post("/api/ask", content=body, headers=json_type)
        assert said in problem_of(answer, status)
        assert (await client.get("/health")).status_code == 200


async def test_a_huge_body_is_refused_before_it_has_come(small: Library) -> None:
    async with serving(small) as client:
        answer = await client.post(
            "/api/ask", content=b" " * 10_000_000, headers={"Content-Type": "application/json"}
        )
        assert "too long" in problem_of(answer, 413)


async def test_a_form_of_another_site_cannot_ask(small: Library) -> None:
    async with serving(small) as client:
        answer = await client.post("/api/ask", data={"question": CROWS})
        assert "application/json" in problem_of(answer, 415)


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "%00",
        "%ff%fe",
        "a" * 5000,
        "%ed%a0%80",
        "crows.md/",
        "' OR 1=1 --",
    ],
)
async def test_a_name_that_no_article_has_finds_nothing(small: Library, name: str) -> None:
    async with serving(small) as client:
        url = client.base_url.copy_with(
            raw_path=f"/api/articles/{name}".replace(" ", "%20").encode()
        )
        assert problem_of(await client.get(url), 404)


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "size=1000", "pages=2", f"title={'a' * 300}"]
)
async def test_a_wrong_query_says_what_is_wrong(small: Library, query: str) -> None:
    async with serving(small) as client:
        assert query.partition("=")[0] in problem_of(
            await client.get(f"/api/articles?{query}"), 422
        )


async def test_an_article_that_is_gone_is_not_found(small: Library) -> None:
    async with serving(small) as client:
        assert problem_of(await client.get("/api/articles/no.md"), 404)
        assert problem_of(await client.get("/api/nothing"), 404)


async def test_what_is_not_answered_lists_what_comes_closest(small: Library) -> None:
    async with serving(small) as client:
        given = document_of(await client.post("/api/ask", json={"question": NOTHING}))
    assert given["answered"] is False
