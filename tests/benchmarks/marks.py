"""Marks: the confidence on the tables of exchanges, each question with and without its mark.

python -m tests.benchmarks.marks [FOLDER ...]

In tables that people write, a mark, or how long a question is, may tell what the articles answer
from what they do not. So each question is asked with its mark and without. Own are those that
deserve an answer and whose excerpts hold it, foreign those that deserve a refusal. Those in another
language than what they find, and those that find nothing, are left out.

Printed are, for each encoder and all of its folders together: AUROC; AUROC among questions that say
as many words, which the length cannot tell apart; and how many of both are answered at .5. First
for the weights that ship, then for those that are fitted to all other folders of the encoder.
FOLDER is the name of one that is asked, such as `office`; all, when absent.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from bot.answers import Trace
from bot.library import Library
from retrieval.index import Scale, scale_that_ships
from retrieval.languages import terms
from retrieval.questions import light_terms
from retrieval.search import Features, confidence_of
from retrieval.search.confidence import WEIGHTS
from tests.benchmarks.conditions import conditions
from tests.benchmarks.confidence import (
    Measured,
    Rows,
    auroc,
    confidences_by_others,
    fitted_features,
)
from tests.conversation.exchanges import Exchange, collections, open_collection, read_exchanges

_MARK = re.compile(r"¿\s*|\s*\?\s*$")
# So many words of a question are told apart; hardly one says more.
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a table as it was asked, and what was made of it.

    Attributes:
        folder: The folder of articles that was asked.
        scale: That of its index or, if the encoder has weights of its own, the one that ships.
        marked: Whether it was asked with its mark.
        own: Whether the articles answer it.
        words: How many words it has that say something, `_MOST_WORDS` at most.
    """

    folder: str
    encoder: str
    scale: Scale
    marked: bool
    own: bool
    words: int
    features: Features


def ask(name: str, library: Library, exchanges: Sequence[Exchange]) -> Iterator[Question]:
    """Ask a folder of articles each question with its mark and without."""
    found = library.store.calibrations.of(library.searcher.snapshot.generation.number)
    encoder = library.encoder.name
    shipped = scale_that_ships(encoder)
    scale = found.scale if found and not _has_own_weights(encoder) else shipped
    for exchange in exchanges:
        bare = _MARK.sub("", exchange.question)
        opens = "¿" if exchange.question.startswith("¿") else ""
        for marked, text in ((True, f"{opens}{bare}?"), (False, bare)):
            trace = library.answerer.trace(text, earlier=exchange.history)
            own = exchange.kind == "answer"
            if (
                trace.judged.across
                or not trace.judged.late
                or (own and not _holds(trace, exchange))
            ):
                continue
            words = _words(trace)
            yield Question(name, encoder, scale, marked, own, words, trace.judged)


def _has_own_weights(encoder: str) -> bool:
    return Path(encoder).name in WEIGHTS


def _holds(trace: Trace, exchange: Exchange) -> bool:
    shown = "\n".join(f"{one.source.title}\n{one.text}" for one in trace.answer.excerpts).casefold()
    return all(any(one.casefold() in shown for one in words.split("|")) for words in exchange.holds)


def _words(trace: Trace) -> int:
    language = trace.windows[0].hit.source.language
    said = set(terms(trace.ranking.question, language)) - light_terms(language)
    return min(len(said), _MOST_WORDS)


def confidences(asked: Sequence[Question], *, fitted: bool) -> Rows:
    """Return the confidence of each question, by weights that ship or a fit to other folders."""
    if not fitted:
        return np.array([confidence_of(one.features, one.scale, one.encoder) for one in asked])
    found = np.empty(len(asked))
    folders = dict.fromkeys(one.folder for one in asked)
    measured = {folder: _measured(asked, folder) for folder in folders}
    for folder, one in measured.items():
        others = [other for other in measured.values() if other is not one]
        own, foreign, _ = confidences_by_others(one, others, fitted_features(one.encoder))
        for kind, values in ((True, own), (False, foreign)):
            places = [n for n, x in enumerate(asked) if (x.folder, x.own) == (folder, kind)]
            found[places] = values
    return found


def _measured(asked: Sequence[Question], folder: str) -> Measured:
    some = [one for one in asked if one.folder == folder]
    width = len(fields(Features))
    own, foreign = (
        np.array([astuple(one.features) for one in some if one.own == kind]).reshape(-1, width)
        for kind in (True, False)
    )
    return Measured(folder, some[0].encoder, some[0].scale, own, foreign, foreign[:0])


def judge(asked: Sequence[Question], values: Rows) -> str:
    """Return how well confidences tell own from foreign questions."""
    own = np.array([one.own for one in asked])
    words = np.array([one.words for one in asked])
    alike = []
    for count in set(words.tolist()):
        same = words == count
        ones, others = values[own & same], values[~own & same]
        if len(ones) and len(others):
            alike.append((auroc(ones, others), len(ones) * len(others)))
    among = np.average([area for area, _ in alike], weights=[pairs for _, pairs in alike])
    ones, others = values[own], values[~own]
    counts = f"{(ones >= 0.5).sum()} of {len(ones)} own, {(others >= 0.5).sum()} of {len(others)}"
    return (
        f"AUROC {auroc(ones, others):.3f}, of as many words {among:.3f}; answered {counts} foreign"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    wanted = parser.parse_args().folders
    print(conditions())
    asked: list[Question] = []
    for articles, tables in collections():
        name = articles[-1].name
        exchanges = [
            one
            for table in tables
            for one in read_exchanges(table)
            if one.kind in ("answer", "refusal")
        ]
        kinds = {one.kind for one in exchanges}
        if (wanted and name not in wanted) or len(kinds) < 2:
            continue
        with tempfile.TemporaryDirectory() as folder:
            asked += ask(name, open_collection(articles, Path(folder)), exchanges)
    for encoder in dict.fromkeys(one.encoder for one in asked):
        some = [one for one in asked if one.encoder == encoder]
        print(f"{encoder}: {', '.join(dict.fromkeys(one.folder for one in some))}")
        for name, fitted in (("shipped", False), ("fitted to others", True)):
            if fitted and len({one.folder for one in some}) < 2:
                continue
            values = confidences(some, fitted=fitted)
            for marked in (True, False):
                kept = [n for n, one in enumerate(some) if one.marked == marked]
                mark = "with" if marked else "without"
                told = judge([some[n] for n in kept], values[kept])
                print(f"  {name:16} {mark:7} {told}")


if __name__ == "__main__":
    main()
