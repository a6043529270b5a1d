"""Cards: what has to be known of a model to feed it, kept beside its compiled form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD = "card.json"
# Raise when the files in a cache folder change their meaning.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Card:
    """What has to be known of a model to feed it.

    Attributes:
        inputs: Names of the model's inputs, of `input_ids`, `token_type_ids`, `attention_mask`.
        window: Tokens that the model reads, special and prompt tokens included.
        query_prompt, passage_prompt: As the model declares them.
    """

    dim: int
    window: int
    inputs: tuple[str, ...]
    query_prompt: str
    passage_prompt: str


def document_of(folder: Path) -> dict[str, Any]:
    """Return what was written of a compiled model.

    Raises:
        ValueError: It is of another format.
        OSError: There is none.
    """
    document: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']}, not {FORMAT}")
    return document


def card_of(document: dict[str, Any]) -> Card:
    """Return the card in such a document."""
    return Card(**{**document["card"], "inputs": tuple(document["card"]["inputs"])})
