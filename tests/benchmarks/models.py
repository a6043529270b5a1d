"""The optional models: what a reranker and a reader take, of the sizes that are in use.

python -m tests.benchmarks.models [--rounds N]

Their weights are random, which takes as long as any others. Questions are asked of the articles in
`seeds/`, each kind of model in a process of its own, with the encoder for English and no GPU.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from bot.build import open_library
from config import Settings
from tests.benchmarks.conditions import conditions
from tests.paths import SEEDS

_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
_QUESTIONS = (
    "Where is Artem Kariakin's home?",
    "Why did communications fail?",
    "How are minefields breached?",
    "What is a dragon's tooth?",
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a question takes, medians, and the most memory that the process had."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def make_reranker(folder: Path) -> None:
    """Save a cross-encoder of the size of cross-encoder/ms-marco-MiniLM-L6-v2."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    from embeddings import locate

    # The encoder for English has the same body: 6 layers of 384 dimensions.
    base = locate(_ENCODER).folder
    config = BertConfig.from_pretrained(base)
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer.from_pretrained(base).save_pretrained(folder)


def make_reader(folder: Path) -> None:
    """Save a reader of the size of deepset/roberta-base-squad2."""
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizer

    from embeddings import locate

    # Otherwise BERT's are RoBERTa's sizes: 12 layers of 768 dimensions.
    config = BertConfig(vocab_size=50265)
    BertForQuestionAnswering(config).save_pretrained(folder)
    BertTokenizer.from_pretrained(locate(_ENCODER).folder).save_pretrained(folder)


def measure(index: Path, models: dict[str, Path], rounds: int) -> Taken:
    """Ask each question so many times, in this process."""
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": SEEDS},
        "index": {"folder": index},
        **{section: {"model": str(folder)} for section, folder in models.items()},
    }
    answerer = open_library(Settings.load(None, overrides), lambda _: None).answerer
    for question in _QUESTIONS:
        answerer.answer(question)
    cpu, wall = [], []
    for question in _QUESTIONS * rounds:
        started = time.process_time(), time.perf_counter()
        answerer.answer(question)
        cpu.append(time.process_time() - started[0])
        wall.append(time.perf_counter() - started[1])
    # Linux counts kilobytes, macOS bytes.
    unit = 1024 if sys.platform == "linux" else 1024**2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return Taken(median(cpu), median(wall), peak)


def _apart(function: Callable[..., T], *arguments: object) -> T:
    """Run a function in a fresh process: this one stays small, for its size is inherited."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of four questions")
    rounds = parser.parse_args().rounds
    print(conditions(), flush=True)
    print("| | seconds of CPU for a question | seconds | MB |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        index, reranker, reader = (Path(temporary) / name for name in ("i", "reranker", "reader"))
        _apart(make_reranker, reranker)
        _apart(make_reader, reader)
        # Makes the index, which takes more memory than to ask it.
        _apart(measure, index, {}, 1)
        for name, models in (
            ("neither", {}),
            ("a reranker of 6 layers", {"reranker": reranker}),
            ("a reader of 12 layers", {"reader": reader}),
        ):
            taken = _apart(measure, index, models, rounds)
            figures = f"{taken.cpu_s:.3f} | {taken.wall_s:.3f} | {taken.peak_mb:.0f}"
            print(f"| {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
