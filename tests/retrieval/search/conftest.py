from __future__ import annotations

import shutil

import pytest

from embeddings import Encoder
from retrieval.search.searcher import Searcher
from tests.paths import SEEDS
from tests.retrieval.library import Library


@pytest.fixture(scope="session")
def seeds(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Searches the seeds with the real encoder."""
    library = Library(tmp_path_factory.mktemp("seeds"), chunk_tokens=200, encoder=encoder)
    shutil.copytree(SEEDS, library.articles, dirs_exist_ok=True)
    library.refresh()
    return library.searcher()
