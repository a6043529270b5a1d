"""Where settings come from, which origin wins, and how what is wrong in one is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import Settings, user_file
from tests.config.loads import local, refused

KEEP = {"default": 3, "user": 10, "local": 11, "file": 12, "environment": 13, "arguments": 14}


def users(text: str) -> Path:
    """Write the file of the user's own settings."""
    user_file().parent.mkdir(parents=True)
    user_file().write_text(text)
    return user_file()


def kept(origins: set[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Set `index.keep` to another number in each of the origins and load."""
    if "user" in origins:
        users(f"[index]\nkeep = {KEEP['user']}\n")
    if "local" in origins:
        local(f"[index]\nkeep = {KEEP['local']}\n")
    file = Path("other.toml")
    file.write_text(f"[index]\nkeep = {KEEP['file']}\n")
    if "environment" in origins:
        monkeypatch.setenv("EXCERPTA_INDEX__KEEP", str(KEEP["environment"]))
    return Settings.load(
        file if "file" in origins else None,
        {"index": {"keep": KEEP["arguments"]}} if "arguments" in origins else None,
    ).index.keep


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    local("\ufeff[index]\r\nkeep = 7\r\n")
    assert Settings.load().index.keep == 7


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        ("default", "default"),
        ("user", "default"),
        ("local", "default"),
        ("local", "user"),
        ("file", "default"),
        ("file", "user"),
        ("file", "local"),
        ("environment", "default"),
        ("environment", "user"),
        ("environment", "local"),
        ("environment", "file"),
        ("arguments", "default"),
        ("arguments", "local"),
        ("arguments", "file"),
        ("arguments", "environment"),
    ],
)
def test_the_higher_origin_wins(higher: str, lower: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept({higher, lower}, monkeypatch) == KEEP[higher]


def test_keys_of_one_section_come_from_different_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    local("[search]\nexcerpts = 5\nexcerpt_chars = 500\n")
    monkeypatch.setenv("EXCERPTA_SEARCH__EXCERPT_CHARS", "600")
    search = Settings.load(overrides={"search": {"threshold": 0.25}}).search
    assert (search.excerpts, search.excerpt_chars, search.threshold) == (5, 600, 0.25)
    assert search.candidates == 50


def test_it_is_told_where_each_setting_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    own = users("[search]\nexcerpts = 5\nthreshold = 0.1\n")
    local("[search]\nthreshold = 0.2\n")
    monkeypatch.setenv("EXCERPTA_INDEX__KEEP", "7")
    settings, origins = Settings.load_traced(None, {"articles": {"folder": "news"}})
    assert (settings.search.excerpts, settings.search.threshold) == (5, 0.2)
    assert origins == {
        "search.excerpts": str(own),
        "search.threshold": "excerpta.toml",
        "index.keep": "EXCERPTA_INDEX__KEEP",
        "articles.folder": "the arguments",
    }


def test_a_fault_of_the_users_file_names_it() -> None:
    own = users("[search]\nexcerpts = 11\n")
    assert refused().startswith(f"search.excerpts: found 11 in {own}, ")


def test_a_folder_of_settings_that_cannot_be_looked_into_is_as_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "file"))
    assert Settings.load() == Settings()
    monkeypatch.setenv("XDG_CONFIG_HOME", f"/{'long' * 100}")
    assert Settings.load() == Settings()


def test_a_named_file_replaces_the_local_one(folder: Path) -> None:
    local("[search]\nexcerpts = 5\n")
    named = folder / "named.toml"
    named.write_text("[index]\nkeep = 9\n")
    settings = Settings.load(named)
    assert (settings.index.keep, settings.search.excerpts) == (9, 3)


def test_none_in_overrides_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_ARTICLES__FOLDER", "news")
    assert Settings.load(overrides={"articles": {"folder": None}}).articles.folder == Path("news")


def test_an_empty_variable_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_INDEX__KEEP", "")
    monkeypatch.setenv("EXCERPTA_OF_ANOTHER_PROGRAM", "")
    assert Settings.load().index.keep == 3


def test_the_case_of_a_variable_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("excerpta_index__keep", "7")
    assert Settings.load().index.keep == 7


def test_a_value_that_is_overridden_may_be_wrong() -> None:
    local("[index]\nkeep = 'many'\n")
    assert Settings.load(overrides={"index": {"keep": 2}}).index.keep == 2


@pytest.mark.parametrize(
    ("text", "name", "fault"),
    [
        ("[search]\nexcerts = 3", "search.excerts", "no such key, the closest is search.excerpts"),
        ("[serch]\nexcerpts = 3", "serch", "no such section, the closest is search"),
        (
            "[search]\nchunk_tokens = 100",
            "search.chunk_tokens",
            "no such key, the closest is index.chunk_tokens",
        ),
        ("excerpts = 3", "excerpts", "no such section, the closest is search.excerpts"),
        ("[Search]\nexcerpts = 3", "Search", "no such section, the closest is search"),
        ("search = 3", "search", "found no table, wanted the keys of a section"),
        ("[[search]]\nexcerpts = 3", "search", "found no table, wanted the keys of a section"),
        (
            '[search]\n"exc\\nerpts" = 3',
            "search.exc erpts",
            "no such key, the closest is search.excerpts",
        ),
    ],
)
def test_an_unknown_name_in_a_file(text: str, name: str, fault: str) -> None:
    local(text)
    assert refused() == f"{name} in excerpta.toml: {fault}"


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("EXCERPTA_SEARCH__EXCERTS", "EXCERPTA_SEARCH__EXCERPTS"),
        ("EXCERPTA_SERCH__EXCERPTS", "EXCERPTA_SEARCH__EXCERPTS"),
        ("EXCERPTA_TELEGRAM_TOKEN", "EXCERPTA_TELEGRAM__TOKEN"),
        ("EXCERPTA_TOKEN", "EXCERPTA_TELEGRAM__TOKEN"),
        ("EXCERPTA_SEARCH__EXCERPTS__MORE", "EXCERPTA_SEARCH__EXCERPTS"),
        ("EXCERPTA_SEARCH", "EXCERPTA_SEARCH__EXCERPTS"),
    ],
)
def test_an_unknown_variable(name: str, closest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, '{"excerpts": 3}')
    assert refused() == f"{name}: no such environment variable, the closest is {closest}"


def test_an_unknown_name_in_the_arguments() -> None:
    assert (
        refused(overrides={"search": {"excerts": 3}})
        == "search.excerts in the arguments: no such key, the closest is search.excerpts"
    )
    assert (
        refused(overrides={"serch": {}})
        == "serch in the arguments: no such section, the closest is search"
    )


def test_every_fault_is_named() -> None:
    local("[search]\nexcerpts = 11\nthreshold = 'high'\n")
    assert refused() == (
        "search.excerpts: found 11 in excerpta.toml, "
        "input should be less than or equal to 10; "
        "search.threshold: found 'high' in excerpta.toml, "
        "input should be a valid number, unable to parse string as a number"
    )


def test_a_fault_names_the_origin_that_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local("[search]\nexcerpts = 3\n")
    monkeypatch.setenv("EXCERPTA_SEARCH__EXCERPTS", "three")
    assert refused().startswith("search.excerpts: found 'three' in EXCERPTA_SEARCH__EXCERPTS, ")
    assert refused(overrides={"search": {"excerpts": 0}}) == (
        "search.excerpts: found 0 in the arguments, input should be greater than or equal to 1"
    )
    named = folder / "named.toml"
    named.write_text("[index]\nkeep = []\n")
    assert f"index.keep: found [] in {named}, " in refused(named)


def test_broken_toml_names_file_and_line() -> None:
    local("[search]\nexcerpts = 3\nthreshold 0.5\n")
    assert re.match(r"config file excerpta\.toml: wrong TOML: .*line 3", refused())


@pytest.mark.parametrize(
    ("name", "fault"),
    [("missing", "cannot be read: No such file or directory"), (".", "wanted a regular file")],
)
def test_a_file_that_is_none(name: str, fault: str, folder: Path) -> None:
    assert refused(folder / name) == f"config file {folder / name}: {fault}"


def test_an_undecodable_file() -> None:
    local("").write_bytes(b"[articles]\nfolder = '\xff'\n")
    assert refused() == "config file excerpta.toml: found other bytes than UTF-8 text"
