"""A Ray cluster of two nodes encodes what one process encodes, whichever worker or node dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from ray.cluster_utils import Cluster

from embeddings import ClusterEncoder, EncoderError, load
from embeddings.encoder import EncodedPassage, Encoder
from retrieval.index import StoredEncoding
from retrieval.index.store import Store
from tests.paths import ROOT

pytestmark = pytest.mark.timeout(300)

_TRIES = 60
TEXTS = [f"Number {n}. " + "The river rises in the hills. " * (1 + n % 9) for n in range(96)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes of one processor each, whose workers see the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        environment.setenv("PYTHONPATH", str(ROOT))
        head = {"num_cpus": 1, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        cluster.add_node(num_cpus=1)
        yield cluster
        cluster.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture
def here(encoder: Encoder) -> Encoder:
    return encoder


@pytest.fixture
def make(encoder_cache: Path) -> Callable[[], Encoder]:
    """Makes the same encoder on a node."""
    return partial(load, "english", cache=encoder_cache)


class Dying:
    """An encoder whose process is killed at the first passages that any of them encodes."""

    def __init__(self, make: Callable[[], Encoder], died: Path) -> None:
        self._encoder = make()
        self._died = died
        self.fingerprint = self._encoder.fingerprint

    def encode_passages(self, texts: Sequence[str]) -> list[EncodedPassage]:
        if not self._died.exists():
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._encoder.encode_passages(texts)


def assert_same(found: Sequence[EncodedPassage], wanted: Sequence[EncodedPassage]) -> None:
    """Assert that passages are encoded alike to the last bit."""
    for one, other in zip(found, wanted, strict=True):
        for name in ("vector", "codes", "starts"):
            assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.slow
def test_the_passages_of_a_killed_worker_are_encoded_by_others(
    cluster: Cluster, here: Encoder, make: Callable[[], Encoder], tmp_path: Path
) -> None:
    died = tmp_path / "died"
    dying = cast(Callable[[], Encoder], partial(Dying, make, died))
    encoder = ClusterEncoder(here, dying, cluster.address)
    try:
        assert_same(encoder.encode_passages(TEXTS), here.encode_passages(TEXTS))
        assert died.exists()
    finally:
        encoder.close()


@pytest.mark.long
def test_a_node_with_another_encoder_is_told(
    cluster: Cluster, here: Encoder, encoder_cache: Path
) -> None:
    other = partial(load, "multilingual", cache=encoder_cache)
    encoder = ClusterEncoder(here, other, cluster.address)
    try:
        with pytest.raises(EncoderError, match=r"it has another encoder .* same version of Exc"):
            encoder.encode_passages(TEXTS)
    finally:
        encoder.close()


@pytest.mark.long
def test_a_cluster_on_which_all_workers_die_is_told(cluster: Cluster, here: Encoder) -> None:
    encoder = ClusterEncoder(here, partial(os._exit, 1), cluster.address)
    try:
        with pytest.raises(EncoderError, match="has no node on which a worker lives; see ray"):
            encoder.encode_passages(TEXTS)
    finally:
        encoder.close()


@pytest.mark.long
def test_a_refresh_makes_the_same_index_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    for n in range(4):
        (articles / f"{n}.txt").write_text(f"Number {n}\n\n" + "\n\n".join(TEXTS[n::4]))
    made: list[tuple[str, dict[bytes, StoredEncoding]]] = []
    for more in ("", f" --ray {cluster.address}"):
        index = tmp_path / f"index{len(more)}"
        told = f"{sys.executable} -m bot refresh --articles {articles} --index {index}{more}"
        subprocess.run(told.split(), cwd=ROOT, check=True, capture_output=True)
        store = Store.open(index)
        assert store
        ids = [one for some in store.chunks_of_articles(1).values() for one in some]
        encodings = dict(store.encodings(ids).values())
        made.append((store.digest(1), encodings))
        store.close()
    (digest, local), (other, remote) = made
    assert digest == other
    assert len(local) > 10
    assert local.keys() == remote.keys()
    for key, one in local.items():
        wanted, found = one.tokens, remote[key].tokens
        assert wanted is not None
        assert found is not None
        assert np.array_equal(one.vector, remote[key].vector)
        assert np.array_equal(wanted.codes, found.codes)


@pytest.mark.slow
def test_nodes_encode_what_one_process_does_and_one_is_lost(
    cluster: Cluster, here: Encoder, make: Callable[[], Encoder]
) -> None:
    encoder = ClusterEncoder(here, make, cluster.address)
    try:
        assert (len(encoder.nodes), encoder.at_once) == (2, 64)
        wanted = here.encode_passages(TEXTS)
        assert_same(encoder.encode_passages(TEXTS), wanted)
        assert len(encoder._workers) == 2

        (other,) = cluster.worker_nodes
        cluster.remove_node(other)
        assert_same(encoder.encode_passages(TEXTS), wanted)
        assert len(encoder._workers) == 1
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        # On a busy machine a node may be up before its worker can be started.
        for _ in range(_TRIES):
            assert_same(encoder.encode_passages(TEXTS), wanted)
            if len(encoder._workers) == 2:
                break
            time.sleep(1)
        assert len(encoder._workers) == 2
    finally:
        encoder.close()


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_told(here: Encoder, make: Callable[[], Encoder]) -> None:
    with pytest.raises(EncoderError, match=r"127\.0\.0\.1:1 .* ray start --head"):
        ClusterEncoder(here, make, "127.0.0.1:1")
