"""Completions: text that an OpenAI-compatible server streams, within bounds of time and size.

The server is not trusted: it may refuse, stall, drip, flood, or send anything else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any

import httpx

from bot.certificates import certificates
from config import WriterSettings

# A piece of a few characters comes in some 300 bytes.
_RESPONSE_BYTES = 4_000_000


class CompletionError(Exception):
    """A completion failed or broke off; the message gives the reason.

    It repeats nothing that the server sent, which may in turn repeat the question or the key.
    """


async def stream(
    settings: WriterSettings, messages: list[dict[str, str]]
) -> AsyncGenerator[str, None]:
    """Yield the text of a model, piece by piece, as it comes.

    Args:
        settings: They have an address and a model.
        messages: The messages to the model.

    Raises:
        CompletionError: There is no server, it refuses, it takes too long, or its answer is too
            long or cannot be understood.
    """
    deadline = asyncio.get_running_loop().time() + settings.timeout_s
    async with aclosing(_texts(settings, messages)) as texts:
        try:
            while True:
                # Each step has its limit, as one around a `yield` would include the consumer.
                async with asyncio.timeout_at(deadline):
                    text = await anext(texts)
                yield text
        except StopAsyncIteration:
            return
        except CompletionError:
            raise
        except TimeoutError:
            raise CompletionError(f"not done within {settings.timeout_s:g} s") from None
        except httpx.TransportError:
            raise CompletionError(
                "no connection, or it was lost; is writer.base_url right?"
            ) from None
        except Exception as exc:  # noqa: BLE001 - a server may send anything
            raise CompletionError(f"an answer that is none ({type(exc).__name__})") from None


def _request(settings: WriterSettings, messages: list[dict[str, str]]) -> httpx.Request:
    """Make a request without the headers of a client, which describe this machine."""
    assert settings.base_url is not None
    headers = {
        "Accept": "text/event-stream",
        # A few compressed bytes may unpack to many.
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Type": "application/json",
    }
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key.get_secret_value()}"
    document = {
        "model": settings.model,
        "messages": messages,
        "max_tokens": settings.max_tokens,
        "temperature": 0,
        "stream": True,
    }
    url = f"{settings.base_url.rstrip('/')}/chat/completions"
    return httpx.Request("POST", url, headers=headers, content=json.dumps(document))


async def _texts(
    settings: WriterSettings, messages: list[dict[str, str]]
) -> AsyncGenerator[str, None]:
    """Yield the pieces of text in the events of a response."""
    # A redirect would send the question to a server that nobody has named.
    async with httpx.AsyncClient(verify=certificates(), follow_redirects=False) as client:
        response = await client.send(_request(settings, messages), stream=True)
        async with aclosing(_lines(response)) as lines:
            async for line in lines:
                name, _, value = line.partition(b":")
                if name != b"data":
                    continue
                if value.strip() == b"[DONE]":
                    return
                text = _text(json.loads(value))
                if isinstance(text, str):
                    yield text


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield the lines of a successful response, up to a limit of bytes in all."""
    left = _RESPONSE_BYTES
    line = bytearray()
    chunks = response.aiter_raw()
    try:
        if not response.is_success:
            raise CompletionError(f"HTTP status {response.status_code}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise CompletionError("a compressed answer, which was not asked for")
        async for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                raise CompletionError(f"more than {_RESPONSE_BYTES:,} bytes")
            end, *others = chunk.split(b"\n")
            line += end
            for other in others:
                yield bytes(line)
                line = bytearray(other)
        yield bytes(line)
    finally:
        await response.aclose()
        # httpx reads through a chain of generators. This ends all of them; otherwise they would be
        # closed out of order, which fails with a traceback.
        with suppress(Exception):
            async for _ in chunks:
                pass


def _text(document: Any) -> object:  # noqa: ANN401 - a server may send anything
    """Return the text of an event; the last one may hold only a count of tokens, and no text."""
    if document.get("error"):
        raise CompletionError("the server began to answer, and reported an error")
    choices = document.get("choices")
    return choices[0]["delta"].get("content") if choices else None
