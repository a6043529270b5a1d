"""Phrases: what questions and their answers say, and patterns of such words.

The words are in asked.toml: all for English, Ukrainian, Russian and German, those of most tables
for Spanish, French, Italian, Portuguese, Polish and Czech, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PHRASES: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("asked.toml").read_text(encoding="utf-8")
)
"""The tables of asked.toml: words by the table's name, of most by a kind, too, and by language."""


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
