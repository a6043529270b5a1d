"""The confidence: how well it tells what the articles answer from what they do not.

python -m tests.benchmarks.confidence FOLDER FOLDER [FOLDER ...] [--fit] [--encoder NAME]

Each FOLDER holds `articles/` and `questions.jsonl`, whose lines have "question", "answerable" and
"history". The articles of each are asked its answerable questions, those of other folders (foreign)
and its own that they do not answer (adversarial). Printed are, for the scale that ships and for the
one that the index found for itself: AUROC, own answered where 5 % of the foreign are, own and
foreign answered at .5, and the Brier score, all of own against foreign; then own against
adversarial. Then the scale that ships where the scores lie as high as another encoder's may, and a
model that was fitted to the other folders only.

Folders whose questions are in another language than their articles are fitted by themselves, with
`--across`, for an encoder that knows both: `--encoder multilingual`.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.answers import Answerer
from bot.build import open_library
from config import Settings
from retrieval.index import Scale, scale_that_ships
from retrieval.search import Features, confidence_of
from retrieval.search.confidence import CELL, DENIED, STATED, UNMET, UNSAID, WEIGHTS
from tests.benchmarks.conditions import conditions

Rows = NDArray[np.float64]
# In the fit a folder's adversarial questions count so much in all, its own and the foreign 1 each.
# They are not to be won at the cost of the foreign ones, yet make the model more cautious.
_ADVERSARIAL = 0.3
# Cosines of E5 lie so high: all scores s become _LOWEST + (1 - _LOWEST) * s.
_LOWEST = 0.75
_NAMES = [field.name for field in fields(Features)]
# Features whose weights are fitted, in one language, for an encoder with weights of its own and
# across languages, and those whose weights are chosen.
_FITTED = ("late", "dense", "coverage", "nearness", "missing", "strange")
_FITTED_OF_ENCODER = ("late", "dense", "coverage", "nearness", "missing", "unlike")
_FITTED_ACROSS = ("late", "dense", "met", "ahead")
_CHOSEN = ("unmet", "denied", "cell", "unsaid", "stated")
# Weights in spreads are near 1 without any bound; this only keeps the fit from wandering.
_C = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what was asked before it in the same conversation."""

    text: str
    history: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the index of a folder made of questions: (questions, features) each.

    Attributes:
        encoder: Full name of the encoder.
    """

    name: str
    encoder: str
    scale: Scale
    own: Rows
    foreign: Rows
    adversarial: Rows


def questions(folder: Path, count: int, *, answerable: bool) -> list[Question]:
    """Return a fixed sample."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    usable = [
        Question(one["question"], tuple(one.get("history", ())))
        for one in map(json.loads, lines)
        if one["answerable"] == answerable
    ]
    return random.Random(0).sample(usable, min(count, len(usable)))


def measure(
    folder: Path, others: Sequence[Path], count: int, index: Path, encoder: str = "english"
) -> Measured:
    """Ask the articles of a folder."""
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index},
        "encoder": {"model": encoder},
    }
    library = open_library(Settings.load(None, overrides), print)
    found = library.store.calibrations.of(library.searcher.snapshot.generation.number)
    own = questions(folder, count, answerable=True)
    # One that leans on its history says nothing by itself.
    strange = [
        question
        for other in others
        for question in questions(other, 2 * count, answerable=True)
        if not question.history
    ]
    foreign = random.Random(0).sample(strange, min(count, len(strange)))
    name = library.encoder.name
    return Measured(
        folder.name,
        name,
        found.scale if found else scale_that_ships(name),
        _asked(library.answerer, own),
        _asked(library.answerer, foreign),
        _asked(library.answerer, questions(folder, count, answerable=False)),
    )


def _asked(answerer: Answerer, asked: Sequence[Question]) -> Rows:
    rows = np.empty((len(asked), len(fields(Features))))
    for n, question in enumerate(asked):
        trace = answerer.trace(question.text, earlier=question.history)
        rows[n] = astuple(trace.judged)
    return rows


def in_spreads(rows: Rows, scale: Scale) -> Rows:
    """Put late and dense on a scale, as the confidence does."""
    centre, spread = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    centre[:2] = scale.late, scale.dense
    spread[:2] = scale.late_spread, scale.dense_spread
    placed: Rows = (rows - centre) / spread
    return placed


def fit(measured: Sequence[Measured], features: Sequence[str] = _FITTED) -> LogisticRegression:
    """Return the logistic model that tells own from other questions best.

    It is fitted to these features, where the chosen ones say nothing.
    """
    parts = [
        (in_spreads(rows, one.scale)[:, _at(features)], kind == "own", weight)
        for one in measured
        for kind, weight in (("own", 1.0), ("foreign", 1.0), ("adversarial", _ADVERSARIAL))
        if len(rows := plain(getattr(one, kind)))
    ]
    rows = np.concatenate([part for part, _, _ in parts])
    own = np.concatenate([[yes] * len(part) for part, yes, _ in parts])
    weights = np.concatenate([[1000 * w / len(part)] * len(part) for part, _, w in parts])
    return LogisticRegression(C=_C).fit(rows, own, sample_weight=weights)


def plain(rows: Rows) -> Rows:
    """Return the rows in which no chosen feature says anything."""
    return rows[~rows[:, _at(_CHOSEN)].any(axis=1)]


def of_languages(one: Measured, *, across: bool) -> Measured:
    """Keep the questions in another language than what they found, or the others."""
    at = _NAMES.index("across")
    parts = [rows[rows[:, at] == across] for rows in (one.own, one.foreign, one.adversarial)]
    return Measured(one.name, one.encoder, one.scale, *parts)


