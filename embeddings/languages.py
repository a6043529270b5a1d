"""The languages that a model knows, as its card declares them."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

CARD = "README.md"
# Metadata stand at the top; those of some models, with all their benchmarks, are longer.
_READ_BYTES = 65_536
# The key with what follows on its line and on those that are indented or begin with a dash. A YAML
# parser would need seconds for the benchmarks below it.
_LANGUAGE = re.compile(r"^language:(.*(?:\n(?:[ \t]*-(?!--)|[ \t]).*)*)", re.MULTILINE)
_NAMES = re.compile(r"[\w-]+")
_CODE = re.compile(r"[a-z]{2}")


def declared(folder: Path) -> frozenset[str] | None:
    """Return the ISO 639-1 codes of the languages that a model's card declares.

    None if it declares none, or more than codes can tell: "multilingual", "code", a dialect.
    """
    text = ""
    with suppress(OSError), (folder / CARD).open("rb") as file:
        text = file.read(_READ_BYTES).decode("utf-8", "replace")
    if not text.startswith("---") or not (found := _LANGUAGE.search(text.partition("\n---")[0])):
        return None
    names = [name.strip("-") for name in _NAMES.findall(found[1].lower())]
    codes = [name for name in names if name]
    return frozenset(codes) if codes and all(map(_CODE.fullmatch, codes)) else None
