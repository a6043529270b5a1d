from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings import Encoder, load

# Where there is room, and programs may run: most of what tests wait for is that a disk has written.
_MEMORY = "/dev/shm"
_ROOM = 4_000_000_000


def _write_to_memory() -> None:
    """Let tests, and the processes they start, write their files to memory instead of the disk."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    if found.f_bavail * found.f_frsize >= _ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = _MEMORY
        tempfile.tempdir = None  # looked up already, perhaps


_write_to_memory()


def pytest_configure() -> None:
    # Who is started in the background of a script ignores Ctrl-C, and so do those he starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _offline_with_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests, and the processes they start, off the network and the user's own files."""
    own = {
        "HF_HUB_OFFLINE": "1",
        "LC_ALL": "C.UTF-8",
        "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("settings")),
        # Tests of the other encoder, and of the choice between them, name it themselves.
        "EXCERPTA_ENCODER__MODEL": "english",
        "EXCERPTA_ENCODER__CACHE": str(tmp_path_factory.mktemp("encoders")),
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def encoder_cache(_offline_with_own_cache: None) -> Path:
    return Path(os.environ["EXCERPTA_ENCODER__CACHE"])


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> Encoder:
    """The real encoder, compiled once for the whole session."""
    return load("sentence-transformers/all-MiniLM-L6-v2", cache=encoder_cache)


@pytest.fixture(scope="session")
def multilingual(encoder_cache: Path) -> Encoder:
    """The encoder of many languages, compiled once for the whole session."""
    return load("multilingual", cache=encoder_cache)


@pytest.fixture(scope="session", params=["encoder", "multilingual"])
def each_encoder(request: pytest.FixtureRequest) -> Encoder:
    """Both encoders in turn, for what is promised with either."""
    encoder: Encoder = request.getfixturevalue(request.param)
    return encoder
