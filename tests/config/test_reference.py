"""The file of defaults and the page of settings say what settings.py declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Settings
from tests.config.loads import local
from tests.config.reference import COMMAND, FILES, FOLDER


@pytest.mark.parametrize(("path", "made"), FILES.items(), ids=[path.name for path in FILES])
def test_what_is_made_of_the_settings_is_up_to_date(path: Path, made: Callable[[], str]) -> None:
    assert path.read_text(encoding="utf-8") == made(), f"to bring it up to date, run {COMMAND}"


def test_the_file_of_defaults_changes_nothing() -> None:
    assert Settings.load(FOLDER / "default.toml") == Settings.load() == Settings()


def test_keys_that_are_shown_as_comments_load_once_uncommented() -> None:
    text = (FOLDER / "default.toml").read_text(encoding="utf-8")
    settings = Settings.load(local(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)))
    assert all(value is not None for _, section in settings for _, value in section)
