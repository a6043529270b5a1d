"""Confidence: how likely the articles answer, from how the best excerpts match the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from retrieval.chunking import passage
from retrieval.index import SHIPPED, Scale, scale_that_ships
from retrieval.languages import split_words, terms
from retrieval.questions import (
    Asked,
    Kind,
    light_terms,
    names_and_numbers,
    words_in_date,
)
from retrieval.search.across import is_heard, language_across, lead, share_met
from retrieval.search.closeness import Closeness
from retrieval.search.coverage import Coverage
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.types import Reading, Source

JUDGED = 3
"""The confidence is computed from so many excerpts, however many are shown."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is computed from, each 0 to 1 but for `unmet`.

    Attributes:
        late: Best late-interaction score of a window. A question of stop words alone has none: they
            match in any text.
        dense: Best cosine of a chunk; where there are few chunks, the centre of the scale at least,
            unless the encoder knows several languages.
        coverage: Share of the question's terms that the first window has; see `Coverage.share`.
        nearness: How near to each other its neighbours stand there; see `Coverage.nearness`.
        missing: Share of the terms in the question's names and numbers that stands neither in the
            window that has most of them nor in its title; 0 where there are none.
        unmet: 1 if the question asks for a person, a time or a number and the first window has none
            that the question does not bring, more if it asks for a measure such as an age, which
            hardly a text tells without its unit, or for a name, and none stands beside what is to
            be named; else 0.
        denied: 1 if the question denies something, and the sentence of the first window that has
            most of its terms does not; else 0.
        across: 1 if the first window is in another language than the question. Then coverage,
            nearness, missing and strange are 0: they count words in common.
        met: How many of the question's names and numbers the first windows have all the same, two
            counting as 1; else 0.
        ahead: How far the article of the first window, in another language, is ahead of others; see
            `lead`. Else 0.
        strange: How far the first window is from what the question says beside names; see
            `Closeness.strangeness`.
        cell: 1 if the first window has the row of a table with the cell that is asked for, the less
            the stranger it is; see `Coverage.cell`.
        unsaid: How far it is from what a few words ask of somebody or something; see
            `Closeness.distance_from_attribute`.
        unlike: How unlike the words around the first window those of the question are, if the
            encoder knows several languages; see `Closeness.unlikeness`. Else 0.
        stated: 1 if a number is all that is asked, or whose it is, and the first window has it;
            else 0.

    A year or a month of the article's own date need not stand in its text, and counts nowhere.
    """

    late: float
    dense: float
    coverage: float
    nearness: float
    missing: float
    unmet: float
    denied: float
    across: float = 0.0
    met: float = 0.0
    strange: float = 0.0
    cell: float = 0.0
    unsaid: float = 0.0
    ahead: float = 0.0
    unlike: float = 0.0
    stated: float = 0.0


# A logistic model, late and dense in spreads from the centre of the index's scale. Fitted to
# questions about a corpus, to those about another one, and at a lower weight to those that a corpus
# leaves unanswered; tests/benchmarks/confidence.py --fit does it again.
_INTERCEPT, _LATE, _DENSE, _COVERAGE, _NEARNESS, _MISSING = -1.30, 0.60, 0.53, 1.05, 0.82, -1.45
# Chosen, as the sets have few such questions. Fitted to those about times and numbers, the first
# would be -1.2; fitted to SQuAD 2.0 alone, many of whose unanswered questions were made by denying
# what an article says, the second would be -2.7. The third is chosen on tables of our own: a row
# says little in the words of a question. The last is chosen on questions of a few words of our own,
# as the sets have none, and so is the weight of a number that is all that is asked: who types one
# wants to see where it stands.
UNMET, DENIED, CELL, UNSAID, STATED = -1.2, -2.0, 1.8, -2.0, 2.0
# Fitted with the others, this would be -0.9, as the sets have few questions of a name and one word
# more, as people type them.
_STRANGE = -1.5


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a logistic model, late and dense in spreads from the centre of the scale."""

    intercept: float
    late: float
    dense: float
    coverage: float = 0.0
    nearness: float = 0.0
    missing: float = 0.0
    met: float = 0.0
    strange: float = 0.0
    ahead: float = 0.0
    unlike: float = 0.0
    unmet: float = UNMET


