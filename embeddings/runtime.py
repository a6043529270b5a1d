"""OpenVINO, imported so that it reports to nobody, and several threads may read its tensors."""

from __future__ import annotations

import sys

# Importing openvino sends an event to an analytics service unless its telemetry package is missing
# (openvino/tools/ovc/__init__.py of 2026.4). Without the package it falls back on a stub.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
import openvino as ov  # noqa: E402
from openvino import opset15 as op  # noqa: E402

__all__ = ["op", "ov"]

# The first use of a tensor as an array sets up pybind11's view of NumPy. Two threads that do so at
# the same time wait for each other for ever (openvino 2026.4), so it is done once here.
ov.Tensor(ov.Type.i64, ov.Shape([1])).data  # noqa: B018
