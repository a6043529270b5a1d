"""The confidence: how well it tells questions that the articles answer from those of elsewhere.

python -m tests.benchmarks.confidence FOLDER FOLDER [FOLDER ...]

Each FOLDER holds `articles/` and `questions.jsonl`, whose lines have "question", "answerable" and
"history". The articles of each are asked their own answerable questions and some of all other
folders. Printed are the figures of the model that ships; those of a model that was fitted to the
other folders only, to see how well this carries over; and the model fitted to all of them.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.build import open_library
from config import Settings
from retrieval.answerable import Features, confidence, features
from retrieval.excerpts import best_excerpts
from tests.benchmarks.conditions import conditions

Rows = NDArray[np.float64]


def questions(folder: Path, count: int) -> list[str]:
    """Return a fixed sample of the questions that can be answered without a conversation."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    every = [json.loads(line) for line in lines]
    usable = [one["question"] for one in every if one["answerable"] and not one.get("history")]
    return random.Random(0).sample(usable, min(count, len(usable)))


def measure(folder: Path, others: list[Path], count: int) -> tuple[Rows, Rows]:
    """Return the features (questions, 3) of the folder's own questions and of as many foreign."""
    own = questions(folder, count)
    every = [question for other in others for question in questions(other, count)]
    foreign = random.Random(0).sample(every, min(len(own), len(every)))
    with tempfile.TemporaryDirectory() as index:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": folder / "articles"},
            "index": {"folder": index},
        }
        settings = Settings.load(None, overrides)
        searcher = open_library(settings, print).searcher

        def of(question: str) -> tuple[float, ...]:
            ranking = searcher.search(question)
            found = best_excerpts(
                ranking.hits, settings.search.excerpts, settings.search.excerpt_chars
            )
            return astuple(features(ranking, [window for _, window in found]))

        return np.array([of(q) for q in own]), np.array([of(q) for q in foreign])


def fit(measured: list[tuple[Rows, Rows]]) -> LogisticRegression:
    """Return the logistic model that tells own from foreign questions best."""
    rows = np.concatenate([half for pair in measured for half in pair])
    own = np.concatenate([[1] * len(own) + [0] * len(foreign) for own, foreign in measured])
    return LogisticRegression(C=100).fit(rows, own)


def judge(own: NDArray[np.float64], foreign: NDArray[np.float64]) -> str:
    """Return how well confidences tell the one from the other."""
    auroc = roc_auc_score([1] * len(own) + [0] * len(foreign), [*own, *foreign])
    return (
        f"AUROC {auroc:.3f}, answered {(own >= 0.5).mean():.2f} of its own and "
        f"{(foreign >= 0.5).mean():.2f} of the foreign"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=250, metavar="N")
    options = parser.parse_args()
    folders = options.folders
    if len(folders) < 2:
        parser.error("two folders or more: the questions of one are foreign to another")
    print(conditions())
    measured = [
        measure(folder, [other for other in folders if other != folder], options.questions)
        for folder in folders
    ]
    for number, (folder, pair) in enumerate(zip(folders, measured, strict=True)):
        ships = judge(*(np.array([confidence(Features(*row)) for row in rows]) for rows in pair))
        other = fit(measured[:number] + measured[number + 1 :])
        carried = judge(*(other.predict_proba(rows)[:, 1] for rows in pair))
        print(f"{folder.name}, {len(pair[0])} own questions and {len(pair[1])} foreign: {ships}")
        print(f"  by a model fitted to the others: {carried}")
    model = fit(measured)
    weights = ", ".join(f"{weight:.2f}" for weight in [*model.intercept_, *model.coef_[0]])
    print(f"fitted to all: intercept, late, dense, coverage = {weights}")


if __name__ == "__main__":
    main()
