"""What a process loads, and whom it calls, to encode a question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embeddings import Encoder
from tests.paths import ROOT

HEAVY = {"torch", "transformers", "sentence_transformers", "openvino_telemetry", "sklearn"}
# The hook comes before all imports of ours: openvino calls home, if at all, when it is imported.
CODE = """
import json, sys
calls = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        calls.append(f"{event} {args!r}")
sys.addaudithook(hook)
from pathlib import Path
from embeddings import load
told = []
encoder = load(sys.argv[1], cache=Path(sys.argv[2]), announce=told.append)
encoder.encode_query("Where does the minefield begin?")
encoder.encode_passages(["Behind the ditch."])
loaded = sorted(name for name, module in sys.modules.items() if module is not None)
print(json.dumps({"calls": calls, "told": told, "loaded": loaded}))
"""


def encode(model: str, cache: Path) -> dict[str, Any]:
    # Whoever sets nothing must be as safe as the tests are.
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, model, str(cache)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_compiled_encoder_needs_no_torch_and_calls_nobody(
    encoder: Encoder, encoder_cache: Path
) -> None:
    found = encode(encoder.name, encoder_cache)
    assert found["told"] == []
    assert HEAVY.isdisjoint(found["loaded"])
    assert {"openvino", "tokenizers"} <= set(found["loaded"])
    assert found["calls"] == []


@pytest.mark.slow
def test_compiling_calls_nobody(tiny_model: Path, tmp_path: Path) -> None:
    found = encode(str(tiny_model), tmp_path)
    assert found["told"] == ["compiling the encoder (once, about 20 seconds)"]
    assert "torch" in found["loaded"]
    assert "openvino_telemetry" not in found["loaded"]
    assert found["calls"] == []


def test_the_multilingual_encoder_starts_light_the_first_time_too(tmp_path: Path) -> None:
    found = encode("multilingual", tmp_path)
    assert found["told"] == ["compiling the encoder (once, a few seconds)"]
    assert HEAVY.isdisjoint(found["loaded"])
    assert "tokenizers" not in found["loaded"]
    assert found["calls"] == []


def test_the_hook_hears_a_call() -> None:
    """Or the tests above would pass with a hook that hears nothing."""
    code = CODE.split("from pathlib")[0] + (
        "import socket; s = socket.socket()\n"
        "s.bind(('127.0.0.1', 0)); s.listen()\n"
        "socket.create_connection(s.getsockname()).close()\n"
        "print(json.dumps([call.split()[0] for call in calls]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["socket.getaddrinfo", "socket.connect"]
