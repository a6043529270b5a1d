"""The default model: its encoder against plain sentence-transformers, on real text."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from embeddings import Encoder, load, locate
from embeddings.encoder import EncodedPassage, EncodedQuery
from tests.embeddings import tiny
from tests.paths import SEEDS

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
ARTICLES = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.md"))]
SCRIPTS = [
    "Мінні поля проривають уночі, під прикриттям диму.",
    "Где начинается минное поле и кто его охраняет?",
    "كيف تُخترق حقول الألغام؟",
    "地雷原はどのように突破されるのか。",
    "지뢰밭은 어떻게 돌파하는가",
    "Πώς διασπώνται τα ναρκοπέδια; ΟΔΥΣΣΕΥΣ",
    "बारूदी सुरंगें कहाँ हैं?",
    "İstanbul'da naïve café, ﬁne ½ Ⅷ",
    "🚜💥🛰️ mines 👩‍🚒 everywhere",
    "[SEP] a text that names [CLS] special tokens [PAD]",
]
# One word to five times the window, cut anywhere.
LENGTHS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 190, 220, 377, 1000)
TEXTS = SCRIPTS + [
    " ".join(ARTICLES[n % len(ARTICLES)].split()[7 * n : 7 * n + length])
    for n, length in enumerate(LENGTHS)
]
BLANK = ("", " ", "\n\t \u00a0\n")


@pytest.fixture(scope="module")
def plain() -> SentenceTransformer:
    return tiny.reference(locate(MODEL).folder)


@pytest.fixture(scope="module")
def by_torch() -> Encoder:
    return load(MODEL, backend="torch")


@pytest.fixture(scope="module", params=["openvino", "torch"])
def either(request: pytest.FixtureRequest, encoder: Encoder, by_torch: Encoder) -> Encoder:
    return encoder if request.param == "openvino" else by_torch


@pytest.fixture(scope="module")
def encoded(either: Encoder) -> tuple[list[EncodedQuery], list[EncodedPassage]]:
    """What either makes of each text, as a question and as a passage."""
    return [either.encode_query(text) for text in TEXTS], either.encode_passages(TEXTS)


@pytest.fixture(scope="module")
def outputs(plain: SentenceTransformer) -> list[dict[str, torch.Tensor]]:
    """What sentence-transformers makes of each text: a vector, and those of its tokens."""
    # Declared to return one dictionary, whatever it is given.
    found: Any = plain.encode(TEXTS, output_value=None)
    return list(found)


def test_vectors_are_those_of_sentence_transformers(
    either: Encoder,
    encoded: tuple[list[EncodedQuery], list[EncodedPassage]],
    outputs: list[dict[str, torch.Tensor]],
) -> None:
    expected = np.stack([output["sentence_embedding"].numpy() for output in outputs])
    for some in encoded:
        found = [one.vector for one in some]
        assert tiny.cosines(found, expected).min() >= 0.999
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert {vector.dtype for vector in found} == {np.dtype(np.float32)}
    assert either.dim == expected.shape[1] == 384


def test_token_vectors_are_those_of_sentence_transformers(
    encoded: tuple[list[EncodedQuery], list[EncodedPassage]],
    outputs: list[dict[str, torch.Tensor]],
) -> None:
    same, total = 0, 0
    for query, passage, output in zip(*encoded, outputs, strict=True):
        length = int(output["attention_mask"].sum())
        # Without the special tokens at both ends.
        expected = output["token_embeddings"].numpy()[1 : length - 1]
        assert query.tokens.shape == expected.shape
        assert tiny.cosines(list(query.tokens), expected).min() >= 0.99
        np.testing.assert_allclose(np.linalg.norm(query.tokens, axis=1), 1, atol=1e-5)
        codes = np.packbits(expected > 0, axis=1)
        assert passage.codes.shape == codes.shape == (len(query.spans), 48)
        assert passage.codes.dtype == np.uint8
        np.testing.assert_array_equal(passage.starts, query.spans[:, 0])
        same += int((np.unpackbits(passage.codes) == np.unpackbits(codes)).sum())
        total += codes.size * 8
    assert same / total >= 0.99


def test_spans_slice_the_text_to_the_token(encoder: Encoder, plain: SentenceTransformer) -> None:
    tokenizer = plain.tokenizer
    english = [text for text in TEXTS if text.isascii() and "[" not in text]
    assert len(english) > 8
    for text in english:
        pieces = tokenizer.tokenize(text)[: encoder.max_tokens]
        spans = encoder.encode_query(text).spans
        assert spans.dtype == np.int32
        found = [text[start:end].lower() for start, end in spans]
        assert found == [piece.removeprefix("##") for piece in pieces]


def test_spans_count_characters_of_any_script(encoder: Encoder) -> None:
    text = "🚜🚜 Минное поле, naïve café."
    spans = encoder.encode_query(text).spans
    words = {"Минное": (3, 9), "поле": (10, 14), "naïve": (16, 21), "café": (22, 26)}
    for start, end in words.values():
        inside = [span for span in spans.tolist() if start <= span[0] < end]
        assert inside[0][0] == start
        assert inside[-1][1] == end
        assert all(a < b for a, b in inside)


def test_passages_come_in_the_order_given(encoder: Encoder) -> None:
    alone = [encoder.encode_passages([text])[0] for text in TEXTS]
    for order in (range(len(TEXTS)), range(len(TEXTS) - 1, -1, -1)):
        together = encoder.encode_passages([TEXTS[n] for n in order])
        for n, passage in zip(order, together, strict=True):
            assert tiny.cosines([passage.vector], [alone[n].vector]) >= 0.9999
            np.testing.assert_array_equal(passage.starts, alone[n].starts)


def test_no_passages(either: Encoder) -> None:
    assert either.encode_passages([]) == []
    assert either.count_tokens([]) == []


@pytest.mark.parametrize("text", BLANK)
def test_a_text_without_tokens_is_zeros(either: Encoder, text: str) -> None:
    query = either.encode_query(text)
    passage, beside = either.encode_passages([text, "Mines."])
    for vector in (query.vector, passage.vector):
        np.testing.assert_array_equal(vector, np.zeros(384, dtype=np.float32))
    assert (query.tokens.shape, query.spans.shape) == ((0, 384), (0, 2))
    assert (passage.codes.shape, passage.starts.shape) == ((0, 48), (0,))
    assert beside.vector.any()
    assert either.count_tokens([text]) == [0]


def test_emoji_alone_are_a_text(encoder: Encoder, plain: SentenceTransformer) -> None:
    text = "👩‍🚒🛰️💥"
    query = encoder.encode_query(text)
    assert tiny.cosines([query.vector], plain.encode([text])) >= 0.999
    assert len(query.tokens) == len(query.spans) == encoder.count_tokens([text])[0] > 0


@pytest.mark.parametrize("unit", ["x", "word ", "мина ", "🚜"])
def test_a_hundred_thousand_characters_are_cut(
    encoder: Encoder, plain: SentenceTransformer, unit: str
) -> None:
    text = (unit * 100_000)[:100_000]
    (passage,) = encoder.encode_passages([text])
    query = encoder.encode_query(text)
    assert len(query.tokens) == len(passage.codes) <= encoder.max_tokens
    assert tiny.cosines([query.vector, passage.vector], plain.encode([text, text])).min() >= 0.999


def test_threads_do_not_disturb_each_other(encoder: Encoder) -> None:
    texts = TEXTS * 4
    alone = [encoder.encode_query(text) for text in TEXTS] * 4
    with ThreadPoolExecutor(8) as pool:
        passages = pool.submit(encoder.encode_passages, TEXTS)
        together = list(pool.map(encoder.encode_query, texts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.vector, other.vector, atol=1e-5)
        np.testing.assert_allclose(one.tokens, other.tokens, atol=1e-5)
        np.testing.assert_array_equal(one.spans, other.spans)
    expected = [query.vector for query in alone[: len(TEXTS)]]
    found = [passage.vector for passage in passages.result()]
    assert tiny.cosines(found, np.stack(expected)).min() >= 0.9999


def test_a_text_of_max_tokens_is_not_cut(either: Encoder) -> None:
    assert either.max_tokens == 254
    full = "mine " * (either.max_tokens - 1) + "bridge"
    over = f"{full} tank"
    assert either.count_tokens([full, over]) == [254, 255]
    for text in (full, over):
        spans = either.encode_query(text).spans
        assert len(spans) == 254
        assert text[slice(*spans[-1])] == "bridge"
    same = [either.encode_query(text).vector for text in (full, over)]
    np.testing.assert_allclose(same[0], same[1], atol=1e-6)
    # The last token that fits is read.
    less = either.encode_query(full.removesuffix(" bridge")).vector
    assert tiny.cosines([less], [same[0]]) < 0.9999


def test_count_tokens_counts_what_the_tokenizer_counts(
    encoder: Encoder, plain: SentenceTransformer
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = [len(plain.tokenizer.tokenize(text)) for text in TEXTS]
    assert encoder.count_tokens(TEXTS) == expected
    assert max(expected) > 254


def test_backends_share_an_index(encoder: Encoder, by_torch: Encoder) -> None:
    assert encoder.fingerprint == by_torch.fingerprint
    assert encoder.name == by_torch.name == MODEL
