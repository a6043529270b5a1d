"""From a question to ranked chunks, to excerpts, and to how sure they answer.

    question -> unknown_language | spelling, preferences (dates, phrases)
             -> 50 dense and 50 lexical candidates -> ranking.fuse -> late interaction, 20 chunks
             -> Ranking of hits -> excerpts.best_excerpts -> confidence.confidence

`searcher.Searcher` walks this way as far as the ranking. `calibration` finds the scale that the
confidence is measured on, `explain` tells why an excerpt was chosen, `near_duplicates` folds texts
that say the same.
"""