def _at(features: Sequence[str]) -> list[int]:
    return [_NAMES.index(name) for name in features]


def judge(own: Rows, foreign: Rows, adversarial: Rows) -> str:
    """Return how well confidences tell them apart."""
    brier = (((1 - own) ** 2).sum() + (foreign**2).sum()) / (len(own) + len(foreign))
    near = f"{auroc(own, adversarial):.3f}" if len(adversarial) else "   - "
    return (
        f"AUROC {auroc(own, foreign):.3f}  at 5 % {(own > np.quantile(foreign, 0.95)).mean():.2f}  "
        f"own {(own >= 0.5).mean():.2f}  foreign {(foreign >= 0.5).mean():.3f}  "
        f"Brier {brier:.3f}  adversarial AUROC {near}"
    )


def auroc(own: Rows, other: Rows) -> float:
    """Return how likely a confidence of the one is above one of the other."""
    return float(roc_auc_score([1] * len(own) + [0] * len(other), [*own, *other]))


def by_shipped(one: Measured, scale: Scale) -> str:
    """Judge the model that ships, on a scale."""
    parts = (one.own, one.foreign, one.adversarial)
    return judge(
        *(
            np.array([confidence_of(Features(*row), scale, one.encoder) for row in rows])
            for rows in parts
        )
    )


def moved(one: Measured) -> Measured:
    """Return the same with late and dense as another encoder might give them."""
    factor, offset = np.ones(one.own.shape[1]), np.zeros(one.own.shape[1])
    factor[:2], offset[:2] = 1 - _LOWEST, _LOWEST
    parts = [rows * factor + offset for rows in (one.own, one.foreign, one.adversarial)]
    return Measured(one.name, one.encoder, one.scale, *parts)


def by_others(one: Measured, others: Sequence[Measured], features: Sequence[str]) -> str:
    """Judge a model that was fitted to other folders, on the index's own scale."""
    return judge(*confidences_by_others(one, others, features))


def confidences_by_others(
    one: Measured, others: Sequence[Measured], features: Sequence[str]
) -> tuple[Rows, Rows, Rows]:
    """Return the confidences of a model that was fitted to other folders.

    The features that are chosen keep their weights.

    Returns:
        Those of own, foreign and adversarial questions.
    """
    model = fit(others, features)
    own = WEIGHTS.get(PurePath(one.encoder).name)
    unmet = own.unmet if own else UNMET
    weights = np.array([*model.coef_[0], unmet, DENIED, CELL, UNSAID, STATED])
    columns = _at([*features, *_CHOSEN])

    def confidences(rows: Rows) -> Rows:
        logits = in_spreads(rows, one.scale)[:, columns] @ weights + model.intercept_
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)

    return confidences(one.own), confidences(one.foreign), confidences(one.adversarial)


def fitted_features(encoder: str) -> Sequence[str]:
    """Return the features whose weights are fitted for an encoder, in one language."""
    return _FITTED_OF_ENCODER if PurePath(encoder).name in WEIGHTS else _FITTED


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=300, metavar="N", help="of each kind")
    parser.add_argument(
        "--foreign",
        nargs="+",
        metavar="NAME",
        help="folders whose questions are foreign to the others; else all. Name those whose "
        "articles have no subject in common with another's",
    )
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the indexes there")
    parser.add_argument("--encoder", default="english", metavar="NAME", help="as in the settings")
    parser.add_argument(
        "--across", action="store_true", help="only what is in another language than the question"
    )
    parser.add_argument("--fit", action="store_true", help="print the constants to ship")
    options = parser.parse_args()
    folders = options.folders
    if len(folders) < 2:
        parser.error("two folders or more: the questions of one are foreign to another")
    print(conditions())
    measured = []
    with tempfile.TemporaryDirectory() as temporary:
        for folder in folders:
            names = options.foreign or [other.name for other in folders]
            others = [other for other in folders if other != folder and other.name in names]
            index = (options.index or Path(temporary)) / folder.name
            found = measure(folder, others, options.questions, index, options.encoder)
            kept = of_languages(found, across=options.across)
            if len(kept.own) and len(kept.foreign):
                measured.append(kept)
    if not measured:
        parser.error("none of the folders has such questions; leave --across out, or put it in")
    encoder = measured[0].encoder
    features = _FITTED_ACROSS if options.across else fitted_features(encoder)
    ships = scale_that_ships(encoder)
    if features is _FITTED_OF_ENCODER:
        measured = [replace(one, scale=ships) for one in measured]
    for one in measured:
        print(
            f"{one.name}: {len(one.own)} own, {len(one.foreign)} foreign, "
            f"{len(one.adversarial)} adversarial questions"
        )
        print(f"  shipped scale    {by_shipped(one, ships)}")
        print(f"  its own scale    {by_shipped(one, one.scale)}")
        print(f"  shipped, moved   {by_shipped(moved(one), ships)}")
        others = [x for x in measured if x is not one]
        if others:
            print(f"  fitted to others {by_others(one, others, features)}")
    if options.fit:
        scale = np.mean([astuple(one.scale) for one in measured], axis=0).round(3)
        model = fit(measured, features)
        names = ["_INTERCEPT", *(f"_{name.upper()}" for name in features)]
        weights = [f"{weight:.2f}" for weight in [*model.intercept_, *model.coef_[0]]]
        print(f"retrieval/index/calibrations.py: {Scale(*scale.tolist())}")
        print(f"retrieval/search/confidence.py: {', '.join(names)} = {', '.join(weights)}")


if __name__ == "__main__":
    main()
