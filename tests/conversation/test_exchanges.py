"""The table of exchanges: how many of its questions get a good reply."""

from __future__ import annotations

from bot.build import Library
from tests.conversation.exchanges import judged, read_exchanges, report

_WANTED = 0.9


def test_most_exchanges_get_a_good_reply(library: Library) -> None:
    found = list(judged(library, read_exchanges()))
    print(report(found))
    bad = [f"{exchange.question}: {'; '.join(wrong)}" for exchange, _, wrong in found if wrong]
    assert len(bad) <= (1 - _WANTED) * len(found), "\n".join([report(found), *bad])
