from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.catalogue import Catalogue, article_key
from config import Settings
from retrieval.index.store import Store
from retrieval.refresh.refresh import RefreshOptions, refresh_index
from retrieval.search.searcher import Searcher
from tests.fakes import HashEncoder, ReadsHere

Arranged = tuple[Catalogue, Callable[..., None]]


def article(folder: Path, path: str, title: str, date: str = "") -> None:
    file = folder / "articles" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    dated = f"date: {date}\n" if date else ""
    file.write_text(f"---\ntitle: {title}\n{dated}---\n\nText of {title}.", encoding="utf-8")


@pytest.fixture
def arranged(tmp_path: Path) -> Arranged:
    """Return a catalogue, and a function that brings it in line with the folder."""
    for path, title, date in (
        ("2020/crows.md", "Crows of the city", "2020-01-02"),
        ("2026/crows.md", "Crows in court", "2026-01-02"),
        ("2026/tides.md", "Tides", "2026-01-03"),
        ("2026/more.md", "Tides", "2026-01-04"),
        ("storms.md", "tides.md", ""),
        ("high.md", "High tides", "2026-02-01"),
    ):
        article(tmp_path, path, title, date)
    folders = {name: {"folder": tmp_path / name} for name in ("articles", "index")}
    settings = Settings.load(overrides=folders)
    encoder = HashEncoder()

    def bring_in_line(rebuild: bool = False) -> None:
        options = RefreshOptions(parser=ReadsHere, rebuild=rebuild)
        refresh_index(settings.articles, settings.index, encoder, options=options)

    bring_in_line()
    store = Store.open(settings.index.folder)
    assert store is not None
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)

    def follow(rebuild: bool = False) -> None:
        bring_in_line(rebuild)
        searcher.reload()

    return Catalogue(searcher), follow


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("2020/crows.md", "2020/crows.md"),
        ("2020/CROWS.md", "2020/crows.md"),
        (" crows   in\ncourt ", "2026/crows.md"),
        ("crows", "2026/crows.md"),
        ("crows of", "2020/crows.md"),
        ("2020", "2020/crows.md"),
        ("tides", "2026/more.md"),
        ("2026/tides.md", "2026/tides.md"),
        ("tides.md", "storms.md"),
        ("Craws in curt", "2026/crows.md"),
        ("Hihg tides", "high.md"),
    ],
)
def test_what_is_typed_finds_the_article(arranged: Arranged, words: str, path: str) -> None:
    catalogue, _ = arranged
    found = catalogue.find(words)
    assert found is not None
    assert found.source.path == path


@pytest.mark.parametrize("words", ["", "  \n", "volcanoes", "x" * 4096, "%", "🙂"])
def test_what_names_no_article_finds_none(arranged: Arranged, words: str) -> None:
    catalogue, _ = arranged
    assert catalogue.find(words) is None


def test_a_key_opens_its_article_until_that_is_gone(arranged: Arranged, tmp_path: Path) -> None:
    catalogue, follow = arranged
    key = article_key("high.md")
    found = catalogue.by_key(key)
    assert found is not None
    assert found.text == "Text of High tides."
    (tmp_path / "articles" / "high.md").unlink()
    article(tmp_path, "low.md", "Low tides")
    follow()
    assert catalogue.by_key(key) is None
    assert catalogue.by_key("") is None
    assert catalogue.by_key(article_key("low.md")) is not None


def test_the_articles_of_an_index_that_was_made_again_are_listed(
    arranged: Arranged, tmp_path: Path
) -> None:
    catalogue, follow = arranged
    before = len(catalogue.sources())
    article(tmp_path, "low.md", "Low tides")
    follow(rebuild=True)
    assert len(catalogue.sources()) == before + 1
    assert catalogue.find("Low tides") is not None


@pytest.mark.parametrize("path", ["a.md", "ж/ї.md", "\udcff.md", "a" * 4000])
def test_a_key_fits_into_buttons_and_deep_links(path: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{11}", article_key(path))
    assert article_key(path) == article_key(path) != article_key(f"{path}x")
