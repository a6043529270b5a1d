"""Plain requests to the emulator, as any bot could make them."""

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
