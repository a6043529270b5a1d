"""The pace at which changes are told: soon for a few, seldom while they do not end."""

from __future__ import annotations

# While changes go on and on, as when many files are copied.
_LONGEST_S = 2.0
# So many in a row are told as soon as it is quiet, and from then on one in so many seconds.
_CREDIT = 10.0
_REST_S = 10.0


class Pace:
    """Says when what was heard is told.

    Args:
        now: Seconds of a clock that never goes back, as in all methods.
    """

    def __init__(self, now: float) -> None:
        self._heard: float | None = None
        self._due = self._credited = now
        self._credit = _CREDIT

    def hear(self, now: float) -> None:
        """Note that something changed."""
        if self._heard is None:
            self._heard = now

    def is_time(self, now: float, *, quiet: bool) -> bool:
        """Whether to tell now.

        Args:
            now: See above.
            quiet: Whether nothing changed for a moment.
        """
        self._credit = min(_CREDIT, self._credit + (now - self._credited) / _REST_S)
        self._credited = now
        if self._credit < 1:
            return False
        if self._heard is not None and (quiet or now - self._heard >= _LONGEST_S):
            return True
        return now >= self._due

    def hurry(self, now: float) -> None:
        """Tell as soon as the pace allows, heard or not."""
        self._due = now

    def told(self, now: float, next_s: float) -> None:
        """Note that it was told; after so many seconds it is again, heard or not."""
        self._heard = None
        self._due = now + next_s
        self._credit -= 1
