"""Phrases: patterns of the words of all languages that a table lists."""

from __future__ import annotations

import re
from collections.abc import Mapping


def phrase_pattern(by_language: Mapping[str, str]) -> str:
    """Return a pattern of phrases, the longest first, whose words are whole.

    Args:
        by_language: Phrases between commas, in lower case; one that ends or begins with "*" may go
            on there.
    """
    found = {" ".join(one.split()) for listed in by_language.values() for one in listed.split(",")}
    ordered = sorted(filter(None, found), key=lambda one: (-len(one), one))
    joined = "|".join(
        re.escape(one).replace(r"\*", r"\w*").replace("'", "['\u2019\u02bc]") for one in ordered
    )
    return rf"(?<!\w)(?:{joined})(?!\w)"
