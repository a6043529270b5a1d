"""Speed and memory: the start, a question, and the encoder, one after the other.

python -m tests.benchmarks [--eval FOLDER]

FOLDER holds `articles/` and `questions.jsonl`; without it, the latency of questions is left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks import asking, encoding, starting
from tests.benchmarks.conditions import conditions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, metavar="FOLDER")
    folder = parser.parse_args().eval
    print(conditions())
    print(starting.report(starting.measure(rounds=7)))
    if folder is not None:
        print(asking.report(asking.measure(folder, questions=300)))
    # Last, for it loads torch into this process.
    print(encoding.report(encoding.measure()))


if __name__ == "__main__":
    main()
