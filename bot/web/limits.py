"""Limits: how much an address and a conversation may ask, and how large a request may be."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.quota import Quota, Verdict
from bot.serving import read_body
from config import WebSettings

_BODY_BYTES = 64_000
"""The longest body that is read, several times the longest question with its history."""
_BODY_S = 10.0
"""A sender that takes longer holds a connection for nothing."""
_PEOPLE = 5
"""So many people who ask as much as they may can share an address."""


class Limits:
    """Admits questions.

    Args:
        settings: They have the greatest number of questions of one conversation in a minute.
        clock: Seconds, monotonic.
    """

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        per_minute = settings.questions_per_minute
        self._conversations = Quota(per_minute, clock)
        self._addresses = Quota(_PEOPLE * per_minute, clock, waiting=_PEOPLE * 3)

    @contextmanager
    def asking(self, request: Request, conversation: str | None = None) -> Iterator[None]:
        """Count a question while the block runs.

        Args:
            request: It has the address of the sender.
            conversation: The id of the conversation, if there is one.

        Raises:
            HTTPException: There are too many of this address or of this conversation.
        """
        with ExitStack() as stack:
            self._admit(stack, self._addresses, address_of(request))
            if conversation is not None:
                self._admit(stack, self._conversations, conversation)
            yield

    @staticmethod
    def _admit(stack: ExitStack, quota: Quota, key: str) -> None:
        if quota.admit(key) is not Verdict.ADMITTED:
            raise HTTPException(
                429, "Too many questions; ask again in a minute.", {"Retry-After": "60"}
            )
        stack.callback(quota.leave, key)


def address_of(request: Request) -> str:
    """Return the address of a sender; of IPv6, the network that is usually given to a household."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((host, 64), strict=False))


async def body_of(request: Request) -> bytes:
    """Return the body of a request.

    Raises:
        HTTPException: It is too long or comes too slowly, or its sender is gone.
    """
    try:
        async with asyncio.timeout(_BODY_S):
            return await read_body(request, _BODY_BYTES)
    except TimeoutError:
        raise HTTPException(408, f"The body took more than {_BODY_S:.0f} seconds.") from None
