from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.answers import Answerer
from bot.library import Library
from config import Settings
from embeddings import Encoder
from tests.bot.shell import Shell
from tests.libraries import library_of
from tests.paths import SEEDS


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory, seeds_index: Path) -> Shell:
    """The articles that ship, indexed once; tests only read them."""
    shell = Shell(tmp_path_factory.mktemp("seeds"))
    # A copy of them would be looked into again, as its files are newer.
    shell.articles = SEEDS
    shutil.copytree(seeds_index, shell.index)
    return shell


@pytest.fixture(scope="session")
def library(seeds: Shell) -> Library:
    """The articles that ship, opened; tests only ask them."""
    places = {"articles": {"folder": seeds.articles}, "index": {"folder": seeds.index}}
    return library_of(Settings.load(overrides=places))


@pytest.fixture(scope="session")
def answerer(library: Library) -> Answerer:
    return library.answerer


@pytest.fixture(scope="session")
def each_answerer(
    each_encoder: Encoder, each_seeds_index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Answerer:
    """The articles that ship, indexed by both encoders in turn."""
    own = tmp_path_factory.mktemp("each") / "index"
    settings: dict[str, dict[str, object]] = {
        "articles": {"folder": SEEDS},
        "index": {"folder": shutil.copytree(each_seeds_index, own)},
        "encoder": {"model": each_encoder.name},
    }
    return library_of(Settings.load(overrides=settings)).answerer
