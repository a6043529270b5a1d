from __future__ import annotations

import shutil

import pytest

from bot.answers import Answerer
from bot.build import open_library
from bot.library import Library
from config import Settings
from tests.bot.shell import Shell
from tests.paths import SEEDS


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Shell:
    """The articles that ship, indexed once; tests only read them."""
    shell = Shell(tmp_path_factory.mktemp("seeds"))
    shutil.copytree(SEEDS, shell.articles)
    done = shell.run("refresh")
    assert done.returncode == 0, done.stderr
    return shell


@pytest.fixture(scope="session")
def library(seeds: Shell) -> Library:
    """The articles that ship, opened; tests only ask them."""
    places = {"articles": {"folder": seeds.articles}, "index": {"folder": seeds.index}}
    return open_library(Settings.load(overrides=places), lambda _: None)


@pytest.fixture(scope="session")
def answerer(library: Library) -> Answerer:
    return library.answerer


@pytest.fixture(scope="session", params=["encoder", "multilingual"])
def each_answerer(
    request: pytest.FixtureRequest, seeds: Shell, tmp_path_factory: pytest.TempPathFactory
) -> Answerer:
    """The articles that ship, indexed by both encoders in turn."""
    if request.param == "encoder":
        library: Library = request.getfixturevalue("library")
        return library.answerer
    request.getfixturevalue("multilingual")
    own: dict[str, dict[str, object]] = {
        "articles": {"folder": seeds.articles},
        "index": {"folder": tmp_path_factory.mktemp("multilingual")},
        "encoder": {"model": "multilingual"},
    }
    return open_library(Settings.load(overrides=own), lambda _: None).answerer
