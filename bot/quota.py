"""Quotas: how much somebody may ask, in hand and in a minute."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from enum import Enum

WAITING = 3
"""Questions of a user that may wait while one is answered; more would be answered too late."""
_WINDOW_S = 60.0
_QUOTA_USERS = 50_000
"""Users that are remembered; those who have not asked for longest are forgotten first."""


class Verdict(Enum):
    """Whether a question is admitted, and if not, what its user is told."""

    ADMITTED = "admitted"
    TOO_MANY = "too many"  # questions of the user wait; a notice says so
    TOO_FAST = "too fast"  # questions in this minute; a notice says so
    TOLD = "told"  # refused once more; where others read along, a notice each time is noise


class Quota:
    """Counts the questions of each user, in hand and in the last minute.

    Args:
        per_minute: Questions in any sixty seconds.
        clock: Seconds, monotonic.
        waiting: Questions that may wait while one is answered.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float], waiting: int = WAITING) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._waiting = waiting
        self._users: OrderedDict[Hashable, _User] = OrderedDict()

    def admit(self, user: Hashable, *, counted: bool = True) -> Verdict:
        """Count a question, if it is admitted; `leave` is called when it is answered.

        Args:
            user: Who asks.
            counted: Whether it counts in the minute; what does not may only not wait in numbers.
        """
        now = self._clock()
        known = self._users.setdefault(user, _User(deque(maxlen=self._per_minute)))
        self._users.move_to_end(user)
        while len(self._users) > _QUOTA_USERS:
            self._users.popitem(last=False)
        full = counted and self.wait_s(user) > 0
        if known.in_hand > self._waiting or full:
            verdict = Verdict.TOO_FAST if full else Verdict.TOO_MANY
            verdict, known.told = (Verdict.TOLD if known.told else verdict), True
            return verdict
        if counted:
            known.told = False
            known.times.append(now)
        known.in_hand += 1
        return Verdict.ADMITTED

    def wait_s(self, user: Hashable) -> float:
        """Return the seconds until a user may ask again; 0 for one who may ask now."""
        known = self._users.get(user)
        if known is None or len(known.times) < self._per_minute:
            return 0.0
        return max(0.0, known.times[0] + _WINDOW_S - self._clock())

    def leave(self, user: Hashable) -> None:
        """End a question that was admitted."""
        if user in self._users:
            self._users[user].in_hand -= 1


class _User:
    __slots__ = ("in_hand", "times", "told")

    def __init__(self, times: deque[float]) -> None:
        self.times = times
        self.in_hand = 0
        self.told = False
