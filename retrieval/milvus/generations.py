"""The generations of an index in Milvus: its state, and the listing of each.

Both are read when they are wanted: the state again every second, a listing once. Store and writer
are made of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from retrieval.errors import IndexDamaged
from retrieval.index import FileState, Generation
from retrieval.milvus.connection import Connection, Row
from retrieval.milvus.listing import Listing, read_files
from retrieval.milvus.state import State, in_use, read_state, read_values, write_state

# A reader looks for another generation as often as this; to read the state takes a fifth of a
# second, for a server gathers what is written for so long.
_LOOK_S = 1.0
# Listings that are kept: of the generation before, the current one and the next.
_KEPT = 3


class Generations:
    """What is published in an index, and when; every method may be called from any thread.

    Args:
        connection: Connection to the server.
        number: Number of the index there.
        state: Its state, just read.

    Attributes:
        in_use: Number of the index in use, as it was last read: another one, if that was made
            again in place of this one.
    """

    def __init__(self, connection: Connection, number: int, state: State) -> None:
        self.connection = connection
        self.number = number
        self.in_use = number
        self._state = state
        self._looked = time.monotonic()
        self._listings: dict[int, Listing] = {}

    @property
    def name(self) -> str:
        """The address of the server."""
        return self.connection.name

    def collection(self, table: str) -> str:
        """Return the name of a collection of this index."""
        return self.connection.collection(table, self.number)

    def look(self) -> State:
        """Return the state, which was read a moment ago at most."""
        if self._looked < max(time.monotonic() - _LOOK_S, self.connection.changed):
            self._read()
        return self._state

    def change(self, of: Callable[[State], State]) -> State:
        """Write another state in place of the last one read; the caller holds the lease."""
        self.connection.lease.check()
        self._state = of(self._state)
        write_state(self.connection, self.number, self._state)
        self._looked = time.monotonic()
        return self._state

    def _read(self) -> None:
        looked = time.monotonic()
        meta = read_values(self.connection)
        self.in_use = in_use(meta)
        # Gone, if another one took its place: then what is known of it is what it was.
        self._state = read_state(meta, self.number, self.name) or self._state
        self._looked = looked

    def damage(self, found: str) -> Exception:
        """Return the exception that tells of damage, and what to do."""
        return IndexDamaged(
            f"the index {self.name} is damaged ({found}); run excerpta refresh --rebuild, which "
            "makes it again from the articles"
        )

    def current(self) -> int:
        """Return the number of the generation that readers are to see."""
        return self.look().current

    def fresh_state(self) -> State:
        """Return the state as it is just now."""
        self._read()
        return self._state

    def generation(self, number: int | None = None) -> Generation:
        """Return a kept generation, by default the current one."""
        number = self.current() if number is None else number
        found = [one for one in self.generations() if one.number == number]
        return found[0] if found else Generation(number, None, 0, 0, number)

    def generations(self) -> list[Generation]:
        """Return the generations that are kept, the newest first."""
        return list(self.look().generations)

    def keeps(self, generation: int) -> bool:
        """Whether this generation is still there; the empty one is."""
        return generation == 0 or any(one.number == generation for one in self.generations())

    def listing(self, generation: int) -> Listing:
        """Return the listing of a generation, which is read once."""
        found = self._listings.get(generation)
        if found is None:
            found = Listing.read(self.connection, self.number, generation)
            for old in sorted(self._listings)[: 1 - _KEPT]:
                self._listings.pop(old, None)
            self._listings[generation] = found
        return found

    def forget(self, generation: int) -> None:
        """Read the listing of a generation anew when it is wanted: it was changed."""
        self._listings.pop(generation, None)

    def count(self, generation: int) -> tuple[int, int]:
        """Count the articles and the chunks of a generation, published or not."""
        listing = self.listing(generation)
        return len(listing.names), listing.chunks

    def digest(self, generation: int) -> str:
        """Return the digest of a generation's passages."""
        return self.generation(generation).digest or self.made_digest(generation)

    def made_digest(self, generation: int) -> str:
        """Make the digest of a generation's passages from its rows."""
        return self.listing(generation).digest()

    def files(self, generation: int) -> dict[str, FileState]:
        """Return what a generation saw of each file, as it is just now."""
        known = self._listings.get(generation)
        if known is None:
            known = Listing(read_files(self.connection, self.number, generation), {})
        return {path: file.state for path, file in known.files.items()}

    def body(self, article: int) -> Row:
        """Return the text and the headings of an article."""
        rows = self.connection.rows(self.collection("articles"), f"owner == {article}", ["body"])
        return dict(json.loads("".join(row["body"] for row in rows)))
