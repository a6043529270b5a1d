"""Settings and logging: `Settings.load()` reads them, `logs.setup()` is called once at entry."""

from config import logs
from config.errors import SettingsError
from config.settings import (
    ArticlesSettings,
    Backend,
    ConsoleSettings,
    EncoderSettings,
    IndexSettings,
    LateInteraction,
    LogFormat,
    RefreshSettings,
    SearchSettings,
    Settings,
    TelegramSettings,
    UpdateMode,
    WatchMode,
    WriterSettings,
)

__all__ = [
    "ArticlesSettings",
    "Backend",
    "ConsoleSettings",
    "EncoderSettings",
    "IndexSettings",
    "LateInteraction",
    "LogFormat",
    "RefreshSettings",
    "SearchSettings",
    "Settings",
    "SettingsError",
    "TelegramSettings",
    "UpdateMode",
    "WatchMode",
    "WriterSettings",
    "logs",
]
