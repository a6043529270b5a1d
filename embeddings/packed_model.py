"""Packed models: BERT built from packed weights for OpenVINO, with its tokenizer for sentencepiece.

Neither torch nor the original tokenizer is needed. The words' vectors stay in four bits, so that a
vocabulary of 250,000 pieces takes 54 MB of memory instead of 384.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from embeddings.encoder import Batch, Forward
from embeddings.errors import NotCompilable
from embeddings.models import Card, Known, Model
from embeddings.packed_weights import PackedWeights
from embeddings.quantized import four_bits, keep_inputs
from embeddings.runtime import op, ov
from embeddings.tokenizing import PieceTokenizer

# What the first numbers of a vector are, as the engine that comes with the weights computes it.
_SAMPLE = "Where is the bridge? Де міст? 橋はどこですか。"
_EXPECTED = (0.0485, -0.0143, -0.0601, 0.0031, 0.0595, -0.0434, 0.0537, 0.0782)
_TOLERANCE = 0.01

# Fields of sentencepiece_model.proto, and the values of its enumerations.
_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3
_UNIGRAM = 1


class PackedModel:
    """A BERT model with mean pooling, whose weights are packed.

    Attributes:
        card: The facts that are needed to feed it.
        tokenizer: A model of sentencepiece.
    """

    def __init__(self, weights: PackedWeights, known: Known) -> None:
        self._weights = weights
        self._layers = known.layers
        self.card = Card(
            dim=weights.shape.dim,
            window=weights.shape.window,
            inputs=("input_ids", "attention_mask"),
            query_prompt=known.query_prompt,
            passage_prompt=known.passage_prompt,
        )
        self.tokenizer = _sentencepiece_model(weights)

    @classmethod
    def load(cls, model: Model) -> PackedModel:
        """Verify and read the weights.

        Raises:
            ModelRefused: They are damaged, or of another version.
        """
        model.verify()
        return cls(PackedWeights.open(model.weights), model.known)

    def graph(self, *, packs_products: bool) -> Any:  # noqa: ANN401 - an ov.Model
        """Build the model: token ids and their mask to unit vectors and token vectors.

        Args:
            packs_products: Whether the matrices of products stay in four bits, as those of words
                do, in place of floats.
        """
        return _Graph(self._weights, packs_products).build(self._layers)

    def check(self, compiled: Forward) -> None:
        """Compare what was compiled with what the model is known to compute.

        Raises:
            NotCompilable: It computes something else.
        """
        tokenizer = PieceTokenizer(self.tokenizer, self.card.window)
        batch = Batch.of(tokenizer.tokenize([_SAMPLE], self.card.query_prompt))
        vectors, _ = compiled.compute(batch)
        error = float(np.abs(vectors[0, : len(_EXPECTED)] - np.array(_EXPECTED)).max())
        if not error <= _TOLERANCE:
            raise NotCompilable(f"its vectors differ from the model's (by {error:.3f})")


class _Graph:
    """BERT (Devlin et al., NAACL 2019) in operations of OpenVINO."""

    def __init__(self, weights: PackedWeights, packs_products: bool) -> None:
        self._weights = weights
        self._packs_products = packs_products

    def build(self, layers: Sequence[float]) -> Any:  # noqa: ANN401
        shape = self._weights.shape
        ids = op.parameter([-1, -1], np.int64)
        mask = op.parameter([-1, -1], np.int64)
        present = op.convert(mask, "f32")
        tokens = self._embeddings(ids)
        # Padding is not attended to.
        bias = op.multiply(op.subtract(present, self._number(1)), self._number(10_000))
        bias = op.unsqueeze(bias, self._integers(1, 2))
        reached = []
        for layer in range(shape.layers):
            tokens = self._layer(tokens, bias, f"l{layer}")
            reached.append(tokens)
        weights = op.unsqueeze(present, self._integers(2))
        total = op.reduce_sum(op.multiply(tokens, weights), self._integers(1), keep_dims=False)
        vectors = op.normalize_l2(total, self._integers(1), 1e-12, "max")
        last = zip(reached[-len(layers) :], layers, strict=True)
        mixed = reduce(op.add, (op.multiply(one, self._number(share)) for one, share in last))
        model = ov.Model([vectors, mixed], [ids, mask])
        for port, name in zip(model.inputs, ("input_ids", "attention_mask"), strict=True):
            port.get_tensor().set_names({name})
        keep_inputs(model)
        return model

    def _embeddings(self, ids: Any) -> Any:  # noqa: ANN401
        shape = self._weights.shape
        matrix = self._packed("emb.word", shape.words, shape.dim)
        words = op.gather(matrix, ids, self._integers(0))
        places = self._weights.floats("emb.pos", shape.window, shape.dim)
        # All tokens are of the first of two types.
        places = places + self._weights.floats("emb.type", 2, shape.dim)[0]
        length = op.gather(op.shape_of(ids), self._integers(1), self._integers(0))
        zero, one = self._integers(0), self._integers(1)
        first = op.slice(op.constant(places), zero, length, one, zero)
        return self._normalized(op.add(words, first), "emb.ln")

    def _layer(self, tokens: Any, bias: Any, name: str) -> Any:  # noqa: ANN401
        shape = self._weights.shape

        def heads(of: str) -> Any:  # noqa: ANN401
            linear = self._linear(tokens, f"{name}.{of}", shape.dim, shape.dim)
            sizes = self._integers(0, 0, shape.heads, shape.dim // shape.heads)
            return op.transpose(
                op.reshape(linear, sizes, special_zero=True), self._integers(0, 2, 1, 3)
            )

        attended = op.scaled_dot_product_attention(heads("q"), heads("k"), heads("v"), bias)
        attended = op.transpose(attended, self._integers(0, 2, 1, 3))
        attended = op.reshape(attended, self._integers(0, 0, shape.dim), special_zero=True)
        attended = self._linear(attended, f"{name}.ao", shape.dim, shape.dim)
        tokens = self._normalized(op.add(tokens, attended), f"{name}.aln")
        inner = op.gelu(self._linear(tokens, f"{name}.fi", shape.inner, shape.dim), "erf")
        outer = self._linear(inner, f"{name}.fo", shape.dim, shape.inner)
        return self._normalized(op.add(tokens, outer), f"{name}.oln")

    def _linear(self, tokens: Any, name: str, rows: int, columns: int) -> Any:  # noqa: ANN401
        if self._packs_products:
            weights = self._packed(f"{name}.w", rows, columns)
        else:
            weights = op.constant(self._weights.matrix(f"{name}.w", rows, columns))
        product = op.matmul(tokens, weights, transpose_a=False, transpose_b=True)
        return op.add(product, op.constant(self._weights.floats(f"{name}.b", rows)))

    def _packed(self, name: str, rows: int, columns: int) -> Any:  # noqa: ANN401
        return four_bits(*self._weights.blocks(name, rows, columns))

    def _normalized(self, tokens: Any, name: str) -> Any:  # noqa: ANN401
        shape = self._weights.shape
        even = op.mvn(tokens, self._integers(-1), True, shape.epsilon, "inside_sqrt")
        scaled = op.multiply(even, op.constant(self._weights.floats(f"{name}.w", shape.dim)))
        return op.add(scaled, op.constant(self._weights.floats(f"{name}.b", shape.dim)))

    def _integers(self, *values: int) -> Any:  # noqa: ANN401
        return op.constant(np.array(values, dtype=np.int64))

    def _number(self, value: float) -> Any:  # noqa: ANN401
        return op.constant(np.float32(value))


def _sentencepiece_model(weights: PackedWeights) -> bytes:
    """Write the vocabulary as sentencepiece_model.proto has it, with the library's own NFKC."""
    from sentencepiece import SentencePieceNormalizer

    pieces = weights.pieces
    special = {pieces.bos: _CONTROL, pieces.eos: _CONTROL, pieces.pad: _CONTROL}
    special[pieces.unk] = _UNKNOWN
    # The last one is the mask of the training, which no text has.
    special[len(pieces.texts) - 1] = _CONTROL
    parts = []
    for number, (text, score) in enumerate(zip(pieces.texts, pieces.scores.tolist(), strict=True)):
        kind = _varint(3, special.get(number, _NORMAL))
        parts.append(_bytes(_PIECE, _bytes(1, text) + b"\x15" + struct.pack("<f", score) + kind))
    ids = ((40, pieces.unk), (41, pieces.bos), (42, pieces.eos), (43, pieces.pad))
    names = ((45, pieces.unk), (46, pieces.bos), (47, pieces.eos), (48, pieces.pad))
    trainer = [_varint(3, _UNIGRAM), *(_varint(field, number) for field, number in ids)]
    trainer += [_bytes(field, pieces.texts[number]) for field, number in names]
    parts.append(_bytes(_TRAINER, b"".join(trainer)))
    normalizer = SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_normalizer_spec()
    parts.append(_bytes(_NORMALIZER, normalizer))
    return b"".join(parts)


def _varint(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _number(field << 3 | 2) + _number(len(content)) + content


def _number(value: int) -> bytes:
    """Write a number as Protocol Buffers do: seven bits a byte, the last one below 128."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)
