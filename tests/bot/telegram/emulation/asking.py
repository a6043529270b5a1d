"""Plain requests to the emulator, as any bot could make them, and their parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from .wire import Json

Ask = Callable[..., Coroutine[Any, Any, Json]]
"""Takes a method and its parameters, and returns all of the answer."""


@asynccontextmanager
async def asking(url: str, token: str) -> AsyncIterator[Ask]:
    """Ask with parameters in JSON."""
    async with aiohttp.ClientSession() as session:

        async def ask(method: str, **params: object) -> Json:
            async with session.post(f"{url}/bot{token}/{method}", json=params) as response:
                answer: Json = await response.json()
            assert answer["ok"] is (response.status == 200)
            assert response.status == answer.get("error_code", 200)
            return answer

        yield ask


async def done(answer: Awaitable[Json]) -> Any:  # noqa: ANN401 - results have any shape
    """Return the result of a request that must succeed."""
    reply = await answer
    assert reply["ok"], reply
    return reply["result"]


async def refused(answer: Awaitable[Json], code: int, description: str) -> Json:
    """Return the parameters of a refusal."""
    reply = await answer
    assert reply.get("error_code") == code, reply
    assert description in reply["description"]
    parameters: Json = reply.get("parameters", {})
    return parameters


def keyboard(*buttons: Json) -> Json:
    """Return a row of buttons under a message."""
    return {"inline_keyboard": [list(buttons)]}


def data(text: str = "More", value: str = "m") -> Json:
    """Return a button that sends a press."""
    return {"text": text, "callback_data": value}


def span(kind: str, offset: int, length: int, **fields: object) -> list[Json]:
    """Return the entities of a text that has one."""
    return [{"type": kind, "offset": offset, "length": length, **fields}]


def article(**fields: object) -> Json:
    """Return a result of an inline query."""
    content = {"message_text": "Text."}
    return {
        "type": "article",
        "id": "1",
        "title": "Title",
        "input_message_content": content,
        **fields,
    }


def result(**fields: object) -> Json:
    """Return the parameters of an inline answer with one result."""
    return {"results": [article(**fields)]}


def says(**fields: object) -> Json:
    """Return the fields of a result that sends this."""
    return {"input_message_content": {"message_text": "Text.", **fields}}
