"""Where settings come from: layers of values, each with a name for messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE, S_ISREG
from tomllib import TOMLDecodeError
from typing import Any, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, TomlConfigSettingsSource

from config.errors import SettingsError, unknown

Schema = Mapping[str, Mapping[str, FieldInfo]]


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one origin.

    Attributes:
        origin: A file's path, an environment variable's name, or "the arguments".
        values: Keys by section, as found; neither names nor types are checked.
        mode: Permission bits of the file, 0 for other origins.
    """

    origin: str
    values: Mapping[str, Any]
    mode: int = 0


def schema_of(settings: type[BaseSettings]) -> Schema:
    """List the fields by section and key."""
    return {
        section: cast(type[BaseModel], field.annotation).model_fields
        for section, field in settings.model_fields.items()
    }


def from_arguments(overrides: Mapping[str, Mapping[str, object]]) -> Layer:
    """Take what was given on the command line; None means not given."""
    return Layer(
        "the arguments",
        {
            section: {key: value for key, value in values.items() if value is not None}
            for section, values in overrides.items()
        },
    )


def from_environment(settings: type[BaseSettings]) -> list[Layer]:
    """Read the environment, one layer for each variable.

    Raises:
        SettingsError: A variable starts like ours and is none.
    """
    source = EnvSettingsSource(settings)

    def variable(section: str, key: str) -> str:
        return f"{source.env_prefix}{section}{source.env_nested_delimiter}{key}".upper()

    known = [
        variable(section, key) for section, keys in schema_of(settings).items() for key in keys
    ]
    given = [name.upper() for name in source.env_vars]
    strange = [name for name in given if name.startswith(source.env_prefix) and name not in known]
    if strange:
        raise SettingsError(
            *(f"{name}: {unknown('environment variable', name, known)}" for name in strange)
        )
    return [
        Layer(variable(section, key), {section: {key: value}})
        for section, values in source().items()
        for key, value in values.items()
    ]


def from_file(settings: type[BaseSettings], path: Path) -> Layer:
    """Read a TOML file.

    Raises:
        SettingsError: It is missing or unreadable, or its content is not TOML in UTF-8.
    """
    try:
        mode = path.stat().st_mode
        source = TomlConfigSettingsSource(settings, toml_file=path)
    except OSError as exc:
        fault = f"cannot be read: {exc.strerror}"
    except UnicodeDecodeError:
        fault = "found other bytes than UTF-8 text"
    except TOMLDecodeError as exc:
        fault = f"wrong TOML: {exc}"
    else:
        # The source takes whatever is no regular file for an absent one.
        if S_ISREG(mode):
            return Layer(str(path), source.toml_data, S_IMODE(mode))
        fault = "wanted a regular file"
    # Not chained: an error of decoding carries the whole file, secrets included.
    raise SettingsError(f"config file {path}: {fault}")


def merge(layers: Sequence[Layer], schema: Schema) -> dict[str, dict[str, object]]:
    """Lay the layers over one another, the first on top."""
    merged: dict[str, dict[str, object]] = {section: {} for section in schema}
    for layer in reversed(layers):
        for section, values in layer.values.items():
            merged[section].update(values)
    return merged
