"""What can be set. What each key means, its unit and its default stand in default.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from config.loading import load
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


class Settings(BaseModel):
    """All settings, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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
        return load(cls, config_file, overrides or {})
