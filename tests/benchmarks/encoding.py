"""Passages encoded per second: Excerpta's encoder against sentence-transformers.

python tests/benchmarks/encoding.py [--passages N] [--rounds N] [--articles FOLDER]

Both encode the same passages in one process, in turns, on the CPU. sentence-transformers runs with
its defaults (lists of any length, batches of 32, float32), Excerpta's encoder takes lists of 128 as
a refresh hands them over. Neither's loading or compiling is timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from embeddings import Encoder, load, locate  # noqa: E402
from tests.benchmarks.conditions import conditions  # noqa: E402

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LIST = 128
_TOKENS = 160


def passages(encoder: Encoder, articles: Path, count: int) -> list[str]:
    """Cut the articles into passages of about 160 tokens, no two alike.

    When the articles are used up, they are cut again with their leading words dropped.
    """
    paths = sorted(path for path in articles.rglob("*") if path.suffix in {".md", ".txt"})
    texts = [path.read_text(encoding="utf-8").split() for path in paths]
    if not any(texts):
        raise SystemExit(f"{articles} holds no text (.md, .txt); name a folder with --articles")
    words = sum(len(text) for text in texts)
    tokens = sum(encoder.count_tokens([" ".join(text) for text in texts]))
    step = round(_TOKENS * words / tokens)
    found: dict[str, None] = {}
    for dropped in range(step):
        for text in texts:
            rest = text[dropped:]
            cut = (rest[at : at + step] for at in range(0, len(rest), step))
            found.update((" ".join(part), None) for part in cut if len(part) >= step // 2)
        if len(found) >= count:
            return list(found)[:count]
    raise SystemExit(f"{articles} gives {len(found)} passages only; ask for fewer (--passages)")


def measure(
    *, count: int = 256, rounds: int = 5, articles: Path = ROOT / "seeds", cache: Path | None = None
) -> dict[str, Any]:
    """Encode `count` passages `rounds` times with each encoder, in turns.

    Returns:
        Passages a second of each round and their medians, the ratio of the medians, the least
        cosine between both encoders' vectors, and what was encoded.
    """
    # The model lies on disk: no need to ask the hub for a newer one.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import openvino as ov  # after embeddings, which keeps its telemetry out
    from sentence_transformers import SentenceTransformer

    excerpta = load(MODEL, cache=cache)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = SentenceTransformer(str(locate(MODEL).folder), device="cpu", local_files_only=True)
    texts = passages(excerpta, articles, count)

    def ours() -> np.ndarray[Any, Any]:
        lists = (texts[at : at + LIST] for at in range(0, len(texts), LIST))
        encoded = [excerpta.encode_passages(part) for part in lists]
        return np.stack([passage.vector for part in encoded for passage in part])

    def theirs() -> np.ndarray[Any, Any]:
        return plain.encode(texts)

    cosines = (ours() * theirs()).sum(axis=1)  # and warms both up
    timed: list[tuple[float, float]] = [
        (_rate(ours, count), _rate(theirs, count)) for _ in range(rounds)
    ]
    ours_rates, theirs_rates = ([round(pair[n], 1) for pair in timed] for n in (0, 1))
    medians = statistics.median(ours_rates), statistics.median(theirs_rates)
    return {
        "excerpta": medians[0],
        "sentence_transformers": medians[1],
        "ratio": round(medians[0] / medians[1], 2),
        "excerpta_rounds": ours_rates,
        "sentence_transformers_rounds": theirs_rates,
        "least_cosine": round(float(cosines.min()), 5),
        "passages": count,
        "tokens_per_passage": round(statistics.mean(excerpta.count_tokens(texts)), 1),
        "bf16": "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
    }


def report(found: dict[str, Any]) -> str:
    """Return the figures in a few lines."""
    return (
        f"{found['passages']} passages of {found['tokens_per_passage']} tokens on average, "
        f"{'bfloat16' if found['bf16'] else 'float32'} in OpenVINO, float32 in torch\n"
        f"passages a second: Excerpta {found['excerpta']} {found['excerpta_rounds']}, "
        f"sentence-transformers {found['sentence_transformers']} "
        f"{found['sentence_transformers_rounds']}\n"
        f"ratio of the medians {found['ratio']}, least cosine {found['least_cosine']}"
    )


def _rate(encode: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    encode()
    return count / (time.perf_counter() - start)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=256, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--articles", type=Path, default=ROOT / "seeds", metavar="DIR")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="of compiled encoders")
    options = parser.parse_args(arguments)
    result = measure(
        count=options.passages,
        rounds=options.rounds,
        articles=options.articles,
        cache=options.cache,
    )
    print(conditions())
    print(report(result))


if __name__ == "__main__":
    main()
