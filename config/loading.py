"""Loading of settings from layers: arguments over environment over a file over the user's file.

The fault of a value names the layer that it comes from, such as `excerpta.toml` or
`EXCERPTA_SEARCH__EXCERPTS`, and shows no secret.
"""

from __future__ import annotations

import os
import reprlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any, TypeVar, cast, get_args

import platformdirs
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from config.errors import SettingsError, exposed, unknown
from config.values import WANTED

LOCAL_FILE = Path("excerpta.toml")
_PREFIX = "EXCERPTA_"

Schema = Mapping[str, Mapping[str, FieldInfo]]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one origin.

    Attributes:
        origin: The path of a file, the name of an environment variable, or "the arguments".
        values: The keys by section; neither names nor types are checked yet.
        mode: The permission bits of a file, 0 for other origins.
    """

    origin: str
    values: Mapping[str, Any]
    mode: int = 0


def load(
    model: type[Model],
    config_file: Path | None,
    overrides: Mapping[str, Mapping[str, object]],
) -> tuple[Model, dict[str, str]]:
    """Merge the layers key by key and check the result.

    Returns it, and of each key that a layer sets, as "section.key", the origin that counts.

    Args:
        model: The model of settings: its fields are sections, and the fields of these are keys.
        config_file: A TOML file; None takes `excerpta.toml` in the current folder, if there is one.
            Below either is the user's file, if there is one.
        overrides: The keys by section, from the command line; None as a value means not given.

    Raises:
        SettingsError: A file cannot be read, a name does not exist, or a value does not fit.
    """
    schema = schema_of(model)
    # Not by Path.exists, which raises where a service may not look into anybody's home.
    file, user = config_file or LOCAL_FILE, user_file()
    files = [one for one in (file, user) if one is config_file or os.path.exists(one)]  # noqa: PTH110
    layers = [
        _from_arguments(overrides),
        *_from_environment(schema),
        *map(_from_file, files),
    ]
    faults = [fault for layer in layers for fault in _faults_of_names(layer, schema)]
    if faults:
        raise SettingsError(*faults)
    merged: dict[str, dict[str, object]] = {}
    for layer in reversed(layers):
        for section, values in layer.values.items():
            merged.setdefault(section, {}).update(values)
    origins = {
        f"{section}.{key}": layer.origin
        for layer in reversed(layers)
        for section, values in layer.values.items()
        for key in values
    }
    try:
        return model.model_validate(merged), origins
    except ValidationError as exc:
        faults = list(_faults_of_values(exc, layers, schema))
    raise SettingsError(*faults)  # raised here, as the error of pydantic carries the values


def user_file() -> Path:
    """Return the file of the user's settings, which need not be there."""
    return platformdirs.user_config_path("excerpta") / LOCAL_FILE


def schema_of(model: type[BaseModel]) -> Schema:
    """List the fields of settings by section and key."""
    return {
        section: cast(type[BaseModel], field.annotation).model_fields
        for section, field in model.model_fields.items()
    }


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable that sets a key."""
    return f"{_PREFIX}{section}__{key}".upper()


def is_secret(field: FieldInfo, value: object = None) -> bool:
    """Whether a key holds a secret, by its type; where that may be a path, by a value's form."""
    if isinstance(value, str) and _names(Path, field.annotation):
        address = "://" in value and not value.startswith("sqlite:")
        return address and _names(SecretStr, field.annotation)
    return _names(SecretStr, field.annotation)


def _names(wanted: type, annotation: object) -> bool:
    return annotation is wanted or any(_names(wanted, one) for one in get_args(annotation))


def _from_arguments(overrides: Mapping[str, Mapping[str, object]]) -> Layer:
    given = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in overrides.items()
    }
    return Layer("the arguments", given)


def _from_environment(schema: Schema) -> list[Layer]:
    """Make a layer of each variable, so that a fault names it; an empty one counts as not set."""
    given = {name.upper(): value for name, value in os.environ.items() if value}
    known = {
        variable(section, key): (section, key) for section in schema for key in schema[section]
    }
    strange = [name for name in given if name.startswith(_PREFIX) and name not in known]
    if strange:
        raise SettingsError(
            *(f"{name}: {unknown('environment variable', name, known)}" for name in strange)
        )
    return [
        Layer(name, {section: {key: given[name]}})
        for name, (section, key) in known.items()
        if name in given
    ]


def _from_file(path: Path) -> Layer:
    try:
        mode = path.stat().st_mode
        # Checked before it is opened, as a pipe would wait for a writer.
        if S_ISREG(mode):
            # Editors of Windows begin a file with a byte order mark, which TOML has none of.
            text = path.read_bytes().decode("utf-8-sig")
            return Layer(str(path), tomllib.loads(text), S_IMODE(mode))
        fault = "wanted a regular file"
    except OSError as exc:
        fault = f"cannot be read: {exc.strerror}"
    except UnicodeDecodeError:
        fault = "found other bytes than UTF-8 text"
    except tomllib.TOMLDecodeError as exc:
        fault = f"wrong TOML: {exc}"
    # Raised here, as an error of decoding carries the whole file, secrets included.
    raise SettingsError(f"config file {path}: {fault}")


def _faults_of_names(layer: Layer, schema: Schema) -> Iterator[str]:
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
                elif is_secret(schema[section][key], values[key]) and (
                    fault := exposed(layer.origin, layer.mode)
                ):
                    yield f"{name} in {layer.origin}: {fault}"


def _faults_of_values(
    error: ValidationError, layers: Sequence[Layer], schema: Schema
) -> Iterator[str]:
    """Describe the faults that pydantic found in the merged layers; the first is on top."""
    for fault in error.errors(include_url=False):
        section, key = map(str, fault["loc"][:2])
        origin = next(layer.origin for layer in layers if key in layer.values.get(section, {}))
        secret = is_secret(schema[section][key])
        found = "a value that is not shown" if secret else reprlib.repr(fault["input"])
        wanted, _, _ = fault["msg"].removeprefix("Value error, ").partition(" for <class")
        if (pattern := fault.get("ctx", {}).get("pattern")) in WANTED:
            wanted = f"wanted {WANTED[pattern]}"
        # Of a list, it is a value in it that does not fit.
        listed = len(fault["loc"]) > 2 and origin.startswith(_PREFIX)
        form = '; commas part the values of a list, as in "7,8"' if listed else ""
        yield f"{section}.{key}: found {found} in {origin}, {wanted[0].lower()}{wanted[1:]}{form}"
