"""The connection to a Milvus server or to a file of Milvus Lite: its calls, and what may go wrong.

Every call has a time-out, and what goes wrong becomes one line that says what to do. A server that
was gone and comes back is used again.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from config import IndexSettings
from retrieval.errors import IndexFault, IndexMismatch
from retrieval.milvus.lease import Lease
from retrieval.milvus.tables import KEY, Table

logger = logging.getLogger(__name__)

# A question waits so long for a server that does not answer; making a collection takes seconds.
_TIMEOUT_S, _MAKING_S = 10.0, 60.0
_OLDEST = (2, 3)
# A server that was gone is looked for again every second, not more and more seldom, and by a
# connection of its own.
_AGAIN = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 1000,
}
# Values of `in [...]`, and rows that are written together: a message has 64 MB at most.
_VALUES, _ROWS = 500, 250
_HERE = "retrieval/milvus/README.md"

Row = dict[str, Any]


class Server(NamedTuple):
    """What a connection is made with.

    Attributes:
        address: A URL, or the path of a file of Milvus Lite.
        certificates: A file of those that vouch for the server; empty for the public ones.
        prefix: The beginning of the names of the collections.
        kind: Kind of the index of vectors.
        build: Parameters with which it is built, each "name=number".
        search: Parameters with which it is searched.
    """

    address: str
    token: str
    certificates: str
    database: str
    prefix: str
    kind: str
    build: tuple[str, ...]
    search: tuple[str, ...]


class Connection:
    """The calls of one Milvus; safe to use from several threads.

    Attributes:
        name: Its address, for messages.
        vector_index: Kind of its index of vectors.
        lease: What makes this process the only one that writes to the index, while it does.
        changed: When this process last wrote the state of an index, on the monotonic clock.
    """

    def __init__(self, to: Server) -> None:
        self.name = to.address
        self.vector_index = to.kind
        self.lease = Lease()
        self.changed = 0.0
        self._to = to
        self._is_file = to.address.endswith(".db")
        self._opening = threading.Lock()
        self._client: Any = None

    def close(self) -> None:
        """Let go of the server, or of the file; the next call connects again."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                if self._is_file:
                    # Else the process holds its lock, client or not.
                    from milvus_lite.server_manager import server_manager_instance

                    server_manager_instance.release_server(self._to.address)
            self._client = None

    def collection(self, table: str, number: int | None = None) -> str:
        """Return the name of a collection of an index, by its number, or of all indexes."""
        return "_".join([self._to.prefix, *([] if number is None else [str(number)]), table])

    def has(self, collection: str) -> bool:
        """Whether a collection is there."""
        return bool(self._call("has_collection", collection))

    def collections(self) -> list[str]:
        """Return the names of the collections of all indexes."""
        names = self._call("list_collections")
        return [name for name in names if name.startswith(f"{self._to.prefix}_")]

    def make(self, collection: str, table: Table) -> None:
        """Make a collection and load it, unless it is there."""
        if self.has(collection):
            return
        from pymilvus import DataType

        client = self._opened()
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        for name, kind in table.fields.items():
            if isinstance(kind, int):
                schema.add_field(name, DataType.VARCHAR, max_length=kind, is_primary=name == KEY)
            else:
                schema.add_field(name, DataType.INT64, is_primary=name == "id")
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=table.dim)
        index = client.prepare_index_params()
        how: dict[str, Any] = {"index_type": "FLAT"}
        if table.searched:
            how = {"index_type": self._to.kind, "params": _numbers(self._to.build)}
        index.add_index("vector", metric_type="IP", **how)
        self._call(
            "create_collection", collection, schema=schema, index_params=index, timeout=_MAKING_S
        )

    def drop(self, collection: str) -> None:
        """Drop a collection with all its rows."""
        self._call("drop_collection", collection, timeout=_MAKING_S)

    def rows(
        self,
        collection: str,
        where: str,
        fields: Sequence[str],
        page: int = 2000,
        strong: bool = True,
    ) -> Iterator[Row]:
        """Yield the rows of a collection with an id, ascending.

        Args:
            collection: Its name.
            where: Condition of Milvus.
            fields: Fields that are wanted beside the id.
            page: Rows that are fetched together.
            strong: Whether what was just written has to be among them.
        """
        last = -1
        while True:
            some = self._call(
                "query",
                collection,
                filter=f"id > {last} and ({where})",
                output_fields=["id", *fields],
                limit=page,
                consistency_level="Strong" if strong else "Bounded",
            )
            yield from some
            if len(some) < page:
                return
            last = some[-1]["id"]

    def of_values(
        self,
        collection: str,
        field: str,
        values: Sequence[int] | Sequence[str],
        fields: Sequence[str],
        strong: bool = True,
    ) -> Iterator[Row]:
        """Yield the rows that have one of some values in a field, in any order."""
        for at in range(0, len(values), _VALUES):
            yield from self._call(
                "query",
                collection,
                filter=f"{field} in {listed(values[at : at + _VALUES])}",
                output_fields=list(fields),
                consistency_level="Strong" if strong else "Bounded",
            )

    def keyed(self, collection: str) -> dict[str, str]:
        """Return all values of a collection by their keys, as they are just now."""
        rows = self._call(
            "query",
            collection,
            filter=f'{KEY} != ""',
            output_fields=[KEY, "value"],
            consistency_level="Strong",
        )
        return {row[KEY]: row["value"] for row in rows}

    def count(self, collection: str, where: str) -> int:
        """Count rows, as they are just now."""
        (row,) = self._call(
            "query",
            collection,
            filter=where,
            output_fields=["count(*)"],
            consistency_level="Strong",
        )
        return int(row["count(*)"])

    def put(self, collection: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows in place of those with their ids; each row as a whole."""
        for at in range(0, len(rows), _ROWS):
            self._call("upsert", collection, list(rows[at : at + _ROWS]))

    def delete(self, collection: str, where: str) -> None:
        """Delete rows."""
        self._call("delete", collection, filter=where)

    def search(
        self, collection: str, vectors: Sequence[Sequence[float]], where: str, top_k: int
    ) -> list[dict[int, float]]:
        """Return for each vector the inner products of the nearest rows by id, best first."""
        found = self._call(
            "search",
            collection,
            data=list(vectors),
            filter=where,
            limit=top_k,
            anns_field="vector",
            search_params={"metric_type": "IP", "params": _numbers(self._to.search)},
            consistency_level="Bounded",
        )
        return [{int(one["id"]): float(one["distance"]) for one in hits} for hits in found]

    def _call(self, method: str, *values: object, timeout: float = _TIMEOUT_S, **by: object) -> Any:  # noqa: ANN401
        """Call a method of Milvus' client."""
        client = self._opened()
        from grpc import RpcError
        from pymilvus import MilvusException

        try:
            return getattr(client, method)(*values, timeout=timeout, **by)
        except (MilvusException, RpcError) as exc:
            fault = self.fault(exc)
            if _is_away(str(fault)):
                # Once it has lost its server, the client does not find it again.
                self.close()
            raise fault from exc

    def fault(self, exc: Exception) -> IndexFault:
        """Return the fault that tells what Milvus says, and what to do."""
        # A server that turns a client away is to the client one that it fails to connect to.
        cause = exc.__cause__ or exc
        said = cause.details() if hasattr(cause, "details") else getattr(exc, "message", "")
        # Milvus appends where in its own code it happened.
        said = " ".join(str(said or exc).split())[:200]
        low = said.lower()
        if "ssl" in low or "certificate" in low:
            wanted = "set index.server_certificates to a file of those that vouch for the server"
        elif _is_away(low) or "deadline" in low or "timeout" in low:
            wanted = f"start it, see {_HERE}, or give another index with --index"
        elif "local milvus" in low or "lock" in low:
            wanted = (
                "one process at a time uses a file of Milvus Lite: wait until it has finished, or "
                f"start a server, see {_HERE}"
            )
        elif "auth" in low or "permission" in low or "privilege" in low:
            wanted = (
                "set index.server_token to that of a user who may read and write its collections"
            )
        elif "database" in low:
            wanted = "set index.database to one that is there"
        elif "field" in low and ("unknown" in low or "not exist" in low):
            wanted = "a collection of this name is not Excerpta's; set index.collections to another"
        elif "index" in low or "param" in low:
            wanted = "see index.vector_index, index.build_parameters and index.search_parameters"
        else:
            wanted = "see the log of the server"
        return IndexFault(f"Milvus at {self.name} does not do what is asked ({said}); {wanted}")

    def _opened(self) -> Any:  # noqa: ANN401
        """Return Milvus' own client, which connects when it is first wanted."""
        with self._opening:
            if self._client is None:
                self._client = self._open()
            return self._client

    def _open(self) -> Any:  # noqa: ANN401
        try:
            from grpc import RpcError
            from pymilvus import MilvusClient, MilvusException
        except ImportError as exc:
            raise IndexFault(
                f"the index {self.name} wants Milvus' client, which is not installed; run pip "
                "install 'excerpta[milvus]'"
            ) from exc
        # What it logs, it raises as well.
        for name in ("pymilvus", "milvus_lite", "grpc"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        to = self._to
        names = {"db_name": to.database, "server_pem_path": to.certificates}
        try:
            client = MilvusClient(
                to.address,
                token=to.token,
                timeout=_TIMEOUT_S,
                grpc_options=_AGAIN,
                **({} if self._is_file else names),
            )
            version = str(client.get_server_version(timeout=_TIMEOUT_S))
            for name in client.list_collections(timeout=_TIMEOUT_S) if self._is_file else ():
                client.load_collection(name, timeout=_TIMEOUT_S)
        except (MilvusException, RpcError) as exc:
            raise self.fault(exc) from exc
        except OSError as exc:
            raise IndexFault(
                f"index.server_certificates {to.certificates} cannot be read ({exc.strerror}); "
                "name a file of certificates, in PEM"
            ) from exc
        found = re.match(r"v(\d+)\.(\d+)", version)
        if found and (int(found[1]), int(found[2])) < _OLDEST:
            raise IndexMismatch(
                f"Milvus at {self.name} has version {version}, this version of Excerpta wants "
                f"{'.'.join(map(str, _OLDEST))} or a newer one; update the server"
            )
        logger.info(
            "Milvus %s at %s searches the vectors, and tantivy on this machine the words (BM25)",
            *(version, self.name),
        )
        return client


def _is_away(said: str) -> bool:
    """Whether a message tells that nobody answers at the address."""
    return "unavailable" in said.lower() or "connect" in said.lower()


def listed(values: Sequence[int] | Sequence[str]) -> str:
    """Return values as Milvus' conditions list them: numbers, or texts of letters and digits."""
    return json.dumps(list(values))


def connection_of(settings: IndexSettings) -> Connection:
    """Return the connection that the settings name, the same one for the same settings."""
    return _connection(
        Server(
            settings.server or "",
            settings.server_token.get_secret_value() if settings.server_token else "",
            str(settings.server_certificates or ""),
            settings.database,
            settings.collections,
            settings.vector_index,
            settings.build_parameters,
            settings.search_parameters,
        )
    )


_connection = cache(Connection)


def _numbers(parameters: Sequence[str]) -> dict[str, float]:
    """Return parameters by name, whole numbers as such."""
    pairs = (one.split("=") for one in parameters)
    return {name: json.loads(value) for name, value in pairs}
