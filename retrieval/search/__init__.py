"""From a question to ranked chunks, to excerpts, and to how sure they answer.

    question, as `retrieval.questions` reads it, with preferences
             -> 50 dense and 50 lexical candidates -> ranking.fuse -> late interaction, 20 chunks
             -> Ranking of hits -> excerpts.best_excerpts -> confidence.confidence

`searcher.Searcher` does this as far as the ranking. `calibration` finds the scale that the
confidence is measured on, `explain` says why an excerpt was chosen, `near_duplicates` folds texts
that say the same.
"""

from retrieval.search.calibration import calibrate, needs_calibration
from retrieval.search.confidence import (
    Features,
    adjust_by_reader,
    confidence_of,
    features,
)
from retrieval.search.excerpts import Window, best_excerpts, highlight_reading
from retrieval.search.explain import (
    Explanation,
    QueryTerm,
    TermPlace,
    WordMatch,
    absent_words,
    explain_excerpt,
)
from retrieval.search.late import chunk_tokens, similarity
from retrieval.search.near_duplicates import Shingles
from retrieval.search.ranking import Ranking, Reranking
from retrieval.search.searcher import Searcher
from retrieval.search.word_spans import token_word_spans

__all__ = [
    "Explanation",
    "Features",
    "QueryTerm",
    "Ranking",
    "Reranking",
    "Searcher",
    "Shingles",
    "TermPlace",
    "Window",
    "WordMatch",
    "absent_words",
    "adjust_by_reader",
    "best_excerpts",
    "calibrate",
    "chunk_tokens",
    "confidence_of",
    "explain_excerpt",
    "features",
    "highlight_reading",
    "needs_calibration",
    "similarity",
    "token_word_spans",
]
