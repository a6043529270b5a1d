"""How much one user may ask: so many questions a minute, so many that wait; and what was said."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from enum import Enum

WAITING = 3
"""Questions of a user that may wait while one is answered; more would only be answered stale."""
_WINDOW_S = 60.0
_USERS = 50_000
"""Users that are remembered; the least recent go first, who have not asked for long."""


class Verdict(Enum):
    """What becomes of a question."""

    ADMITTED = "admitted"
    TOO_MANY = "too many"  # still wait; say so
    TOO_FAST = "too fast"  # in this minute; say so
    SILENCE = "silence"  # it was said already: a notice for each would be a flood of its own


class Quota:
    """Counts what users ask.

    Args:
        per_minute: Questions in any sixty seconds.
        clock: Seconds, monotonic.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._users: OrderedDict[int, _User] = OrderedDict()

    def admit(self, user: int) -> Verdict:
        """Count a question in, if it is admitted; `leave` counts it out when it is answered."""
        now = self._clock()
        known = self._users.setdefault(user, _User(deque(maxlen=self._per_minute)))
        self._users.move_to_end(user)
        while len(self._users) > _USERS:
            self._users.popitem(last=False)
        full = len(known.times) == self._per_minute and now - known.times[0] < _WINDOW_S
        if known.in_hand > WAITING or full:
            verdict = Verdict.TOO_FAST if full else Verdict.TOO_MANY
            verdict, known.told = (Verdict.SILENCE if known.told else verdict), True
            return verdict
        known.told = False
        known.times.append(now)
        known.in_hand += 1
        return Verdict.ADMITTED

    def leave(self, user: int) -> None:
        """Count out what was admitted."""
        if user in self._users:
            self._users[user].in_hand -= 1


class _User:
    __slots__ = ("in_hand", "times", "told")

    def __init__(self, times: deque[float]) -> None:
        self.times = times
        self.in_hand = 0
        self.told = False


class Seen:
    """What was met before, so that something is said once and not each time.

    Args:
        room: How much is remembered, the latest.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def first(self, key: Hashable) -> bool:
        """Whether this is met for the first time, as far as is remembered; it is, from now on."""
        new = key not in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > self._room:
            self._seen.popitem(last=False)
        return new
