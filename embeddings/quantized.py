"""Matrices in four or eight bits, which OpenVINO leaves so in memory while a model runs.

A matrix is kept as small integers, and a float16 scale for each group of a row's weights. OpenVINO
knows the operations that make floats of them again ("weight compression" in its documentation), and
does them block by block within a product, in place of once for the whole matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embeddings.runtime import op, ov

# So many weights of a row share a scale. By it .5 % of the signs of English token vectors change;
# with 128 it would be .7 %, and with one scale for a whole row 1.0 %.
_GROUP = 32
_ROUNDING = ["runtime_options", "DYNAMIC_QUANTIZATION_GROUP_SIZE"]
# Smaller matrices are left as they are.
_LEAST_ROWS = 128
_MOST = 127


def four_bits(nibbles: NDArray[np.uint8], scales: NDArray[np.float16]) -> ov.Node:
    """Return a constant matrix, of which each weight is (nibble - 8) * scale.

    Args:
        nibbles: (rows, groups, weights of a group), from 0 to 15.
        scales: (rows, groups).

    Returns:
        An operation that gives (rows, columns) float32.
    """
    flat = nibbles.reshape(-1)
    # OpenVINO wants the first of two in the lower half of a byte.
    packed: NDArray[np.uint8] = flat[::2] | np.left_shift(flat[1::2], 4, dtype=np.uint8)
    levels = op.subtract(
        op.convert(_four_bit_constant(packed, nibbles.shape), "f16"),
        op.convert(_four_bit_constant(np.array([8], np.uint8), (1, 1, 1)), "f16"),
    )
    return _scaled(levels, scales)


def _four_bit_constant(packed: NDArray[np.uint8], shape: tuple[int, ...]) -> ov.Node:
    tensor = ov.Tensor(ov.Type.u4, ov.Shape(shape))
    tensor.data[:] = packed.reshape(tensor.data.shape)
    return op.constant(tensor)


def keep_inputs(model: ov.Model) -> None:
    """Say in a model that what its packed matrices are multiplied with is never rounded."""
    model.set_rt_info("0", _ROUNDING)


def round_matrices(model: ov.Model) -> None:
    """Round the matrices of a model to eight bits, each group of weights scaled by its greatest.

    Where a processor multiplies bytes, what goes into a product is rounded in the same groups.
    """
    model.set_rt_info(str(_GROUP), _ROUNDING)
    for constant in model.get_ops():
        shape = tuple(constant.get_output_shape(0)) if _is_matrix(constant) else (0, 0)
        if min(shape) < _LEAST_ROWS:
            continue
        rows, columns = shape
        group = _GROUP if columns % _GROUP == 0 else columns
        weights = constant.data.astype(np.float32).reshape(rows, columns // group, group)
        greatest = np.abs(weights).max(axis=2)
        scales = np.maximum(greatest / _MOST, np.finfo(np.float16).tiny).astype(np.float16)
        levels = np.rint(weights / scales[:, :, None].astype(np.float32)).clip(-_MOST, _MOST)
        rounded = _scaled(op.convert(op.constant(levels.astype(np.int8)), "f16"), scales)
        for target in constant.output(0).get_target_inputs():
            target.replace_source_output(rounded.output(0))


def _is_matrix(node: ov.Node) -> bool:
    return (
        node.get_type_name() == "Constant"
        and len(node.get_output_shape(0)) == 2
        and node.get_output_element_type(0) in (ov.Type.f32, ov.Type.f16)
    )


def _scaled(levels: ov.Node, scales: NDArray[np.float16]) -> ov.Node:
    rows, groups, size = levels.get_output_shape(0)
    shape = op.constant(np.array([rows, groups * size], dtype=np.int64))
    scaled = op.multiply(levels, op.constant(np.ascontiguousarray(scales[:, :, None])))
    return op.convert(op.reshape(scaled, shape, special_zero=False), "f32")
