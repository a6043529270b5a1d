"""The device that torch computes on."""

from __future__ import annotations

import warnings

import torch

from embeddings.errors import DeviceRefused


def check_device(name: str) -> None:
    """Try a device before a model is loaded onto it.

    Args:
        name: The name of a device, as torch knows it.

    Raises:
        DeviceRefused: Torch has no such device, or cannot compute on it here.
    """
    if name == "cpu":
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.ones(1, device=name).add(1).cpu()
    except Exception as exc:  # each kind of device raises errors of its own
        reason = next(iter(str(exc).strip().splitlines()), type(exc).__name__)
        raise DeviceRefused(
            f"encoder.device = {name!r}: torch {torch.__version__} cannot compute on it here "
            f"({reason.rstrip('.')}); leave it out, or set it to cpu, or install a build of torch "
            "for this device"
        ) from exc
