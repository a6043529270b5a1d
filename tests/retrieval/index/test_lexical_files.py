"""Lexical indexes on disk: whose they are, what does not fit, and what is left beside them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import IndexFault
from retrieval.index.lexical_files import open_lexical, write_lexical
from tests.retrieval.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path)
    library.write(river="The river rises in the hills.", mill="The mill burnt down.")
    library.refresh()
    return library


def opened(library: Library) -> bool:
    return open_lexical(library.store(), library.store().current()) is not None


def manifest_without(key: str) -> Callable[[dict[str, object]], object]:
    return lambda manifest: manifest.pop(key)


@pytest.mark.parametrize(
    "edit",
    [*map(manifest_without, ["format", "passages", "files"]),
     lambda manifest: manifest.update(format=0), lambda manifest: manifest.update(files={}),
     lambda manifest: manifest.update(files={"../../index.sqlite": 0}),
     lambda manifest: manifest.update(passages="of another generation")],
)  # fmt: skip
def test_a_manifest_that_does_not_fit_is_no_index(
    library: Library, edit: Callable[[dict[str, object]], object]
) -> None:
    assert opened(library)
    path = library.lexical / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest)
    path.write_text(json.dumps(manifest))

    assert not opened(library)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', "\xff", '{"files": []}'])
def test_a_manifest_of_another_shape_is_no_index(library: Library, text: str) -> None:
    (library.lexical / "manifest.json").write_text(text, encoding="latin-1")

    assert not opened(library)


def test_a_missing_index_is_nothing_to_talk_about(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    (library.lexical / "manifest.json").unlink()

    with caplog.at_level(logging.DEBUG):
        assert not opened(library)

    assert not caplog.records


def test_a_folder_that_cannot_be_made_is_the_worlds_fault(library: Library) -> None:
    lexical = library.lexical
    (lexical / "manifest.json").unlink()
    lexical.parent.rename(library.root / "elsewhere")
    # Nobody can make a folder behind this link.
    lexical.parent.symlink_to("/proc/nowhere")

    with pytest.raises(IndexFault, match=r"cannot be written .* check that the disk has room"):
        write_lexical(library.store(), 1)


def test_what_a_kill_left_is_tidied_up(library: Library) -> None:
    left = [library.lexical.parent / name for name in ("draft-1", "open-1", "0123", "file")]
    for path in left[:3]:
        path.mkdir()
    left[3].touch()
    library.write(new="A new market.")

    library.refresh()

    assert not any(map(os.path.lexists, left))
    assert opened(library)


def test_a_reader_leaves_nothing_behind(library: Library) -> None:
    before = sorted(library.index.rglob("*"))

    assert library.searcher().search("river").hits

    assert sorted(library.index.rglob("*")) == before
