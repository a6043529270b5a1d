from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from bot.build import bring_in_line, open_library
from config import Settings
from embeddings import Encoder
from retrieval.errors import IndexRefused
from retrieval.index import SHIPPED, Calibration, Store
from retrieval.search import Searcher
from tests.bot.shell import Shell


@pytest.fixture
def settings(seeds: Shell, tmp_path: Path) -> Settings:
    """The articles that ship, and an index of a test's own that a refresh has made of them."""
    index = shutil.copytree(seeds.index, tmp_path / "index")
    overrides = {"articles": {"folder": seeds.articles}, "index": {"folder": index}}
    return Settings.load(overrides=overrides)


def calibration(settings: Settings) -> Calibration | None:
    store = Store.open(settings.index.folder)
    assert store is not None
    return store.calibrations.of(store.current())


def test_a_refresh_finds_the_scale_that_its_questions_are_judged_by(
    settings: Settings, encoder: Encoder
) -> None:
    found = calibration(settings)
    assert found is not None
    assert found.pairs >= 50
    assert found.scale != SHIPPED
    store = Store.open(settings.index.folder)
    assert store is not None
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)
    assert searcher.search("Where is Artem Kariakin's home?").scale == found.scale


def test_a_refresh_without_changes_leaves_the_scale_as_it_is(
    settings: Settings, encoder: Encoder
) -> None:
    store = Store.open(settings.index.folder)
    assert store is not None
    kept = calibration(settings)
    assert kept is not None
    marked = replace(kept, pairs=1)
    store.calibrations.keep(marked)

    bring_in_line(settings, encoder)

    assert calibration(settings) == marked


@pytest.mark.slow
def test_what_refused_the_first_build_is_told_to_who_asks(tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    # Titles of the same words, which nothing in the articles tells apart.
    for number, words in enumerate(permutations(["the", "of", "and", "to", "it"])):
        text = f"---\ntitle: ferry {' '.join(words)}\n---\n\n" + "rain snow hail wind " * 20
        folder.joinpath(f"{number}.md").write_text(f"{text}{number}.")
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder},
        "index": {"folder": tmp_path / "index"},
        "search": {"candidates": 1},
    }
    settings = Settings.load(overrides=overrides)

    for _ in range(2):
        with pytest.raises(IndexRefused, match=r"by their own title.*none before it.*--force$"):
            open_library(settings, lambda _: None)
