from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

import config
from config import Settings

DEFAULTS = Path(config.__file__).with_name("default.toml")


def sections() -> dict[str, type[BaseModel]]:
    found = {}
    for name, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, BaseModel)
        found[name] = field.annotation
    return found


def test_defaults_hold_every_field_without_default_and_nothing_else() -> None:
    required = {
        section: {key for key, field in model.model_fields.items() if field.is_required()}
        for section, model in sections().items()
    }
    found = {section: set(keys) for section, keys in tomllib.loads(DEFAULTS.read_text()).items()}
    assert found == required


def test_optional_keys_are_shown_as_comments_and_are_none() -> None:
    text = DEFAULTS.read_text()
    parts = re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)[1:]
    shown = {
        section: set(re.findall(r"^# (\w+) = ", body, flags=re.MULTILINE))
        for section, body in zip(parts[::2], parts[1::2], strict=True)
    }
    optional = {
        section: {key for key, field in model.model_fields.items() if not field.is_required()}
        for section, model in sections().items()
    }
    assert shown == optional
    settings = Settings.load()
    assert all(
        getattr(getattr(settings, section), key) is None
        for section, keys in optional.items()
        for key in keys
    )


def test_commented_keys_load_once_uncommented(folder: Path) -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", DEFAULTS.read_text(), flags=re.MULTILINE)
    file = folder / "all.toml"
    file.write_text(text)
    file.chmod(0o600)
    assert Settings.load(file).encoder.query_prompt == "query: "


def test_every_key_is_explained() -> None:
    lines = DEFAULTS.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"(# )?\w+ = ", line):
            assert before.startswith("# ")


def test_settings_are_frozen() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.search = settings.search  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.search.excerpts = 5  # type: ignore[misc]


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


def test_door_is_sorted() -> None:
    assert config.__all__ == sorted(config.__all__)
    assert all(hasattr(config, name) for name in config.__all__)
