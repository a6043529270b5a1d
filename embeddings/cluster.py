"""Passages encoded by the nodes of a Ray cluster, for the import of a large archive.

    texts -> batches, the longest first -> a worker on each node -> encoded passages, in order

A worker is an actor that holds the encoder. It has one batch under way and one that waits, so that
no more is in memory than all of them are busy with. The batches of a worker that dies, alone or
with its node, go to the others; a node that has none gets a worker with the next texts, and so does
a node that has joined. Ray sends Python objects pickled, among machines that trust each other.
"""

from __future__ import annotations

import logging
import re
import socket
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from embeddings.encoder import BATCH, EncodedPassage, EncodedQuery, Encoder
from embeddings.errors import EncoderError

logger = logging.getLogger(__name__)

# Batches of the encoder that a worker gets together: a second's work for one core or so.
_TOGETHER = 2 * BATCH
_UNDER_WAY = 2
# A node on which so many workers died gets no more.
_TRIES = 3
# The first batch of a node waits for its encoder, which may have to be compiled.
_PATIENCE_S = 300.0
_LOOK_S = 10.0
_HOST = re.compile(r"(?:ray://)?(.+):(\d+)")


class ClusterEncoder:
    """Encodes questions here and passages on the nodes of a cluster, to the same results.

    Args:
        encoder: The encoder here.
        make: Makes the same encoder on a node, where the same version of Excerpta is installed.
        address: Address of the cluster, as `ray.init` takes it.

    Raises:
        EncoderError: Ray is not installed, or no cluster is there.
    """

    def __init__(self, encoder: Encoder, make: Callable[[], Encoder], address: str) -> None:
        self.name = encoder.name
        self.fingerprint = encoder.fingerprint
        self.dim = encoder.dim
        self.languages = encoder.languages
        self.languages_common = encoder.languages_common
        self.max_tokens = encoder.max_tokens
        self._encoder = encoder
        self._make = make
        self._address = address
        self._ray = _connected(address)
        self._workers: dict[str, Any] = {}
        self._deaths: Counter[str] = Counter()

    @property
    def at_once(self) -> int:
        """The number of passages that keep all nodes busy."""
        return _UNDER_WAY * _TOGETHER * len(self.nodes)

    @property
    def nodes(self) -> list[str]:
        """The ids of the nodes that are alive and have processors to give."""
        return [
            node["NodeID"]
            for node in self._ray.nodes()
            if node["Alive"] and node["Resources"].get("CPU")
        ]

    def close(self) -> None:
        """Leave the cluster; the workers end."""
        self._workers.clear()
        self._ray.shutdown()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each whole text, without special tokens."""
        return self._encoder.count_tokens(texts)

    def encode_query(self, text: str) -> EncodedQuery:
        """Encode a question, here."""
        return self._encoder.encode_query(text)

    def encode_passages(self, texts: Sequence[str]) -> list[EncodedPassage]:
        """Encode passages on the nodes, in the order given.

        Raises:
            EncoderError: A node has another encoder, none is left, or nothing comes back.
        """
        # In the order of the encoder, so that the same passages share a batch: another padding
        # would change the last digits.
        lengths = self.count_tokens(texts)
        order = sorted(range(len(texts)), key=lambda n: -lengths[n])
        waiting = deque(order[at : at + _TOGETHER] for at in range(0, len(order), _TOGETHER))
        under_way: dict[Any, tuple[str, list[int]]] = {}
        encoded: dict[int, EncodedPassage] = {}
        self._staff()
        while len(encoded) < len(texts):
            busy = Counter(node for node, _ in under_way.values())
            for _ in range(_UNDER_WAY):
                for node, worker in self._workers.items():
                    if waiting and busy[node] < _UNDER_WAY:
                        busy[node] += 1
                        part = waiting.popleft()
                        ref = worker.encode.remote([texts[n] for n in part])
                        under_way[ref] = node, part
            done, _ = self._ray.wait(list(under_way), timeout=_PATIENCE_S)
            if not done:
                raise EncoderError(
                    f"the Ray cluster at {self._address} has encoded nothing for "
                    f"{_PATIENCE_S:.0f} seconds; see ray status, and run excerpta refresh again, "
                    "which goes on"
                )
            for ref in done:
                node, part = under_way.pop(ref)
                passages = self._result(ref, node)
                if passages is None:
                    waiting.appendleft(part)
                else:
                    encoded.update(zip(part, passages, strict=True))
        return [encoded[n] for n in range(len(texts))]

    def _staff(self) -> None:
        """Give each node without a worker one, unless too many have died there.

        Raises:
            EncoderError: There is no worker then.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        for node in self.nodes:
            if node not in self._workers and self._deaths[node] < _TRIES:
                here = NodeAffinitySchedulingStrategy(node, soft=False)
                made = self._ray.remote(_Worker).options(num_cpus=1, scheduling_strategy=here)
                self._workers[node] = made.remote(self._make, self.fingerprint)
        if not self._workers:
            raise EncoderError(
                f"the Ray cluster at {self._address} has no node on which a worker lives; see ray "
                "status, and whether each node has processors to give and this version of Excerpta"
            )

    def _result(self, ref: Any, node: str) -> list[EncodedPassage] | None:  # noqa: ANN401
        """Return what a worker has encoded; None if it died."""
        from ray.exceptions import RayActorError, RayTaskError

        try:
            passages: list[EncodedPassage] = self._ray.get(ref)
        except RayTaskError as exc:
            raise EncoderError(f"a node of the Ray cluster cannot encode: {exc.cause}") from exc
        except RayActorError:
            if self._workers.pop(node, None) is not None:
                self._deaths[node] += 1
                logger.warning("a worker of the Ray cluster died; its passages go to others")
            if not self._workers:
                self._staff()
            return None
        return passages


class _Worker:
    """Holds the encoder of a node; it is loaded with the first passages, so that faults tell."""

    def __init__(self, make: Callable[[], Encoder], fingerprint: str) -> None:
        self._make = make
        self._fingerprint = fingerprint

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = self._make()
        if encoder.fingerprint != self._fingerprint:
            raise EncoderError(
                f"it has another encoder ({encoder.name} {encoder.fingerprint[:8]}, not "
                f"{self._fingerprint[:8]}); install the same version of Excerpta and its model"
            )
        return encoder

    def encode(self, texts: Sequence[str]) -> list[EncodedPassage]:
        return self._encoder.encode_passages(texts)


def _connected(address: str) -> Any:  # noqa: ANN401
    """Connect this process to a cluster, and return Ray."""
    try:
        import ray
    except ImportError as exc:
        raise EncoderError(
            "--ray wants Ray, which is not installed; run pip install 'excerpta[ray]'"
        ) from exc
    try:
        if found := _HOST.fullmatch(address):
            # Ray itself goes on asking for minutes.
            socket.create_connection((found[1].strip("[]"), int(found[2])), _LOOK_S).close()
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as exc:
        raise EncoderError(
            f"no Ray cluster answers at {address} ({exc}); start one with ray start --head, or "
            "leave --ray out"
        ) from exc
    return ray
