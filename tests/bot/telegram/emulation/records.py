"""Records of what happened, bounded where a test runs for so long that memory counts."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Record(list[V], Generic[V]):
    """A list of what happened, oldest first; only `add` to it.

    Attributes:
        total: All that were ever added.
    """

    def __init__(self, recall: int | None = None) -> None:
        super().__init__()
        self.total = 0
        self._recall = recall

    def add(self, item: V) -> None:
        """Append; with `recall` set, at least that many of the newest are kept, at most twice."""
        self.append(item)
        self.total += 1
        if self._recall is not None and len(self) > 2 * self._recall:
            del self[: len(self) - self._recall]


class Memory(OrderedDict[K, V], Generic[K, V]):
    """What can be found by a key; with `recall` set, the oldest are forgotten."""

    def __init__(self, recall: int | None = None) -> None:
        super().__init__()
        self._recall = recall

    def keep(self, key: K, value: V) -> None:
        """Put under the key, in constant time."""
        self[key] = value
        if self._recall is not None and len(self) > self._recall:
            self.popitem(last=False)
