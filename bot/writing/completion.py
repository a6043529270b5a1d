"""A completion: text that an OpenAI-compatible server streams, within bounds of time and size.

Nothing that the server sends is trusted: it may refuse, stall, drip, flood, or speak nonsense.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from functools import cache

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from config import WriterSettings

# A piece of a few characters comes in some 300 bytes.
_RESPONSE_BYTES = 4_000_000
# What the client would add tells of this machine, or of an account that the environment names.
_SENT_HEADERS = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "host"}
)
# At its lower levels it logs what is sent, if the environment says so (OPENAI_LOG).
logging.getLogger("openai").setLevel(logging.WARNING)


class CompletionError(Exception):
    """A server gave no completion, or not all of it; the message says why, and not what was sent.

    It never repeats what the server said, which may in turn repeat the question or the key.
    """


async def stream(
    settings: WriterSettings, messages: list[ChatCompletionMessageParam]
) -> AsyncGenerator[str, None]:
    """Yield what a model writes, piece by piece, as it comes.

    Args:
        settings: With an address and a model.
        messages: What the model is told.

    Raises:
        CompletionError: There is no server, it refuses, it is not done in time, or what it sends
            is too long or cannot be understood.
    """
    assert settings.base_url is not None
    assert settings.model is not None
    deadline = asyncio.get_running_loop().time() + settings.timeout_s
    key = settings.key.get_secret_value() if settings.key else ""
    async with httpx2.AsyncClient(
        verify=_certificates(),
        timeout=settings.timeout_s,
        # The question would go to a server that nobody has named.
        follow_redirects=False,
        event_hooks={"request": [_bare], "response": [_bounded]},
    ) as connection:
        client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=settings.base_url,
            max_retries=0,
            http_client=connection,
        )
        try:
            async with asyncio.timeout_at(deadline):
                answer = await client.chat.completions.create(
                    model=settings.model,
                    messages=messages,
                    max_tokens=settings.max_tokens,
                    temperature=0,
                    stream=True,
                    extra_headers=None if key else {"Authorization": openai.Omit()},
                )
            pieces = aiter(answer)
            try:
                while True:
                    # Around each step, as a limit around a yield would hit whoever reads.
                    async with asyncio.timeout_at(deadline):
                        chunk = await anext(pieces)
                    # A last piece may tell of use only, and carries no choice.
                    text = chunk.choices[0].delta.content if chunk.choices else None
                    if isinstance(text, str):
                        yield text
            finally:
                await answer.close()
                # The client reads through a chain of generators. This ends all of them; left as
                # they are, they would be closed out of order, which fails with a traceback.
                with suppress(Exception):
                    async for _ in pieces:
                        pass
        except StopAsyncIteration:
            return
        except CompletionError:
            raise
        except (TimeoutError, openai.APITimeoutError):
            raise CompletionError(f"not done within {settings.timeout_s:g} s") from None
        except openai.APIStatusError as exc:
            raise CompletionError(f"HTTP status {exc.status_code}") from None
        except openai.APIConnectionError:
            raise CompletionError(
                "no connection, or it was lost; is writer.base_url right?"
            ) from None
        except Exception as exc:  # noqa: BLE001 - the client checks little of what it reads
            raise CompletionError(f"an answer that is none ({type(exc).__name__})") from None


@cache
def _certificates() -> ssl.SSLContext:
    """Load the certificates once; it takes a while."""
    return httpx2.create_ssl_context()


async def _bare(request: httpx2.Request) -> None:
    for name in [name for name in request.headers if name.lower() not in _SENT_HEADERS]:
        del request.headers[name]
    request.headers["Accept-Encoding"] = "identity"


async def _bounded(response: httpx2.Response) -> None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        # A few bytes may unfold to many.
        raise CompletionError("a compressed answer, which was not asked for")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _RESPONSE_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise CompletionError(f"more than {_RESPONSE_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._stream.aclose()
