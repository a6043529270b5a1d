"""Closeness: whether an excerpt is about what a question says of the names in it.

Names alone make an excerpt look right: "Who betrayed Anna?" is met by all that is told of her.
"""

from __future__ import annotations

import numpy as np

from retrieval.articles import is_item, is_row
from retrieval.languages import terms
from retrieval.questions import Asked, Kind, light_terms, names_and_numbers, names_in_text
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.search.word_spans import token_word_spans

# So many spreads below the centre of the scale nothing is closer than chance.
_FAR = 3
# What stands first behind "who" and "how many" is what is asked; what follows is about what.
_FIRST = frozenset({Kind.PERSON, Kind.NUMBER})


def strangeness(ranking: Ranking, asked: Asked, window: Window) -> float:
    """Return how far a window is from what the question says beside names.

    Compared are the tokens of words that are no names, neither in the question nor in the window,
    and no light ones; for a row or an item with those above it, too. In "How old is Anna?" that is
    "old"; behind "who" and "how many" the first word counts, else the mean.

    Returns:
        0 where all is as close as the centre of the scale, or nothing is said, to 1.
    """
    language = window.hit.source.language
    question, text = ranking.question, window.text
    named = set(terms(" ".join(names_and_numbers(question)), language))
    # "who betrayed anna"
    named.update(terms(" ".join(names_in_text(text, language)), language))
    left_out = named | light_terms(language) | set(terms(asked.noun, language))
    if asked.kind is not Kind.NUMBER:
        left_out.update(terms(asked.words, language))
    telling = ranking.terms.get(language, {}).keys() - left_out
    words: dict[tuple[int, int], list[int]] = {}
    spans = token_word_spans(question, ranking.query.spans[:, 0].tolist())
    # A word may have hundreds of tokens.
    tells = {
        span: not telling.isdisjoint(terms(question[slice(*span)], language)) for span in set(spans)
    }
    for token, span in enumerate(spans):
        if tells[span]:
            words.setdefault(span, []).append(token)
    similarity, starts = window.tokens()
    if not words or not similarity.size:
        return 0.0
    written = [text[slice(*span)] for span in token_word_spans(text, starts)]
    own = [word[0].islower() or named.isdisjoint(terms(word, language)) for word in written]
    if any(own):
        similarity = similarity[:, own]
    matched = similarity.max(axis=1)
    if is_row(text) or is_item(text):
        matched = np.maximum(matched, window.above[1])
    closest = [float(matched[tokens].mean()) for tokens in words.values()]
    close = closest[0] if asked.kind in _FIRST else float(np.mean(closest))
    below = (ranking.scale.late - close) / ranking.scale.late_spread
    return min(max(below, 0.0), _FAR) / _FAR
