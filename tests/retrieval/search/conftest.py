from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embeddings import Encoder
from retrieval.search.searcher import Searcher
from tests.retrieval.library import Library


@pytest.fixture(scope="session")
def seeds(
    each_encoder: Encoder, each_seeds_index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Searcher:
    """Searches the seeds with each of the real encoders."""
    library = Library(tmp_path_factory.mktemp("seeds"), encoder=each_encoder)
    shutil.copytree(each_seeds_index, library.index)
    return library.searcher()