_ENGLISH = Weights(_INTERCEPT, _LATE, _DENSE, _COVERAGE, _NEARNESS, _MISSING, strange=_STRANGE)
# The same for questions in the language of the articles, by the encoder's name. Fitted to English,
# Ukrainian, Russian and German ones about folders of 2 to 50 passages and about large ones, half of
# the others about the same subjects; then the intercept was raised from .03, half as far as small
# folders would have it, as readers ask more of what is there. They count on the scale that ships:
# that of a small folder itself tells only other subjects, and would put all that is said of its own
# near. What is asked for is there in all but 2 of 500 Ukrainian and Russian answers, so that its
# weight is chosen higher than for English.
WEIGHTS = {
    "multilingual-e5-small": Weights(0.15, 0.16, 0.35, 0.96, 0.51, -0.77, unlike=-2.85, unmet=-2.0)
}
# For questions in another language, fitted to those in Russian and Ukrainian about English articles
# and to Ukrainian ones about other English articles, for an encoder that knows both.
_ACROSS = Weights(-0.50, 0.71, 0.40, met=0.93, ahead=6.44)
# Where so few passages are all that there are, nobody repeats what they are about: that a question
# is far from all of them says nothing.
_FEW = 10
# What is mostly there without any word that tells so.
_TOLD_IN_ANY_WORDS = frozenset({Kind.PLACE, Kind.REASON, Kind.PRICE})
# What a margin adds to the logit of the confidence, and how far it counts. Readers trained on
# SQuAD 2.0 reach margins of about 10 either way, and are surer of themselves than right (Kamath,
# Jia & Liang, Selective Question Answering under Domain Shift, ACL 2020). Both are chosen, not
# fitted: so a reader that finds no answer by far makes .95 to .49, and cannot silence a .99.
_READER_WEIGHT = 0.3
_READER_MARGIN = 10.0
# How much a measure or a name that is missing counts, for another kind of thing. Chosen on
# questions of our own for somebody's age: so a text that has all other words of the question is
# refused.
_MEASURE = 1.5
# So many names are looked for in another form.
_MOST_HEARD = 8
# The logits of 0 and 1 are without bound.
_LOGIT_EDGE = 1e-9


def features(ranking: Ranking, windows: Sequence[Window]) -> Features:
    """Measure the ranking and the windows that are to be shown, best first."""
    telling = [one for one in windows if ranking.terms.get(one.hit.source.language)]
    late = max([0.0, *(window.late for window in telling)])
    dense = best_cosine(ranking)
    if 0 < len(ranking.hits) < _FEW and not ranking.multilingual:
        dense = max(dense, ranking.scale.dense)
    if not windows:
        return Features(late, dense, 0.0, 0.0, 0.0, 0.0, 0.0)
    first = windows[0]
    language = first.hit.source.language
    asked = Asked.of(ranking.question, language)
    across = language_across(ranking.question, first.text, language)
    if across and ranking.multilingual:
        # Scores of its own language lie higher, and are not those of what is shown first.
        late = max(window.late for window in windows if window.hit.source.language == language)
        near = [
            hit.dense.score for hit in ranking.hits if hit.source.language == language and hit.dense
        ]
        dense = max(near, default=0.0)
        unmet = 0.0 if asked.is_met(first.text, language) else _unmet(asked)
        denied = not asked.is_denied(first.text, language)
        met = share_met(names_and_numbers(ranking.question), windows)
        spread = _narrowed(ranking.scale, scale_that_ships(ranking.encoder)).late_spread
        ahead = lead(ranking.hits, language, spread)
        return Features(*(late, dense, 0.0, 0.0, 0.0, unmet, float(denied), 1.0, met), ahead=ahead)
    is_met = asked.is_met(first.text, language)
    # What is there need not be named: a text that says why has no "cause".
    named = f"{asked.words} {asked.unrepeated(first.text, language)}"
    without = named if is_met or asked.is_naming else ""
    coverage = _coverage(ranking, first, without)
    # Names stand in most texts, and are not those of whom is asked about.
    if asked.office:
        is_met = any(asked.is_met(sentence, language) for sentence in first.sentences)
    elif asked.is_naming:
        is_met = asked.is_met(coverage.told, language)
    closeness = Closeness.of(ranking, asked, first)
    strange = closeness.strangeness()
    return Features(
        late,
        dense,
        coverage=coverage.share,
        nearness=coverage.nearness,
        missing=_missing(ranking.question, windows),
        unmet=0.0 if is_met or asked.kind in _TOLD_IN_ANY_WORDS else _unmet(asked),
        denied=float(not asked.is_denied(coverage.sentence, language)),
        strange=strange,
        cell=coverage.cell * (1 - strange),
        unsaid=closeness.distance_from_attribute(),
        unlike=closeness.unlikeness() if ranking.multilingual else 0.0,
        stated=float(coverage.share == 1 and asked.is_quantity),
    )


