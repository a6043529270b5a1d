"""Reading: what an extractive reader makes of the excerpts, and what that says of the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from retrieval.types import Excerpt, Reading

# What a margin adds to the logit of the confidence, and how far it counts. Readers trained on
# SQuAD 2.0 reach margins of about 10 either way, and are surer of themselves than right (Kamath,
# Jia & Liang, Selective Question Answering under Domain Shift, ACL 2020). Both are chosen, not
# fitted: so a reader that finds no answer by far makes .95 to .49, and cannot silence a .99.
_WEIGHT = 0.3
_FAR = 10.0
# The logits of 0 and 1 are without bound.
_EDGE = 1e-9


def marked(excerpt: Excerpt, reading: Reading | None) -> Excerpt:
    """Highlight the words that answer, if the reader finds them more likely than that none do."""
    if reading is None or reading.score <= reading.no_answer:
        return excerpt
    return replace(excerpt, highlights=((reading.start, reading.end),))


def weighed(confidence: float, readings: Sequence[Reading | None]) -> float:
    """Join what the reader finds in the best excerpts to the confidence; both are 0 to 1.

    The reader's margin, that of the likeliest answer over no answer, is one more term of a logistic
    model whose other terms have made the confidence.
    """
    margins = [one.score - one.no_answer for one in readings if one is not None]
    if not margins or confidence <= 0:
        return confidence
    margin = max(-_FAR, min(max(margins), _FAR))
    sure = max(_EDGE, min(confidence, 1 - _EDGE))
    logit = math.log(sure / (1 - sure)) + _WEIGHT * margin
    return 1 / (1 + math.exp(-logit))
