from __future__ import annotations

import shutil

import pytest

from embeddings import Encoder
from retrieval.search.searcher import Searcher
from tests.paths import SEEDS
from tests.retrieval.library import Library


@pytest.fixture(scope="session")
def seeds(each_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Searches the seeds with each of the real encoders."""
    library = Library(tmp_path_factory.mktemp("seeds"), chunk_tokens=200, encoder=each_encoder)
    shutil.copytree(SEEDS, library.articles, dirs_exist_ok=True)
    library.refresh()
    return library.searcher()