def best_cosine(ranking: Ranking) -> float:
    """Return the best cosine of a chunk, 0 at least."""
    return max([0.0, *(hit.dense.score for hit in ranking.hits if hit.dense)])


def confidence_of(found: Features, scale: Scale = SHIPPED, encoder: str = "") -> float:
    """Return the probability, 0 to 1, that the articles answer.

    Args:
        found: Features of the ranking.
        scale: Scale of the index that was asked.
        encoder: Name of the encoder.
    """
    if not found.late:
        return 0.0
    weights, shipped = _ENGLISH, scale_that_ships(encoder)
    if found.across:
        weights, scale = _ACROSS, _narrowed(scale, shipped)
    elif PurePath(encoder).name in WEIGHTS:
        weights, scale = WEIGHTS[PurePath(encoder).name], shipped
    logit = (
        weights.intercept
        + weights.late * (found.late - scale.late) / scale.late_spread
        + weights.dense * (found.dense - scale.dense) / scale.dense_spread
        + weights.coverage * found.coverage
        + weights.nearness * found.nearness
        + weights.missing * found.missing
        + weights.met * found.met
        + weights.ahead * found.ahead
        + weights.unmet * found.unmet
        + DENIED * found.denied
        + weights.strange * found.strange
        + CELL * found.cell
        + UNSAID * found.unsaid
        + STATED * found.stated
        + weights.unlike * found.unlike
    )
    return 0.5 + 0.5 * math.tanh(logit / 2)


def _narrowed(scale: Scale, shipped: Scale) -> Scale:
    """Return a scale with spreads no wider than those of the scale that ships.

    How far scores in another language lie below depends on the encoder. A few articles spread those
    in their own so wide that anything in another one would seem near.
    """
    return replace(
        scale,
        late_spread=min(scale.late_spread, shipped.late_spread),
        dense_spread=min(scale.dense_spread, shipped.dense_spread),
    )


def adjust_by_reader(confidence: float, readings: Sequence[Reading | None]) -> float:
    """Join what the reader finds in the best excerpts to the confidence; both are 0 to 1.

    The reader's margin, that of the likeliest answer over no answer, is one more term of a logistic
    model whose other terms have made the confidence.
    """
    margins = [one.score - one.no_answer for one in readings if one is not None]
    if not margins or confidence <= 0:
        return confidence
    margin = max(-_READER_MARGIN, min(max(margins), _READER_MARGIN))
    sure = max(_LOGIT_EDGE, min(confidence, 1 - _LOGIT_EDGE))
    logit = math.log(sure / (1 - sure)) + _READER_WEIGHT * margin
    return 1 / (1 + math.exp(-logit))


def _unmet(asked: Asked) -> float:
    return _MEASURE if asked.is_measure or asked.is_naming or asked.office else 1.0


def _coverage(ranking: Ranking, window: Window, without: str) -> Coverage:
    language = window.hit.source.language
    dated, named = _dated(ranking.question, window.hit.source), set(terms(without, language))
    terms_of = ranking.terms.get(language, {})
    asked = {term: rarity for term, rarity in terms_of.items() if term not in dated}
    # "Telephone number?" says nothing else.
    counting = {term: rarity for term, rarity in asked.items() if term not in named} or asked
    light = light_terms(language)
    telling = {term: rarity for term, rarity in counting.items() if term not in light}
    return Coverage.of(window, terms(ranking.question, language), telling or counting)


def _missing(question: str, windows: Sequence[Window]) -> float:
    """Return the share of terms in names and numbers that is missing where least is."""
    named = names_and_numbers(question)
    least = 1.0
    for window in windows:
        least = min(least, _missing_in(window, named, question))
        if not least:
            break
    return least


def _missing_in(window: Window, named: Sequence[str], question: str) -> float:
    source = window.hit.source
    asked = set(terms(" ".join(named), source.language)) - _dated(question, source)
    if not asked:
        return 0.0
    text = passage(source.title, window.text)
    missing = asked.difference(terms(text, source.language))
    if missing:
        # A name may stand there in another form.
        heard = " ".join(name for name in named[:_MOST_HEARD] if is_heard(name, text))
        missing -= set(terms(heard, source.language))
    return len(missing) / len(asked)


def _dated(question: str, source: Source) -> set[str]:
    """Return the question's terms that the article's date shows."""
    if source.date is None:
        return set()
    return set(terms(" ".join(words_in_date(source.date, split_words(question))), source.language))
