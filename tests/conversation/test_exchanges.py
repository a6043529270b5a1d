"""The tables of exchanges: how many of their questions get a good reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conversation.exchanges import (
    collections,
    judged,
    open_collection,
    read_exchanges,
    report,
)

# The share of good replies that each table has at least: the first was written beside the code.
_WANTED = {"exchanges": 0.9, "outside": 0.7, "visitors": 0.7}


@pytest.mark.parametrize(
    ("articles", "tables"),
    [pytest.param(*one, id=one[1][0].stem) for one in collections()],
)
def test_most_exchanges_get_a_good_reply(
    articles: list[Path], tables: list[Path], tmp_path: Path, encoder: object
) -> None:
    library = open_collection(articles, tmp_path)
    for table in tables:
        found = list(judged(library, read_exchanges(table)))
        print(table.name, report(found))
        wanted = _WANTED.get(table.stem) or _WANTED[table.parent.name]
        bad = [f"{exchange.question}: {'; '.join(wrong)}" for exchange, _, wrong in found if wrong]
        assert len(bad) <= (1 - wanted) * len(found), "\n".join([report(found), *bad])
