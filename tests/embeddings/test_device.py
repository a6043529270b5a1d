"""A device that torch cannot compute on is told in one line, whatever is loaded onto it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import EncoderError, load, load_reader, load_reranker, locate
from tests.embeddings import heads

# One that no machine has, one that has no numbers in it, and no device at all.
DEVICES = ("cuda:99", "meta", "gpu")


@pytest.mark.parametrize("device", DEVICES)
def test_an_encoder_on_a_device_that_is_not_there(
    tiny_model: Path, tmp_path: Path, device: str
) -> None:
    refuses(device, lambda: load(str(tiny_model), device=device, cache=tmp_path))


@pytest.mark.parametrize("device", DEVICES)
def test_a_reranker_and_a_reader_on_a_device_that_is_not_there(tmp_path: Path, device: str) -> None:
    reranker = locate(str(heads.reranker(tmp_path / "reranker")))
    reader = locate(str(heads.reader(tmp_path / "reader")))

    refuses(device, lambda: load_reranker(reranker, device))
    refuses(device, lambda: load_reader(reader, device))


def refuses(device: str, load_it: Callable[[], object]) -> None:
    message = f"^encoder.device = '{device}': torch .* here .*leave it out, or set it to cpu"
    with pytest.raises(EncoderError, match=message) as caught:
        load_it()
    assert "\n" not in str(caught.value)
