"""The state of an index in Milvus: one row, so that a reader sees one generation or the next."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import asdict, dataclass, replace

from retrieval.errors import IndexDamaged, IndexMismatch
from retrieval.index import Generation, Origin
from retrieval.milvus.connection import Connection
from retrieval.milvus.tables import FORMAT, KEY, NO_VECTOR

_IN_USE = "use"


@dataclass(frozen=True, slots=True)
class State:
    """What is current in an index.

    Attributes:
        current: Number of the current generation.
        generations: Those that are kept, the newest first.
        held: Why the index stays as it is; empty if it does not.
        refused: Why the next generation was not published; empty if it was not refused.
        calibrations: The calibrations of its generations, as JSON.
        next_id: The first id that no article and no file has had.
    """

    origin: Origin
    current: int = 0
    generations: tuple[Generation, ...] = ()
    held: str = ""
    refused: str = ""
    calibrations: str = ""
    next_id: int = 1

    def published(self, new: Generation, held: str = "") -> State:
        """Return the state once a generation is published."""
        return replace(
            self,
            current=new.number,
            generations=(new, *self.generations),
            held=held,
            refused="",
        )


def in_use(meta: dict[str, str]) -> int:
    """Return the number of the index in use; 0 if there is none."""
    return int(meta.get(_IN_USE, "0"))


def numbers(meta: dict[str, str]) -> list[int]:
    """Return the numbers of all indexes, in use or not."""
    return [int(key.partition("/")[2]) for key in meta if key.startswith("index/")]


def read_state(meta: dict[str, str], number: int, name: str) -> State | None:
    """Read the state of an index; None if it is not there.

    Raises:
        IndexMismatch: It has another format.
        IndexDamaged: It is not what was written.
    """
    written = meta.get(_key(number))
    if written is None:
        return None
    try:
        values = json.loads(written)
        if values.pop("format") != FORMAT:
            raise IndexMismatch(
                f"the index {name} was made by another version of Excerpta; run excerpta refresh "
                "--rebuild, which makes it again from the articles"
            )
        generations = tuple(
            Generation(**{**one, "published": dt.datetime.fromisoformat(one["published"])})
            for one in values.pop("generations")
        )
        return State(Origin(**values.pop("origin")), generations=generations, **values)
    except (ValueError, TypeError, KeyError) as exc:
        raise IndexDamaged(
            f"the state of the index {name} is not what was written; run excerpta refresh "
            "--rebuild, which makes it again from the articles"
        ) from exc


def write_state(connection: Connection, number: int, state: State) -> None:
    """Write the state of an index, which all readers see at once or not at all."""
    generations = [
        {**asdict(one), "published": one.published.isoformat() if one.published else ""}
        for one in state.generations
    ]
    values = {**asdict(state), "format": FORMAT, "generations": generations}
    write_value(connection, _key(number), json.dumps(values))
    connection.changed = time.monotonic()


def use(connection: Connection, number: int) -> None:
    """Put an index into use."""
    write_value(connection, _IN_USE, str(number))
    connection.changed = time.monotonic()


def delete_state(connection: Connection, number: int) -> None:
    """Delete the state of an index."""
    delete_value(connection, _key(number))


def read_values(connection: Connection) -> dict[str, str]:
    """Return all values by their keys, as they are just now; none if there is no index."""
    meta = connection.collection("meta")
    return connection.keyed(meta) if connection.has(meta) else {}


def write_value(connection: Connection, key: str, value: str) -> None:
    """Write a value by its key."""
    row = {KEY: key, "value": value, "vector": NO_VECTOR}
    connection.put(connection.collection("meta"), [row])


def delete_value(connection: Connection, key: str) -> None:
    """Delete a value by its key."""
    connection.delete(connection.collection("meta"), f'{KEY} in ["{key}"]')


def _key(number: int) -> str:
    return f"index/{number}"
