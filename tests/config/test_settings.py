"""What can be set: every key, its default, and the values that it takes and refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

import config
from config import Backend, LogFormat, Settings, SettingsError, UpdateMode, WriterSettings
from tests.config.loads import local, refused


def test_settings_are_frozen() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.search = settings.search  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.search.excerpts = 5  # type: ignore[misc]


def test_text_of_the_environment_becomes_each_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "ARTICLES__FOLDER": "archive",
        "ARTICLES__MAX_MEGABYTES": "0.5",
        "ARTICLES__CHANNELS": "1234=first_news, 5678=second",
        "ENCODER__BACKEND": "torch",
        "ENCODER__DOWNLOAD": "true",
        "ENCODER__QUERY_PROMPT": "query: ",
        "SEARCH__EXCERPTS": "7",
        "TELEGRAM__MODE": "webhook",
        "TELEGRAM__WEBHOOK_URL": "https://bot.example.org/excerpta",
        "TELEGRAM__LOG": "json",
        "TELEGRAM__STATE": "memory",
        "TELEGRAM__MONITOR_PORT": "9464",
    }.items():
        monkeypatch.setenv(f"EXCERPTA_{name}", text)
    settings = Settings.load()
    assert settings.articles.folder == Path("archive")
    assert settings.articles.max_megabytes == 0.5
    assert settings.articles.channels == ("1234=first_news", "5678=second")
    assert settings.encoder.backend is Backend.TORCH
    assert settings.encoder.download is True
    assert settings.encoder.query_prompt == "query: "
    assert settings.search.excerpts == 7
    assert settings.telegram.mode is UpdateMode.WEBHOOK
    assert settings.telegram.webhook_url == "https://bot.example.org/excerpta"
    assert settings.telegram.log is LogFormat.JSON
    assert settings.telegram.state == Path("memory")
    assert settings.telegram.monitor_port == 9464


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1", {1}),
        ("1,2", {1, 2}),
        (" 1 , -1001234567890 ,1", {1, -1001234567890}),
        ("8999999999", {8999999999}),
    ],
)
def test_ids_of_the_environment(text: str, ids: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("USERS", "CHATS", "ADMINISTRATORS"):
        monkeypatch.setenv(f"EXCERPTA_TELEGRAM__{key}", text)
    found = Settings.load().telegram
    assert found.users == found.chats == found.administrators == ids


def test_ids_of_a_file() -> None:
    local("[telegram]\nusers = [7, 8]\nchats = [-5]\n")
    found = Settings.load().telegram
    assert found.users == {7, 8}
    assert found.chats == {-5}
    assert not found.administrators


@pytest.mark.parametrize("text", ["somebody", "1,x", "1;2", "1,,2", "@name", "1.5"])
def test_ids_that_are_none(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM__USERS", text)
    assert re.match(r"telegram\.users.* in EXCERPTA_TELEGRAM__USERS, .*integer", refused())
    assert refused().endswith('; commas part the values of a list, as in "7,8"')


def test_a_list_of_a_file_is_not_told_of_commas() -> None:
    local("[telegram]\nusers = [7, 'x']\n")
    assert "commas" not in refused()


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


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:19530", "https://milvus.example.org", "indexes/all.db"]
)
def test_the_address_of_a_server_may_stand_for_the_folder(address: str) -> None:
    index = Settings.load(overrides={"index": {"folder": address}}).index
    assert (index.folder, index.server, index.address) == (Path(".excerpta"), address, address)


def test_an_index_that_is_named_takes_the_place_of_the_server_of_a_file() -> None:
    local("[index]\nserver = 'http://127.0.0.1:19530'\n")
    assert Settings.load().index.server == "http://127.0.0.1:19530"
    index = Settings.load(overrides={"index": {"folder": "here", "server": ""}}).index
    assert (index.folder, index.server, index.address) == (Path("here"), None, "here")


def test_an_address_with_a_password_is_refused() -> None:
    local("[index]\nserver = 'http://me:secret@127.0.0.1:19530'\n")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert "index.server" in str(caught.value)


def test_an_empty_prompt_differs_from_an_absent_one() -> None:
    local("[encoder]\nquery_prompt = ''\n")
    encoder = Settings.load().encoder
    assert (encoder.query_prompt, encoder.passage_prompt) == ("", None)


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("articles.max_megabytes", 0, 1001),
        ("index.chunk_tokens", 15, 4097),
        ("index.keep", 0, 101),
        ("search.candidates", 0, 1001),
        ("search.excerpts", 0, 11),
        ("search.excerpt_chars", 99, 2001),
        ("search.threshold", -0.01, 1.01),
        ("search.max_question_chars", 9, 100_001),
        ("writer.timeout_s", 0, 601),
        ("writer.max_tokens", 15, 4097),
        ("telegram.webhook_port", 0, 65_536),
        ("telegram.monitor_port", 0, 65_536),
        ("telegram.questions_per_minute", 0, 1001),
        ("telegram.max_question_chars", 9, 4097),
        ("telegram.messages_per_second", 0, 10_001),
        ("telegram.keep_days", 0, 3651),
        ("telegram.conversation_minutes", 0, 10_081),
    ],
)
def test_numbers_out_of_bounds(key: str, low: float, high: float) -> None:
    section, name = key.split(".")
    assert re.match(rf"{key}: found .* should be greater", refused(None, {section: {name: low}}))
    assert re.match(rf"{key}: found .* should be less", refused(None, {section: {name: high}}))
    assert re.match(rf"{key}: found nan", refused(None, {section: {name: float("nan")}}))


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("articles.folder", 5, "input is not a valid path"),
        ("articles.folder", "", "wanted a path: not empty"),
        ("index.folder", "a\0b", "wanted a path: not empty, and without the character NUL"),
        ("telegram.token_file", "", "wanted a path: not empty"),
        ("articles.language", "EN", "wanted a language in two small letters"),
        ("articles.language", "eng", "wanted a language in two small letters"),
        ("encoder.backend", "onnx", "input should be 'auto', 'openvino' or 'torch'"),
        ("encoder.model", "", "string should have at least 1 character"),
        ("encoder.download", "perhaps", "input should be a valid boolean"),
        ("encoder.query_prompt", 1, "input should be a valid string"),
        ("telegram.base_url", "api.telegram.org", "wanted an address that begins with http"),
        ("telegram.base_url", "http:///bot", "wanted an address that begins with http"),
        ("telegram.webhook_url", "bot.example.org", "wanted an address that begins with"),
        ("index.server", "nonsense", "wanted an http:// or https:// address without name"),
        ("telegram.mode", "carrier pigeon", "input should be 'polling' or 'webhook'"),
        ("telegram.log", "xml", "input should be 'text' or 'json'"),
        ("writer.base_url", "ftp://x", "wanted an address that begins with http"),
        ("writer.model", "", "string should have at least 1 character"),
        ("articles.folder", "~nobody-of-this-name/x", "the home folder that ~ stands for"),
        ("encoder.model", "~nobody-of-this-name/x", "the home folder that ~ stands for"),
    ],
)
def test_values_that_do_not_fit(key: str, value: object, wanted: str) -> None:
    section, name = key.split(".")
    message = refused(None, {section: {name: value}})
    assert message.startswith(f"{key}: found {value!r} in the arguments, {wanted}")


def test_a_channel_is_a_number_and_a_name() -> None:
    assert "'news' in the arguments, wanted a number or a title and a name" in refused(
        None, {"articles": {"channels": ["1=good_news", "news"]}}
    )


def writer(**keys: object) -> WriterSettings:
    return Settings.load(overrides={"writer": keys}).writer


def test_nothing_is_written_by_default() -> None:
    assert not writer().is_set
    assert writer(base_url="http://127.0.0.1:1/v1", model="m").is_set


@pytest.mark.parametrize(
    ("key", "value", "missing"),
    [("base_url", "http://127.0.0.1:1/v1", "model"), ("model", "m", "base_url")],
)
def test_half_of_a_writer_is_refused(key: str, value: str, missing: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"^writer\.{missing}: not set, while writer\.{key} is"
    ):
        _ = writer(**{key: value}).is_set


def test_wrong_settings_are_a_wrong_value() -> None:
    with pytest.raises(ValueError, match=r"^writer\.model: not set"):
        _ = writer(base_url="http://127.0.0.1:1/v1").is_set


def test_import_stays_light() -> None:
    code = "import sys, config; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    root = str(Path(config.__file__).parents[1])
    modules = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"numpy", "rich", "telegram", "torch", "typer", "httpx"} & set(modules)
