"""The centre of the multilingual encoder's token vectors, made of sentences in thirty languages.

python -m tests.embeddings.centre
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

import embeddings
from embeddings import locate
from embeddings.encoder import Batch
from embeddings.openvino_model import read, write_packed
from embeddings.packed_model import PackedModel

WRITTEN = Path(__file__).with_name("sentences.txt")
FILE = Path(embeddings.__file__).with_name("multilingual_centre.npy")


def centre() -> NDArray[np.float32]:
    """Return the mean of the token vectors of all sentences, (token_dim,)."""
    with TemporaryDirectory() as root:
        folder = Path(root) / "model"
        write_packed(PackedModel.load(locate("multilingual")), folder)
        found = read(folder)
    assert found is not None
    card, tokenizer, forward = found
    sentences = WRITTEN.read_text(encoding="utf-8").splitlines()
    vectors = []
    for text in tokenizer.tokenize(sentences, card.passage_prompt):
        _, tokens = forward.compute(Batch.of([text]))
        vectors.append(tokens[0, text.content])
    return np.asarray(np.concatenate(vectors).mean(axis=0), dtype=np.float32)


if __name__ == "__main__":
    np.save(FILE, centre().astype(np.float16))
    print(FILE)
