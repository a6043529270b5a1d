from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import Settings, SettingsError


def refused(
    config_file: Path | None = None, overrides: dict[str, dict[str, object]] | None = None
) -> str:
    """Load and return the message of the refusal."""
    with pytest.raises(SettingsError, match=r"\S") as caught:
        Settings.load(config_file, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def local(folder: Path, text: str) -> None:
    (folder / "excerpta.toml").write_text(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[search]\nexcerts = 3",
            "search.excerts in excerpta.toml: no such key, the closest is search.excerpts",
        ),
        (
            "[serch]\nexcerpts = 3",
            "serch in excerpta.toml: no such section, the closest is search",
        ),
        (
            "[search]\nchunk_tokens = 100",
            "search.chunk_tokens in excerpta.toml: no such key, the closest is index.chunk_tokens",
        ),
        (
            "excerpts = 3",
            "excerpts in excerpta.toml: no such section, the closest is search.excerpts",
        ),
        (
            "[Search]\nexcerpts = 3",
            "Search in excerpta.toml: no such section, the closest is search",
        ),
        (
            "search = 3",
            "search in excerpta.toml: found no table, wanted the keys of a section",
        ),
        (
            "[[search]]\nexcerpts = 3",
            "search in excerpta.toml: found no table, wanted the keys of a section",
        ),
    ],
)
def test_unknown_name_in_a_file(text: str, message: str, folder: Path) -> None:
    local(folder, text)
    assert refused() == message


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("EXCERPTA_SEARCH__EXCERTS", "EXCERPTA_SEARCH__EXCERPTS"),
        ("EXCERPTA_SERCH__EXCERPTS", "EXCERPTA_SEARCH__EXCERPTS"),
        ("EXCERPTA_TELEGRAM_TOKEN", "EXCERPTA_TELEGRAM__TOKEN"),
        ("EXCERPTA_TOKEN", "EXCERPTA_TELEGRAM__TOKEN"),
        ("EXCERPTA_SEARCH__EXCERPTS__MORE", "EXCERPTA_SEARCH__EXCERPTS"),
    ],
)
def test_unknown_variable(name: str, closest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "3")
    assert refused() == f"{name}: no such environment variable, the closest is {closest}"


def test_section_as_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_SEARCH", '{"excerpts": 3}')
    assert refused().startswith("EXCERPTA_SEARCH: no such environment variable, ")


def test_unknown_name_in_the_arguments() -> None:
    assert (
        refused(overrides={"search": {"excerts": 3}})
        == "search.excerts in the arguments: no such key, the closest is search.excerpts"
    )
    assert (
        refused(overrides={"serch": {}})
        == "serch in the arguments: no such section, the closest is search"
    )


def test_every_fault_is_named(folder: Path) -> None:
    local(folder, "[search]\nexcerpts = 11\nthreshold = 'high'\n")
    assert refused() == (
        "search.excerpts: found 11 in excerpta.toml, "
        "input should be less than or equal to 10; "
        "search.threshold: found 'high' in excerpta.toml, "
        "input should be a valid number, unable to parse string as a number"
    )


def test_fault_names_the_origin_that_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local(folder, "[search]\nexcerpts = 3\n")
    monkeypatch.setenv("EXCERPTA_SEARCH__EXCERPTS", "three")
    assert refused().startswith("search.excerpts: found 'three' in EXCERPTA_SEARCH__EXCERPTS, ")
    assert refused(overrides={"search": {"excerpts": 0}}) == (
        "search.excerpts: found 0 in the arguments, input should be greater than or equal to 1"
    )
    named = folder / "named.toml"
    named.write_text("[index]\nkeep = []\n")
    assert f"index.keep: found [] in {named}, " in refused(named)


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("articles.max_megabytes", 0, 1001),
        ("index.chunk_tokens", 15, 8193),
        ("index.keep", 0, 101),
        ("search.candidates", 0, 1001),
        ("search.excerpts", 0, 11),
        ("search.excerpt_chars", 99, 2001),
        ("search.threshold", -0.01, 1.01),
        ("search.max_question_chars", 9, 100_001),
    ],
)
def test_out_of_bounds(key: str, low: float, high: float) -> None:
    section, name = key.split(".")
    assert re.match(rf"{key}: found .* should be greater", refused(None, {section: {name: low}}))
    assert re.match(rf"{key}: found .* should be less", refused(None, {section: {name: high}}))
    assert re.match(rf"{key}: found nan", refused(None, {section: {name: float("nan")}}))


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("articles.folder", 5, "input is not a valid path"),
        ("articles.language", "EN", "string should match pattern '^[a-z]{2}$'"),
        ("articles.language", "eng", "string should match pattern '^[a-z]{2}$'"),
        ("encoder.backend", "onnx", "input should be 'auto', 'openvino' or 'torch'"),
        ("encoder.model", "", "string should have at least 1 character"),
        ("encoder.download", "perhaps", "input should be a valid boolean"),
        ("encoder.query_prompt", 1, "input should be a valid string"),
        ("telegram.base_url", "api.telegram.org", "string should match pattern '^https?://[^/]'"),
        ("telegram.base_url", "http:///bot", "string should match pattern '^https?://[^/]'"),
        ("articles.folder", "~nobody-of-this-name/x", "the home folder that ~ stands for"),
        ("encoder.model", "~nobody-of-this-name/x", "the home folder that ~ stands for"),
    ],
)
def test_value_that_does_not_fit(key: str, value: object, wanted: str) -> None:
    section, name = key.split(".")
    message = refused(None, {section: {name: value}})
    assert message.startswith(f"{key}: found {value!r} in the arguments, {wanted}")


def test_broken_toml_names_file_and_line(folder: Path) -> None:
    local(folder, "[search]\nexcerpts = 3\nthreshold 0.5\n")
    assert re.match(r"config file excerpta\.toml: wrong TOML: .*line 3", refused())


def test_missing_file(folder: Path) -> None:
    missing = folder / "missing.toml"
    assert refused(missing) == f"config file {missing}: cannot be read: No such file or directory"


def test_folder_as_a_file(folder: Path) -> None:
    assert refused(folder) == f"config file {folder}: wanted a regular file"


def test_undecodable_file(folder: Path) -> None:
    (folder / "excerpta.toml").write_bytes(b"[articles]\nfolder = '\xff'\n")
    assert refused() == "config file excerpta.toml: found other bytes than UTF-8 text"


def test_line_end_in_a_name_stays_on_one_line(folder: Path) -> None:
    local(folder, '[search]\n"exc\\nerpts" = 3\n')
    assert refused().startswith("search.exc erpts in excerpta.toml: no such key")


def test_settings_error_is_a_value_error() -> None:
    assert issubclass(SettingsError, ValueError)
