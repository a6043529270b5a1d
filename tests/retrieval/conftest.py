from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.retrieval.library import Library
from tests.rights import without_roots_rights


@pytest.fixture
def nobodys_library() -> Iterator[Library]:
    """A library of somebody who is not root; not in tmp_path, whose parents are closed to him."""
    with TemporaryDirectory() as root, without_roots_rights(Path(root)):
        yield Library(Path(root))
