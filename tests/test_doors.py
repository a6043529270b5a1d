"""Each folder is entered by its door: `__init__.py` draws the way through it, and names what leaves
it.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.paths import ROOT

PACKAGES = ("config", "embeddings", "retrieval", "bot")
# They hold folders and modules of their own, each of which is entered by itself.
HALLS = {"retrieval", "bot"}
FOLDERS = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for package in PACKAGES
    for path in (ROOT / package).rglob("__init__.py")
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_has_a_door(folder: str) -> None:
    door = import_module(folder)
    assert door.__doc__, "a docstring that draws the way through the folder"
    if folder not in HALLS:
        assert len(set(door.__all__)) == len(door.__all__) > 0
        assert [name for name in door.__all__ if not hasattr(door, name)] == []


def test_there_are_doors() -> None:
    assert {*PACKAGES, "retrieval.index", "bot.telegram"} <= set(FOLDERS)
