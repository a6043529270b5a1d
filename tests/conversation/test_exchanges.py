"""The tables of exchanges: how many of their questions get a good reply."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from tests.conversation.exchanges import (
    collections,
    judged,
    open_collection,
    read_exchanges,
    report,
)

# The share of good replies at least: that of the first table, written beside the code, of those by
# another hand, and of those by visitors.
_WANTED = {"conversation": 0.95, "outside": 0.8, "visitors": 0.8}
# Of folders whose visitors ask in other words than the text, in languages that were looked at last
# or in two at once.
_WANTED_OF = {
    "office": 0.7,
    "channel": 0.65,
    "quarter": 0.65,
    "club": 0.65,
    "theatre": 0.75,
    "bibliothek": 0.75,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("articles", "tables"),
    [pytest.param(*one, id=one[0][-1].name) for one in collections()],
)
def test_most_exchanges_get_a_good_reply(
    articles: list[Path], tables: list[Path], tmp_path: Path, encoder: object
) -> None:
    library = open_collection(articles, tmp_path)
    for folder, some in groupby(tables, lambda table: table.parent.name):
        exchanges = [one for table in some for one in read_exchanges(table)]
        found = list(judged(library, exchanges))
        print(folder, report(found))
        bad = [f"{exchange.question}: {'; '.join(wrong)}" for exchange, _, wrong in found if wrong]
        good = len(found) - len(bad)
        wanted = _WANTED_OF.get(articles[-1].name, _WANTED[folder])
        assert good >= wanted * len(found), "\n".join([report(found), *bad])
