"""The tables of exchanges: how many of their questions get a good reply."""

from __future__ import annotations

import pytest

from bot.build import open_library
from bot.library import Library
from config import Settings
from tests.conversation.exchanges import (
    gather_articles,
    judged,
    outside_tables,
    read_exchanges,
    report,
)

_WANTED = 0.9
_WANTED_OUTSIDE = 0.7


@pytest.fixture(scope="module")
def wider_library(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Library:
    folder = tmp_path_factory.mktemp("outside")
    gather_articles(folder / "articles")
    places: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": folder / "index"},
    }
    return open_library(Settings.load(overrides=places), lambda _: None)


def test_most_exchanges_get_a_good_reply(library: Library) -> None:
    found = list(judged(library, read_exchanges()))
    print(report(found))
    bad = [f"{exchange.question}: {'; '.join(wrong)}" for exchange, _, wrong in found if wrong]
    assert len(bad) <= (1 - _WANTED) * len(found), "\n".join([report(found), *bad])


def test_exchanges_by_another_hand_do_not_get_worse(wider_library: Library) -> None:
    exchanges = [one for table in outside_tables() for one in read_exchanges(table)]
    found = list(judged(wider_library, exchanges))
    print(report(found))
    bad = [f"{exchange.question}: {'; '.join(wrong)}" for exchange, _, wrong in found if wrong]
    assert len(bad) <= (1 - _WANTED_OUTSIDE) * len(found), "\n".join([report(found), *bad])
