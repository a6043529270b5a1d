"""Streams: a written answer, sentence by sentence, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse

from bot.answers import Answer
from bot.display import json_text
from bot.writing import Writer

EVENTS = "text/event-stream"


def event(kind: str, document: Mapping[str, Any]) -> str:
    """Make an event of a stream."""
    return f"event: {kind}\ndata: {json_text(document)}\n\n"


async def written(
    writer: Writer | None, answer: Answer | None, first: str = ""
) -> AsyncIterator[str]:
    """Yield the supported sentences that a model writes from an answer, then the end.

    Args:
        writer: It writes; without one, there are no sentences.
        answer: What it writes from.
        first: An event that comes before them.
    """
    yield first
    if writer is not None and answer is not None:
        async with aclosing(writer.write(answer)) as sentences:
            async for one in sentences:
                if one.supported:
                    document = {"text": one.text, "citations": list(one.citations)}
                    yield event("sentence", {**document, "model": writer.model})
    yield event("end", {})


def streamed(events: AsyncIterator[str]) -> StreamingResponse:
    """Answer with events as they come, through proxies, too."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type=EVENTS, headers=headers)
