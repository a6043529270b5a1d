"""What the multilingual encoder's vectors have in common, from sentences in thirty languages.

python -m tests.embeddings.centre
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

import embeddings
from embeddings import locate
from embeddings.encoder import Batch
from embeddings.openvino_model import read, write_packed
from embeddings.packed_model import PackedModel

Vectors = NDArray[np.float32]
_FOLDER = Path(embeddings.__file__).parent
CENTRE, LANGUAGES = _FOLDER / "multilingual_centre.npy", _FOLDER / "multilingual_languages.npz"


def sentences() -> list[tuple[str, str]]:
    """Return the language and the text of each sentence."""
    written = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8")
    pairs = [line.split("\t") for line in written.splitlines()]
    return [(language, text) for language, text in pairs]


def measure() -> tuple[Vectors, dict[str, Vectors]]:
    """Encode all sentences.

    Returns:
        The mean of all token vectors; of each language, the mean of its vectors less that of all
        languages' means; (dim,) each.
    """
    with TemporaryDirectory() as root:
        folder = Path(root) / "model"
        write_packed(PackedModel.load(locate("multilingual")), folder)
        found = read(folder)
    assert found is not None
    card, tokenizer, forward = found
    tokens: list[Vectors] = []
    vectors: dict[str, list[Vectors]] = {}
    for language, sentence in sentences():
        (text,) = tokenizer.tokenize([sentence], card.passage_prompt)
        (vector,), (own,) = forward.compute(Batch.of([text]))
        tokens.append(own[text.content])
        vectors.setdefault(language, []).append(vector)
    means = {language: np.mean(some, axis=0) for language, some in vectors.items()}
    whole = np.mean(list(means.values()), axis=0)
    return np.concatenate(tokens).mean(axis=0), {one: mean - whole for one, mean in means.items()}


if __name__ == "__main__":
    centre, languages = measure()
    np.save(CENTRE, centre.astype(np.float16))
    halves: dict[str, Any] = {one: mean.astype(np.float16) for one, mean in languages.items()}
    np.savez(LANGUAGES, **halves)
    print(CENTRE, LANGUAGES)
