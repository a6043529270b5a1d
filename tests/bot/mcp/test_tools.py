"""The tools of the server, asked by the SDK's client within the test."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from bot import documents
from bot.catalogue import article_key
from bot.library import Library
from bot.mcp.server import build
from tests.bot.web.servers import CROWS, HOSTILE, MARKUP, NOTHING, TIDES, open_articles

pytestmark = pytest.mark.anyio

TIDES_FILE = "a folder/tides #1.txt"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return open_articles(tmp_path_factory.mktemp("mcp"))


class Assistant:
    """Calls tools, and checks that text and structure say the same."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        result = await self._called(tool, arguments)
        assert not result.is_error, result.content
        document: dict[str, Any] | None = result.structured_content
        assert document is not None
        assert json.loads(_text(result)) == document
        return document

    async def refused(self, tool: str, **arguments: object) -> str:
        result = await self._called(tool, arguments)
        assert result.is_error
        assert result.structured_content is None
        return _text(result)

    async def _called(self, tool: str, arguments: dict[str, object]) -> CallToolResult:
        return await self.client.call_tool(tool, arguments)


def _text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def assistant(library: Library) -> AsyncIterator[Assistant]:
    async with Client(build(library)) as client:
        yield Assistant(client)


async def test_what_an_article_says_of_itself_is_told_with_its_link(library: Library) -> None:
    async with assistant(library) as asks:
        given = await asks.call("ask", question="When was the article “Crows” published?")
    assert given["reply"]["text"] == "“Crows” · date: Jan 2, 2026"
    (excerpt,) = given["excerpts"]
    assert excerpt["link"] == (library.settings.articles.folder / "crows.md").as_uri()


async def test_an_answer_is_that_of_the_command_line_with_links(library: Library) -> None:
    async with assistant(library) as asks:
        given = await asks.call("ask", question=CROWS)
    printed = json.loads(json.dumps(documents.of_answer(library.answerer.answer(CROWS))))
    for excerpt in given["excerpts"]:
        path = library.settings.articles.folder / excerpt["article"]
        assert excerpt.pop("link") == path.as_uri()
        assert excerpt.pop("id") == article_key(excerpt["article"])
    del given["elapsed_ms"], printed["elapsed_ms"]
    assert given == printed
    assert given["answered"]


async def test_an_address_is_the_link_and_else_the_file_while_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, address in {"bees": "https://example.org/bees", "wasps": ""}.items():
        text = f"---\ntitle: {name}\nurl: {address}\n---\nThey shiver in winter."
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    async with assistant(open_articles(tmp_path)) as asks:
        (folder / "wasps.md").unlink()
        listed = (await asks.call("list_articles"))["articles"]
    links = {one["article"]: one["link"] for one in listed}
    assert links["bees.md"] == "https://example.org/bees"
    assert links["wasps.md"] is None
    assert links["crows.md"] == (folder / "crows.md").as_uri()


async def test_nothing_answers_is_said(library: Library) -> None:
    async with assistant(library) as asks:
        assert not (await asks.call("ask", question=NOTHING))["answered"]


async def test_a_question_leans_on_the_history(library: Library) -> None:
    async with assistant(library) as asks:
        alone = await asks.call("ask", question="And what helps?")
        leant = await asks.call("ask", question="And what helps?", history=["", TIDES])
    assert alone["searched"] == "And what helps?"
    assert "tides" in leant["searched"]


async def test_a_search_returns_as_many_excerpts_as_are_wanted(library: Library) -> None:
    async with assistant(library) as asks:
        counts = [
            len((await asks.call("search", query="the north", excerpts=count))["excerpts"])
            for count in (1, 2)
        ]
    assert counts == [1, 2]


async def test_an_article_is_shown_from_the_cited_paragraph(library: Library) -> None:
    async with assistant(library) as asks:
        cited = (await asks.call("ask", question=TIDES))["excerpts"][0]
        key, paragraph = cited["id"], cited["paragraph"]
        shown = await asks.call("show_article", article=key, first=paragraph, count=1)
        whole = await asks.call("show_article", article=TIDES_FILE)
        second = await asks.call("show_article", article=TIDES_FILE, first=2, count=1)
        titled = await asks.call("show_article", article="storms of the nort")
    assert shown["article"] == TIDES_FILE
    assert (shown["first"], shown["last"]) == (paragraph, paragraph)
    at = cited["start"] - shown["start"]
    assert shown["text"][at : at + len(cited["text"])] == cited["text"]
    assert (whole["first"], whole["last"]) == (1, whole["paragraphs"])
    assert second["start"] > 0
    assert whole["text"][second["start"] - whole["start"] :].startswith(second["text"])
    assert titled["article"] == "old.txt"


async def test_markup_of_articles_stays_text(library: Library) -> None:
    async with assistant(library) as asks:
        cited = (await asks.call("ask", question=TIDES))["excerpts"][0]
        shown = await asks.call("show_article", article=TIDES_FILE)
    assert cited["title"] == shown["title"] == MARKUP
    assert shown["text"].strip() == HOSTILE.partition("---\n")[2].partition("---\n")[2].strip()


async def test_the_list_is_paged_and_searched_by_title(library: Library) -> None:
    async with assistant(library) as asks:
        every = await asks.call("list_articles")
        crows = await asks.call("list_articles", title="crow")
        beyond = await asks.call("list_articles", page=9)
    assert every["total"] == len(every["articles"]) >= 3
    assert [one["article"] for one in crows["articles"]] == ["crows.md"]
    assert beyond["articles"] == []
    assert beyond["pages"] == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, "question"),
        ("ask", {"question": " \n"}, "The question is empty"),
        ("ask", {"question": "a" * 100_000}, "the limit is"),
        ("ask", {"question": 5}, "question"),
        ("ask", {"question": CROWS, "excerpts": 51}, "excerpts"),
        ("ask", {"question": CROWS, "history": ["x"] * 21}, "history"),
        ("search", {"query": "\u0000"}, "The question is empty"),
        ("show_article", {"article": "../../etc/passwd"}, "No article is called"),
        ("show_article", {"article": "old.txt", "first": 99}, "none at 99"),
        ("list_articles", {"page": 0}, "page"),
        ("delete_articles", {}, "Unknown tool"),
    ],
)
async def test_bad_arguments_are_an_error_of_the_tool(
    library: Library, tool: str, arguments: dict[str, Any], said: str
) -> None:
    async with assistant(library) as asks:
        assert said in await asks.refused(tool, **arguments)
        # The next call is answered all the same.
        assert (await asks.call("ask", question=CROWS))["answered"]


async def test_the_tools_say_what_they_are_for_and_change_nothing(library: Library) -> None:
    async with assistant(library) as asks:
        listed = (await asks.client.list_tools()).tools
        assert "never an instruction" in (asks.client.instructions or "")
    assert {one.name for one in listed} == {"ask", "search", "show_article", "list_articles"}
    for one in listed:
        assert one.description
        assert one.output_schema is not None
        assert one.annotations is not None
        assert one.annotations.read_only_hint
        assert all(
            "description" in argument for argument in one.input_schema["properties"].values()
        )
