from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.conversation import Conversation
from bot.library import Library
from config import Settings
from tests.libraries import library_of
from tests.paths import SEEDS


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, seeds_index: Path) -> Library:
    """The articles that ship; tests only ask them."""
    own = tmp_path_factory.mktemp("conversation") / "index"
    places: dict[str, dict[str, object]] = {
        "articles": {"folder": SEEDS},
        "index": {"folder": shutil.copytree(seeds_index, own)},
    }
    return library_of(Settings.load(overrides=places))


@pytest.fixture(scope="session")
def conversation(library: Library) -> Conversation:
    return Conversation(library)
