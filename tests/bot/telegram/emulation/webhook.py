"""The webhook: updates posted to the bot, each until it is taken."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from .wire import Json

TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Target:
    """Where updates go, and how many at a time."""

    url: str
    secret: str
    connections: int


class Webhook:
    """Posts what is pending, in the order of arrival, and takes it off when the bot has it.

    Attributes:
        pause_s: Waited before an update is posted again.
        error: How the last post that failed did so.
    """

    def __init__(self, pending: OrderedDict[int, Json], changed: Callable[[], None]) -> None:
        self.pause_s = 0.05
        self.target: Target | None = None
        self.error: str | None = None
        self._pending = pending
        self._changed = changed
        self._due: deque[int] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Begin to post, or go on after a stop."""
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, connector=connector)
        self.aim(self.target)

    async def stop(self) -> None:
        """Leave off; what was not taken stays pending."""
        tasks = self._leave_off()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            await self._session.close()
            self._session = None

    def aim(self, target: Target | None) -> None:
        """Post to this address from now on, beginning with all that is pending."""
        self._leave_off()
        self.target, self.error = target, None
        self._due = deque(self._pending if target else ())
        self._fill()

    def add(self, update_id: int) -> None:
        """Post one more update."""
        if self.target:
            self._due.append(update_id)
            self._fill()

    def _leave_off(self) -> set[asyncio.Task[None]]:
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        return tasks

    def _fill(self) -> None:
        while self._session and self.target and self._due:
            if len(self._tasks) >= self.target.connections:
                break
            post = self._post(self._due.popleft(), self.target, self._session)
            task = asyncio.create_task(post)
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._fill()

    async def _post(self, update_id: int, target: Target, session: aiohttp.ClientSession) -> None:
        headers = {"Content-Type": "application/json"}
        if target.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = target.secret
        while update := self._pending.get(update_id):
            try:
                async with session.post(
                    target.url, data=json.dumps(update), headers=headers, allow_redirects=False
                ) as response:
                    await response.read()
                if 200 <= response.status < 300:
                    self._pending.pop(update_id, None)
                    break
                self.error = f"Wrong response from the webhook: {response.status} {response.reason}"
            except (aiohttp.ClientError, TimeoutError) as exc:
                self.error = f"Connection failed: {type(exc).__name__}"
            self._changed()
            await asyncio.sleep(self.pause_s)
        self._changed()
