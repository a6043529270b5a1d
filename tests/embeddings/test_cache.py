"""Compiled models on disk: whatever happens to them, vectors stay right."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings import Encoder, EncoderError, load
from embeddings.openvino_model import read
from tests.embeddings import tiny
from tests.paths import ROOT
from tests.retrieval.processes import run
from tests.rights import without_roots_rights

ANNOUNCED = ["compiling the encoder (once, about 20 seconds)"]


@dataclass(frozen=True)
class Cached:
    """A compiled model of a test's own."""

    model: Path
    cache: Path

    @property
    def folder(self) -> Path:
        (folder,) = (path for path in self.cache.iterdir() if not path.name.startswith("."))
        return folder

    def load(self) -> tuple[Encoder, list[str]]:
        told: list[str] = []
        encoder = load(str(self.model), backend="openvino", cache=self.cache, announce=told.append)
        return encoder, told


@pytest.fixture(scope="module")
def expected(tiny_model: Path) -> NDArray[np.float32]:
    return np.asarray(tiny.reference(tiny_model).encode(tiny.TEXTS))


@pytest.fixture(scope="module")
def compiled(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Cached:
    cached = Cached(tiny_model, tmp_path_factory.mktemp("compiled"))
    _, told = cached.load()
    assert told == ANNOUNCED
    return cached


@pytest.fixture
def cached(compiled: Cached, tmp_path: Path) -> Cached:
    return Cached(compiled.model, shutil.copytree(compiled.cache, tmp_path / "cache"))


def right(encoder: Encoder, expected: NDArray[np.float32]) -> bool:
    queries = [encoder.encode_query(text).vector for text in tiny.TEXTS]
    passages = [passage.vector for passage in encoder.encode_passages(tiny.TEXTS)]
    return all(tiny.cosines(found, expected).min() >= 0.999 for found in (queries, passages))


@pytest.mark.slow
def test_weights_that_are_cut_off_end_nobody_who_uses_them(
    cached: Cached, expected: NDArray[np.float32]
) -> None:
    code = """
import os, sys
from pathlib import Path
from embeddings import load
from tests.embeddings import tiny

model, cache, weights = sys.argv[1:]
encoder = load(model, backend="openvino", cache=Path(cache), announce=print)
os.truncate(weights, 0)
assert "model.bin" not in Path("/proc/self/maps").read_text()
print(*encoder.encode_query(tiny.TEXTS[0]).vector.tolist())
"""

    done = run(code, cached.model, cached.cache, cached.folder / "model.bin")

    assert done.returncode == 0, done.stderr
    found = np.array([float(number) for number in done.stdout.split()], dtype=np.float32)
    assert tiny.cosines([found], expected[:1]).min() >= 0.999


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def reformat(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | {"format": 0}), encoding="utf-8")


def empty(path: Path) -> None:
    path.write_text('{"format": 1, "card": {}}', encoding="utf-8")


def reshape(path: Path) -> None:
    path.write_text("[]", encoding="utf-8")


@pytest.mark.slow
def test_a_whole_cache_is_used(
    cached: Cached, expected: NDArray[np.float32], caplog: pytest.LogCaptureFixture
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in cached.folder.iterdir()}
    encoder, told = cached.load()
    assert told == []
    assert not caplog.records
    assert right(encoder, expected)
    assert {path.name: path.stat().st_mtime_ns for path in cached.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        pytest.param("model.bin", flip, marks=pytest.mark.slow, id="a flipped bit in the weights"),
        pytest.param("model.xml", Path.unlink, marks=pytest.mark.slow, id="no graph"),
        pytest.param(
            "tokenizer.json", flip, marks=pytest.mark.slow, id="a flipped bit in the tokenizer"
        ),
        pytest.param("card.json", truncate, marks=pytest.mark.slow, id="truncated card"),
        pytest.param("card.json", empty, marks=pytest.mark.slow, id="an empty card"),
        # Each compiles again; these are told as one of the others is.
        pytest.param("model.bin", truncate, marks=pytest.mark.long, id="truncated weights"),
        pytest.param("model.bin", Path.unlink, marks=pytest.mark.long, id="no weights"),
        pytest.param("model.xml", truncate, marks=pytest.mark.long, id="truncated graph"),
        pytest.param("model.xml", flip, marks=pytest.mark.long, id="a flipped bit in the graph"),
        pytest.param("tokenizer.json", Path.unlink, marks=pytest.mark.long, id="no tokenizer"),
        pytest.param("card.json", reshape, marks=pytest.mark.long, id="a card of another shape"),
        pytest.param("card.json", reformat, marks=pytest.mark.long, id="a card of another format"),
        pytest.param("card.json", Path.unlink, marks=pytest.mark.long, id="no card"),
    ],
)
def test_damage_is_mended(
    cached: Cached,
    expected: NDArray[np.float32],
    caplog: pytest.LogCaptureFixture,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    damage(cached.folder / name)
    encoder, told = cached.load()
    assert told == ANNOUNCED
    (record,) = (r for r in caplog.records if r.levelno >= logging.WARNING)
    assert str(cached.folder) in record.getMessage()
    assert record.getMessage().startswith("compiling again")
    assert right(encoder, expected)
    assert [path for path in cached.cache.iterdir() if path != cached.folder] == []

    encoder, told = cached.load()
    assert told == []
    assert right(encoder, expected)


@pytest.mark.slow
@pytest.mark.parametrize("there", ["a file", "an empty folder"])
def test_what_is_no_cache_is_replaced(
    cached: Cached, expected: NDArray[np.float32], there: str
) -> None:
    folder = cached.folder
    shutil.rmtree(folder)
    folder.touch() if there == "a file" else folder.mkdir()

    encoder, told = cached.load()

    assert told == ANNOUNCED
    assert right(encoder, expected)
    assert cached.load()[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0, 0o500])
