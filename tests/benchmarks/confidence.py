"""The confidence: how well it tells questions that the articles answer from those of elsewhere.

python -m tests.benchmarks.confidence FOLDER FOLDER [FOLDER ...]

Each FOLDER holds `articles/` and `questions.jsonl`, whose lines have "question", "answerable" and
"history". The articles of each are asked their own answerable questions and those of the next
folder. Printed are the figures of the model that ships, and the model that these questions would
give: fitted to all folders, and, for each, to all others.
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


def measure(folder: Path, other: Path, count: int) -> tuple[Rows, Rows]:
    """Return the features (questions, 3) of the folder's own questions and of the other's."""
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

        own, others = (np.array([of(q) for q in questions(f, count)]) for f in (folder, other))
    return own, others


def fit(measured: list[tuple[Rows, Rows]]) -> str:
    """Return intercept and weights of the logistic model that fits best."""
    rows = np.concatenate([half for pair in measured for half in pair])
    answered = np.concatenate([[1] * len(own) + [0] * len(others) for own, others in measured])
    model = LogisticRegression(C=100).fit(rows, answered)
    weights = ", ".join(f"{weight:.2f}" for weight in [*model.intercept_, *model.coef_[0]])
    return f"intercept, late, dense, coverage = {weights}"


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
    nexts = [*folders[1:], folders[0]]
    measured = [
        measure(folder, other, options.questions)
        for folder, other in zip(folders, nexts, strict=True)
    ]
    for number, (folder, (own, others)) in enumerate(zip(folders, measured, strict=True)):
        sure, unsure = ([confidence(Features(*row)) for row in rows] for rows in (own, others))
        auroc = roc_auc_score([1] * len(sure) + [0] * len(unsure), [*sure, *unsure])
        answered, wrongly = (np.mean(np.array(one) >= 0.5) for one in (sure, unsure))
        print(
            f"{folder.name}: {len(own)} own questions, {len(others)} foreign: AUROC {auroc:.3f}, "
            f"answered {answered:.2f} of its own and {wrongly:.2f} of the foreign\n"
            f"  fitted to the others: {fit(measured[:number] + measured[number + 1 :])}"
        )
    print(f"fitted to all: {fit(measured)}")


if __name__ == "__main__":
    main()
