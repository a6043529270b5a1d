from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from embeddings import Encoder
from tests.libraries import loaded
from tests.paths import SEEDS

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

# A deadline is an asserted duration, which on a busy machine fails by chance.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


# As the program does: nearly all objects that are made while modules are imported stay.
gc.set_threshold(20_000)

# Two processes share the tests and the processors: threads of torch that wait for each other, as
# they do without a pause, would take from the other's.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Else each of the hundreds of programs that tests start compiles our sources anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure() -> None:
    # Who is started in the background of a script ignores Ctrl-C, and so do those he starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process has one left at the end.

    These are the files with tests that are slow, and then those of few tests: where a file has
    hundreds, each is a matter of milliseconds.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        tests = Counter(item.path for item in items)
        slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: (-slow[item.path], tests[item.path]))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let no collection of garbage look through thousands of tests and what they import again."""
    gc.collect()
    gc.freeze()


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all processes that run these tests."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _offline_with_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests, and the processes they start, off the network and the user's own files."""
    own = {
        "HF_HUB_OFFLINE": "1",
        "LC_ALL": "C.UTF-8",
        "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("settings")),
        # Tests of the other encoder, and of the choice between them, name it themselves.
        "EXCERPTA_ENCODER__MODEL": "english",
        "EXCERPTA_ENCODER__CACHE": str(_shared(tmp_path_factory) / "encoders"),
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
    """Where encoders are compiled to."""
    return Path(os.environ["EXCERPTA_ENCODER__CACHE"])


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> Encoder:
    """The real encoder, compiled once for the whole session."""
    return loaded("english", encoder_cache)


@pytest.fixture(scope="session")
def multilingual(encoder_cache: Path) -> Encoder:
    """The encoder of many languages, compiled once for the whole session."""
    return loaded("multilingual", encoder_cache)


def _index_of_seeds(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """Index the articles that ship, if no other process that runs these tests has done so."""
    place = _shared(tmp_path_factory) / f"seeds-{Path(encoder.name).name}"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            made = tmp_path_factory.mktemp("seeds") / "index"
            arguments = ["refresh", "--articles", str(SEEDS), "--index", str(made)]
            subprocess.run(
                [sys.executable, "-P", "-m", "bot", *arguments],
                env={**os.environ, "EXCERPTA_ENCODER__MODEL": encoder.name},
                check=True,
            )
            made.rename(place)
    return place


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """The index of the articles that ship, made once by `excerpta refresh`; tests copy it."""
    return _index_of_seeds(tmp_path_factory, encoder)


@pytest.fixture(scope="session", params=["encoder", "multilingual"])
def each_encoder(request: pytest.FixtureRequest) -> Encoder:
    """Both encoders in turn, for what is promised with either."""
    encoder: Encoder = request.getfixturevalue(request.param)
    return encoder


@pytest.fixture(scope="session")
def each_seeds_index(tmp_path_factory: pytest.TempPathFactory, each_encoder: Encoder) -> Path:
    """The index of the articles that ship by both encoders in turn."""
    return _index_of_seeds(tmp_path_factory, each_encoder)
