from __future__ import annotations

from pathlib import Path

import pytest

from tests.embeddings import tiny


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that compiles in a second."""
    return tiny.build(tmp_path_factory.mktemp("tiny") / "mean")
