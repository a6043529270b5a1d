"""What can be set. What each key means, its unit and its default stand in default.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import layers
from config.errors import SettingsError
from config.faults import misfits, violations
from config.sections import (
    ArticlesSettings,
    ConsoleSettings,
    EncoderSettings,
    IndexSettings,
    ReaderSettings,
    RefreshSettings,
    RerankerSettings,
    SearchSettings,
    TelegramSettings,
    WriterSettings,
)

_DEFAULTS = Path(__file__).with_name("default.toml")
_LOCAL = Path("excerpta.toml")


class Settings(BaseSettings):
    """All settings, frozen."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="EXCERPTA_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
    )

    articles: ArticlesSettings
    index: IndexSettings
    refresh: RefreshSettings
    encoder: EncoderSettings
    search: SearchSettings
    reranker: RerankerSettings
    reader: ReaderSettings
    writer: WriterSettings
    console: ConsoleSettings
    telegram: TelegramSettings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take from a constructor call its arguments only; `load` looks at the other sources."""
        return (init_settings,)

    @classmethod
    def load(
        cls,
        config_file: Path | None = None,
        overrides: Mapping[str, Mapping[str, object]] | None = None,
    ) -> Self:
        """Merge, key by key: overrides over environment over a file over the defaults.

        Args:
            config_file: TOML; without it, `excerpta.toml` in the current folder if there is one.
            overrides: Keys by section, from the command line; None as a value means not given.

        Raises:
            SettingsError: A file cannot be read, a name does not exist, or a value does not fit.
        """
        file = config_file or (_LOCAL if _LOCAL.exists() else None)
        stack = [
            layers.from_arguments(overrides or {}),
            *layers.from_environment(cls),
            *([layers.from_file(cls, file)] if file else []),
            layers.from_file(cls, _DEFAULTS),
        ]
        schema = layers.schema_of(cls)
        faults = [fault for layer in stack for fault in misfits(layer, schema)]
        if faults:
            raise SettingsError(*faults)
        try:
            return cls.model_validate(layers.merge(stack, schema))
        except ValidationError as exc:
            faults = list(violations(exc, stack, schema))
        raise SettingsError(*faults)  # outside, as the error of pydantic carries the values
