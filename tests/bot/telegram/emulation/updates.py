"""Updates that wait for the bot, and the two ways in which it gets them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from .webhook import Target, Webhook
from .wire import ApiError, Json, bad, flag, whole

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Updates:
    """The queue.

    Attributes:
        pending: What the bot has not confirmed, by update id, oldest first.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        # Ordered dictionaries give up their first item in constant time; plain ones do not.
        self.pending: OrderedDict[int, Json] = OrderedDict()
        self.webhook = Webhook(self.pending, changed)
        self._allowed: list[str] = []
        self._ids = itertools.count(1001)
        self._poll: asyncio.Future[None] | None = None

    def push(self, kind: str, payload: Json) -> int:
        """Put an update into the queue, unless its kind is filtered out, and return its id."""
        update_id = next(self._ids)
        # As with Telegram, the filter holds for updates made after the request that set it.
        if not self._allowed or kind in self._allowed:
            self.pending[update_id] = {"update_id": update_id, kind: payload}
            self.wake()
            self.webhook.add(update_id)
        return update_id

    def wake(self, error: ApiError | None = None) -> None:
        """Let the poll that waits look again, or end it."""
        if self._poll and not self._poll.done():
            if error:
                self._poll.set_exception(error)
            else:
                self._poll.set_result(None)

    async def api_getupdates(self, params: Json) -> list[Json]:
        if self.webhook.target:
            text = "Conflict: can't use getUpdates method while webhook is active"
            raise ApiError(409, f"{text}; use deleteWebhook to delete the webhook first")
        # The newer poll wins, and the older is told.
        rival = "Conflict: terminated by other getUpdates request"
        self.wake(ApiError(409, f"{rival}; make sure that only one bot instance is running"))
        self._filter(params)
        offset = whole(params, "offset", 0)
        limit = whole(params, "limit", 100)
        if not 1 <= limit <= 100:
            raise bad("limit must be from 1 to 100")
        if (timeout_s := whole(params, "timeout", 0)) < 0:
            raise bad("timeout must not be negative")
        while self.pending and (
            len(self.pending) > -offset if offset < 0 else next(iter(self.pending)) < offset
        ):
            self.pending.popitem(last=False)
        if not self.pending:
            self._poll = asyncio.get_running_loop().create_future()
            # A rival's error may come when the poll has just ended, and nobody fetches it.
            self._poll.add_done_callback(lambda poll: poll.cancelled() or poll.exception())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poll, timeout_s)
        return list(itertools.islice(self.pending.values(), limit))

    async def api_setwebhook(self, params: Json) -> bool:
        if not (url := str(params["url"])):
            return await self.api_deletewebhook(params)
        address = urlsplit(url)
        if address.scheme != "https" and (
            address.scheme != "http" or address.hostname not in LOOPBACK
        ):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        secret = str(params.get("secret_token", ""))
        if "secret_token" in params and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token is empty, too long or contains unallowed characters")
        connections = whole(params, "max_connections", 40)
        if not 1 <= connections <= 100:
            raise bad("max_connections must be from 1 to 100")
        self._filter(params)
        self._drop(params)
        self.wake(ApiError(409, "Conflict: terminated by setWebhook request"))
        self.webhook.aim(Target(url, secret, connections))
        return True

    async def api_deletewebhook(self, params: Json) -> bool:
        self._drop(params)
        self.webhook.aim(None)
        return True

    def _filter(self, params: Json) -> None:
        if (kinds := params.get("allowed_updates")) is None:
            return
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise bad("can't parse allowed_updates: a list of names is expected")
        self._allowed = kinds

    def _drop(self, params: Json) -> None:
        if flag(params, "drop_pending_updates"):
            self.pending.clear()
