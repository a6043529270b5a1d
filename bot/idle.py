"""Whether there is anything to do for a refresh, found out without the encoder."""

from __future__ import annotations

from config import Backend, LateInteraction, Settings
from embeddings import EncoderError, identify
from retrieval.errors import IndexFault
from retrieval.refresh.plan import RefreshReport, in_line, unchanged


def nothing_to_do(settings: Settings) -> RefreshReport | None:
    """Return what a refresh would report if there is nothing to do, without loading the encoder."""
    encoder = settings.encoder
    if encoder.backend is Backend.TORCH or encoder.device != "cpu":
        return None
    try:
        fingerprint = identify(
            encoder.model,
            query_prompt=encoder.query_prompt,
            passage_prompt=encoder.passage_prompt,
            cache=encoder.cache,
        )
        if fingerprint is None:
            return None
        tokens = stores_tokens(settings)
        return unchanged(settings.articles, settings.index, fingerprint, tokens)
    except (EncoderError, IndexFault):
        # Whatever it is, the refresh will meet it, and mend it or say it.
        return None


def stores_tokens(settings: Settings) -> bool:
    """Whether the index holds the codes of the passages' tokens."""
    return settings.search.late_interaction is LateInteraction.STORED


def is_in_line(settings: Settings) -> bool:
    """Whether there is nothing to do for a refresh that nobody asked for; see `plan.in_line`."""
    return in_line(settings.articles, settings.index, stores_tokens(settings))
