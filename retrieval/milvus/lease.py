"""The lease: one process at a time writes, whichever machine it runs on.

Milvus compares nothing before it writes, so a lease is taken in two steps: a claim is written, and
then all claims are read. Who finds no other one has it; who finds one takes its own back. A claim
that is not renewed for a while is void, as its holder is dead or cut off.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable

from retrieval.errors import IndexBusy, IndexFault

LEASE_S = 30.0
"""Seconds after which a claim is void. The clocks of the machines may differ by a third of it."""
_RENEWED_S = LEASE_S / 6
_PREFIX = "lease/"


class Lease:
    """The right to write, renewed by a thread while it is held."""

    def __init__(self) -> None:
        self._key = f"{_PREFIX}{uuid.uuid4().hex}"
        self._over = threading.Event()
        self._until = 0.0
        self._thread: threading.Thread | None = None

    def take(
        self,
        index: str,
        claims: Callable[[], dict[str, str]],
        write: Callable[[str, str], None],
        delete: Callable[[str], None],
        wait_s: float,
    ) -> None:
        """Take the lease, and renew it until it is given back.

        Args:
            index: Name of the index, for messages.
            claims: Returns the values of the index by their keys, as they are just now.
            write: Writes a value by its key.
            delete: Deletes a value by its key.
            wait_s: Seconds to wait for another holder; below 0 for as long as it takes.

        Raises:
            IndexBusy: Another process still holds it.
        """
        end = time.monotonic() + wait_s
        while True:
            self._renew(write)
            other = None
            for key, value in claims().items():
                if key.startswith(_PREFIX) and key != self._key:
                    claim = json.loads(value)
                    if claim["until"] > time.time():
                        other = claim["who"]
                    else:
                        delete(key)
            if other is None:
                break
            delete(self._key)
            if wait_s >= 0 and time.monotonic() > end:
                raise IndexBusy(
                    f"{other} is writing to the index {index}; wait until it has finished, "
                    "or run excerpta refresh --wait"
                )
            # Of two that find each other, one comes first the next time.
            time.sleep(random.uniform(0.1, 0.5))
        self._over = over = threading.Event()

        def renew() -> None:
            while not over.wait(_RENEWED_S):
                # Whoever writes finds out in time, if it cannot be renewed.
                try:
                    self._renew(write)
                except IndexFault:
                    continue

        self._thread = threading.Thread(target=renew, name="lease", daemon=True)
        self._thread.start()

    @property
    def held(self) -> bool:
        """Whether this process holds the lease still, for some seconds."""
        return time.monotonic() < self._until - _RENEWED_S

    def check(self) -> None:
        """Raise `IndexBusy` unless this process holds the lease."""
        if not self.held:
            raise IndexBusy(
                "the lease to write to the index was not renewed in time, so that another process "
                "may write; what is stored is kept, run excerpta refresh again"
            )

    def give_back(self, delete: Callable[[str], None]) -> None:
        """End the lease; where that does not reach the server, it ends by itself."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._until = 0.0
        try:
            delete(self._key)
        except IndexFault:
            return

    def _renew(self, write: Callable[[str, str], None]) -> None:
        begun = time.monotonic()
        who = f"process {os.getpid()} on {socket.gethostname()}"
        write(self._key, json.dumps({"who": who, "until": time.time() + LEASE_S}))
        self._until = begun + LEASE_S
