from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.build import open_library
from bot.conversation import Conversation
from bot.library import Library
from config import Settings
from tests.paths import SEEDS


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, seeds_index: Path) -> Library:
    """The articles that ship; tests only ask them."""
    own = tmp_path_factory.mktemp("conversation") / "index"
    places: dict[str, dict[str, object]] = {
        "articles": {"folder": SEEDS},
        "index": {"folder": shutil.copytree(seeds_index, own)},
    }
    return open_library(Settings.load(overrides=places), lambda _: None)


@pytest.fixture(scope="session")
def conversation(library: Library) -> Conversation:
    return Conversation(library)
