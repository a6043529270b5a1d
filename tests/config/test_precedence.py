from __future__ import annotations

from pathlib import Path

import pytest

from config import Backend, Settings

KEEP = {"default": 3, "local": 11, "file": 12, "environment": 13, "arguments": 14}


def load_from(origins: set[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Set `index.keep` to another number in each of the origins and load."""
    if "local" in origins:
        (folder / "excerpta.toml").write_text(f"[index]\nkeep = {KEEP['local']}\n")
    file = folder / "other.toml"
    file.write_text(f"[index]\nkeep = {KEEP['file']}\n")
    if "environment" in origins:
        monkeypatch.setenv("EXCERPTA_INDEX__KEEP", str(KEEP["environment"]))
    return Settings.load(
        file if "file" in origins else None,
        {"index": {"keep": KEEP["arguments"]}} if "arguments" in origins else None,
    )


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ("local", "default"),
        ("file", "default"),
        ("file", "local"),
        ("environment", "default"),
        ("environment", "local"),
        ("environment", "file"),
        ("arguments", "default"),
        ("arguments", "local"),
        ("arguments", "file"),
        ("arguments", "environment"),
    ],
)
def test_higher_origin_wins(
    higher: str, lower: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_from({higher, lower}, folder, monkeypatch)
    assert settings.index.keep == KEEP[higher]


def test_default_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_from(set(), folder, monkeypatch).index.keep == KEEP["default"]


def test_keys_of_one_section_come_from_different_origins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "excerpta.toml").write_text("[search]\nexcerpts = 5\nexcerpt_chars = 500\n")
    monkeypatch.setenv("EXCERPTA_SEARCH__EXCERPT_CHARS", "600")
    search = Settings.load(overrides={"search": {"threshold": 0.25}}).search
    assert (search.excerpts, search.excerpt_chars, search.threshold) == (5, 600, 0.25)
    assert search.candidates == 50


def test_named_file_replaces_the_local_one(folder: Path) -> None:
    (folder / "excerpta.toml").write_text("[search]\nexcerpts = 5\n")
    named = folder / "named.toml"
    named.write_text("[index]\nkeep = 9\n")
    settings = Settings.load(named)
    assert (settings.index.keep, settings.search.excerpts) == (9, 3)


def test_none_in_overrides_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_ARTICLES__FOLDER", "news")
    assert Settings.load(overrides={"articles": {"folder": None}}).articles.folder == Path("news")


def test_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_INDEX__KEEP", "")
    assert Settings.load().index.keep == 3


def test_value_that_is_overridden_may_be_wrong(folder: Path) -> None:
    (folder / "excerpta.toml").write_text("[index]\nkeep = 'many'\n")
    assert Settings.load(overrides={"index": {"keep": 2}}).index.keep == 2


def test_text_of_the_environment_becomes_each_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ARTICLES__FOLDER": "archive",
        "ARTICLES__MAX_MEGABYTES": "0.5",
        "ENCODER__BACKEND": "torch",
        "ENCODER__DOWNLOAD": "true",
        "ENCODER__QUERY_PROMPT": "query: ",
        "SEARCH__EXCERPTS": "7",
    }.items():
        monkeypatch.setenv(f"EXCERPTA_{name}", value)
    settings = Settings.load()
    assert settings.articles.folder == Path("archive")
    assert settings.articles.max_megabytes == 0.5
    assert settings.encoder.backend is Backend.TORCH
    assert settings.encoder.download is True
    assert settings.encoder.query_prompt == "query: "
    assert settings.search.excerpts == 7


def test_home_is_expanded_and_relative_paths_stay_relative(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    file = folder / "sub" / "some.toml"
    file.parent.mkdir()
    file.write_text(
        "[articles]\nfolder = '~/news'\n"
        "[index]\nfolder = 'here'\n"
        "[encoder]\nmodel = '~/models/small'\ncache = '~'\n"
    )
    settings = Settings.load(file)
    assert settings.articles.folder == folder / "news"
    assert settings.index.folder == Path("here")
    assert settings.encoder.model == str(folder / "models" / "small")
    assert settings.encoder.cache == folder


def test_empty_prompt_differs_from_an_absent_one(folder: Path) -> None:
    (folder / "excerpta.toml").write_text("[encoder]\nquery_prompt = ''\n")
    encoder = Settings.load().encoder
    assert (encoder.query_prompt, encoder.passage_prompt) == ("", None)
