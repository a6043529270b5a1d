"""What is wrong with layers of settings, in words that hold no secret."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from config.errors import exposed, unknown
from config.layers import Layer, Schema
from config.tokens import is_private


def misfits(layer: Layer, schema: Schema) -> Iterator[str]:
    """Find names that do not exist, sections that are no tables, secrets that others may read."""
    known = [*schema, *(f"{section}.{key}" for section, keys in schema.items() for key in keys)]
    for section, values in layer.values.items():
        if section not in schema:
            yield f"{section} in {layer.origin}: {unknown('section', section, known)}"
        elif not isinstance(values, Mapping):
            yield f"{section} in {layer.origin}: found no table, wanted the keys of a section"
        else:
            for key in values:
                name = f"{section}.{key}"
                if key not in schema[section]:
                    yield f"{name} in {layer.origin}: {unknown('key', name, known)}"
                elif _is_secret(schema[section][key]) and not is_private(layer.mode):
                    yield f"{name} in {layer.origin}: {exposed(layer.origin, layer.mode)}"


def violations(error: ValidationError, layers: Sequence[Layer], schema: Schema) -> Iterator[str]:
    """Word what pydantic found wrong with the merged layers; the first layer is on top."""
    for fault in error.errors(include_url=False, include_context=False):
        section, key = map(str, fault["loc"][:2])
        origin = next(layer.origin for layer in layers if key in layer.values.get(section, {}))
        secret = _is_secret(schema[section][key])
        found = "a value that is not shown" if secret else reprlib.repr(fault["input"])
        wanted = fault["msg"].removeprefix("Value error, ")
        yield f"{section}.{key}: found {found} in {origin}, {wanted[0].lower()}{wanted[1:]}"


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))
