from __future__ import annotations

import pytest

from tests.retrieval.faults.shelf import Shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A shelf that no test changes: each copies it."""
    return Shelf.make(tmp_path_factory.mktemp("shelf"))
