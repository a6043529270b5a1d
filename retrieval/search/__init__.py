"""From a question to ranked chunks, to excerpts, and to how sure they answer.

    question, as `retrieval.questions` reads it, with its `preferences`
             -> 50 dense and 50 lexical candidates; `levels` of their languages
             -> ranking.first_ranking -> 20 chunks -> late.match_tokens -> ranking.rank -> Ranking
             -> excerpts.best_excerpts -> confidence.features -> confidence.confidence_of

`searcher.Searcher` does this as far as the ranking. What the confidence is made of is measured by
`coverage` and `closeness`, by `across` where question and excerpt are in two languages, and on the
scale that `calibration` finds. `explain` says why an excerpt was chosen, `near_duplicates` folds
texts that say the same, `word_spans` tells the word that a token belongs to.
"""

from retrieval.search.calibration import calibrate, needs_calibration
from retrieval.search.confidence import (
    JUDGED,
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
    "JUDGED",
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
