from __future__ import annotations

import pytest

from bot.library import Library

from .servers import open_articles


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A few articles, one of them hostile; tests only ask them."""
    return open_articles(tmp_path_factory.mktemp("web"))