def test_damage_that_cannot_be_deleted_is_told(mode: int) -> None:
    # Not in tmp_path, whose parents are closed to the user that root becomes here.
    with TemporaryDirectory() as root, without_roots_rights(Path(root)):
        folder = Path(root) / "encoder"
        folder.mkdir()
        (folder / "card.json").write_text("{}", encoding="utf-8")
        folder.chmod(mode)
        with pytest.raises(EncoderError, match=r"can neither be used nor deleted \(.*; delete it"):
            read(folder)
        folder.chmod(0o700)


FULL = """
import resource, sys
from pathlib import Path
from embeddings import EncoderError, load

resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
try:
    load(sys.argv[1], cache=Path(sys.argv[2]))
except EncoderError as fault:
    print(fault)
"""


@pytest.mark.slow
def test_a_full_disk_is_told(tiny_model: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tiny_model), str(tmp_path / "cache")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )

    assert done.stdout.startswith("the compiled encoder cannot be kept in ")
    assert "; set encoder.cache to" in done.stdout
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.slow
def test_a_draft_left_by_a_killed_process_does_no_harm(
    tiny_model: Path, compiled: Cached, tmp_path: Path, expected: NDArray[np.float32]
) -> None:
    """Killed in the middle of writing: a draft, and nothing under the model's own name."""
    draft = shutil.copytree(compiled.folder, tmp_path / "cache" / ".draft-killed")
    truncate(draft / "model.bin")
    (draft / "card.json").unlink()
    old = shutil.copytree(draft, draft.with_name(".draft-old"))
    long_ago = time.time() - 4000
    os.utime(old, (long_ago, long_ago))
    cached = Cached(tiny_model, tmp_path / "cache")
    encoder, told = cached.load()
    assert told == ANNOUNCED
    assert right(encoder, expected)
    # The process of one may be at work, an old one is swept away.
    assert {path.name for path in cached.cache.iterdir()} == {draft.name, cached.folder.name}


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["file", "file/below"])
def test_a_cache_that_cannot_be_written(tiny_model: Path, tmp_path: Path, cache: str) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"cannot be kept in .*file.*; set encoder.cache to"):
        load(str(tiny_model), cache=tmp_path / cache)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"


@pytest.mark.slow
def test_processes_that_compile_at_the_same_time(
    tiny_model: Path, tmp_path: Path, expected: NDArray[np.float32]
) -> None:
    cache = tmp_path / "cache"
    code = (
        "import sys; from pathlib import Path; from embeddings import load;"
        "load(sys.argv[1], backend='openvino', cache=Path(sys.argv[2]), announce=print)"
        ".encode_query('ready')"
    )
    command = [sys.executable, "-c", code, str(tiny_model), str(cache)]
    root = ROOT
    started = [
        subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in started:
        output, errors = process.communicate(timeout=100)
        assert (process.returncode, output.split("\n")) == (0, [*ANNOUNCED, ""]), errors
        assert "compiling again" not in errors
    encoder, told = Cached(tiny_model, cache).load()
    assert told == []
    assert right(encoder, expected)
    assert len(list(cache.iterdir())) == 1
