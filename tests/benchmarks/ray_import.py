"""An import over one node of a Ray cluster and over two, each node on a core of its own.

python -m tests.benchmarks.ray_import [--articles N]

The nodes are on this machine; processes of a node run on its core only, and this one, which reads,
cuts and stores, on whichever is free. Each cluster imports the same articles of about three chunks,
made of sentences of seeds/, into an index in a folder, once its nodes have loaded the encoder.
Printed are passages a second, and how many times one node two are; and the same by processor time,
of this process and of the worker that had most to do: on a machine that others use, it tells more.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from ray.cluster_utils import Cluster

from config import ArticlesSettings, IndexSettings
from embeddings import ClusterEncoder, load
from retrieval.refresh import RefreshOptions, refresh_index
from tests.benchmarks.conditions import conditions
from tests.paths import ROOT


def started(cores: list[int]) -> Cluster:
    """Start a cluster with a node on each of these cores."""
    allowed = os.sched_getaffinity(0)
    cluster = Cluster()
    for core in cores:
        # What the node starts runs where this process may run now.
        os.sched_setaffinity(0, {core})
        cluster.add_node(num_cpus=1, include_dashboard=False)
    os.sched_setaffinity(0, allowed)
    return cluster


def worked() -> dict[str, float]:
    """Return the seconds of processor time of each worker so far, by its process."""
    times = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, rest = stat.read_text().partition(" (ray::_Worker")
            if rest:
                user, system = rest.rpartition(")")[2].split()[11:13]
                times[pid] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return times


def imported(cores: list[int], articles: Path, index: Path) -> tuple[float, float]:
    """Return the passages a second of an import over these cores, by clock and by processor."""
    cluster = started(cores)
    encoder = ClusterEncoder(load("english"), partial(load, "english"), cluster.address)
    encoder.encode_passages([f"Number {n}" for n in range(64 * len(cores))])
    before, own, load_before = worked(), time.process_time(), os.getloadavg()[0]
    began = time.perf_counter()
    report = refresh_index(
        ArticlesSettings(folder=articles),
        IndexSettings(folder=index),
        encoder,
        options=RefreshOptions(at_once=max(128, encoder.at_once)),
    )
    wall, own = time.perf_counter() - began, time.process_time() - own
    busy = [after - before[pid] for pid, after in worked().items() if pid in before]
    print(
        f"nodes: {len(cores)}, {report.encoded} passages, {report.encoded / wall:.1f} a second; "
        f"processor time {own:.1f} s here, {', '.join(f'{one:.1f}' for one in busy)} s in workers; "
        f"the machine's load was {load_before:.1f}"
    )
    encoder.close()
    cluster.shutdown()  # type: ignore[no-untyped-call]
    return report.encoded / wall, report.encoded / (own + max(busy))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=300)
    count = parser.parse_args().articles
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT)}
    print(conditions())
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seeds").glob("*.md"))]
    sentences = [one for text in texts for one in re.split(r"(?<=[.!?])\s+", text)]
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "articles").mkdir()
        for n in range(count):
            text = " ".join(chance.choices(sentences, k=25))
            (folder / "articles" / f"{n}.txt").write_text(f"Number {n}\n\n{text}", encoding="utf-8")
        one, two = (
            imported(cores, folder / "articles", folder / f"index{len(cores)}")
            for cores in ([0], [0, 1])
        )
    print(f"two nodes: {two[0] / one[0]:.2f} times one; by processor time {two[1] / one[1]:.2f}")


if __name__ == "__main__":
    main()
