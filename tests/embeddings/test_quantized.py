"""Matrices in few bits: what comes out of a product with them, and what is left as it was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.quantized import four_bits, round_matrices
from embeddings.runtime import op, ov

RANDOM = np.random.default_rng(1)


def computed(model: ov.Model, given: NDArray[np.generic]) -> NDArray[np.float32]:
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.asarray(compiled(given)[0])


def product(matrix: ov.Node, columns: int) -> ov.Model:
    rows = op.parameter([-1, columns], np.float32)
    return ov.Model([op.matmul(rows, matrix, transpose_a=False, transpose_b=True)], [rows])


def lookup(matrix: ov.Node) -> ov.Model:
    ids = op.parameter([-1], np.int64)
    return ov.Model([op.gather(matrix, ids, op.constant(np.int64(0)))], [ids])


def test_four_bits_are_the_weights_that_they_stand_for() -> None:
    nibbles = RANDOM.integers(0, 16, (160, 3, 32), dtype=np.uint8)
    scales = RANDOM.uniform(0.01, 0.1, (160, 3)).astype(np.float16)
    weights = (nibbles.astype(np.float32) - 8) * scales[:, :, None].astype(np.float32)
    weights = weights.reshape(160, 96)
    given = RANDOM.normal(size=(5, 96)).astype(np.float32)

    multiplied = computed(product(four_bits(nibbles, scales), 96), given)
    looked_up = computed(lookup(four_bits(nibbles, scales)), np.array([159, 0, 7]))

    assert np.allclose(multiplied, given @ weights.T, atol=1e-4)
    assert np.allclose(looked_up, weights[[159, 0, 7]])


@pytest.mark.parametrize("columns", [384, 200], ids=["groups", "a whole row as a group"])
def test_a_weight_is_rounded_by_less_than_a_hundredth_of_the_greatest_in_its_group(
    columns: int,
) -> None:
    weights = RANDOM.normal(size=(256, columns)).astype(np.float32)
    weights[3] *= 100
    model = lookup(op.constant(weights))

    round_matrices(model)
    found = computed(model, np.arange(256))

    group = 32 if columns % 32 == 0 else columns
    apart = np.abs(found - weights).reshape(256, -1, group).max(axis=2)
    greatest = np.abs(weights).reshape(256, -1, group).max(axis=2)
    assert (apart > 0).all()
    assert (apart < greatest / 100).all()
    kinds = {str(node.get_output_element_type(0)) for node in model.get_ops()}
    assert "<Type: 'int8_t'>" in kinds


def test_rows_of_zeros_stay_zero() -> None:
    weights = np.zeros((256, 128), dtype=np.float32)
    weights[1] = 1
    model = lookup(op.constant(weights))
    round_matrices(model)
    assert np.allclose(computed(model, np.arange(256)), weights, atol=1e-3)


def test_small_matrices_and_vectors_are_left() -> None:
    weights = RANDOM.normal(size=(16, 128)).astype(np.float32)
    model = lookup(op.constant(weights))
    round_matrices(model)
    assert (computed(model, np.arange(16)) == weights).all()
