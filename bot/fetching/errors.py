"""What can go wrong with one address."""

from __future__ import annotations


class FetchError(Exception):
    """An address gave no article; the text is a clause for the operator, without credentials."""
