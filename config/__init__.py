"""Settings and logging: `Settings.load()` reads them, `setup_logs()` is called once at entry."""

from config.errors import SettingsError
from config.logs import setup_logs
from config.settings import (
    ArticlesSettings,
    ConsoleSettings,
    EncoderSettings,
    IndexSettings,
    RefreshSettings,
    SearchSettings,
    Settings,
    TelegramSettings,
    WebSettings,
    WriterSettings,
)
from config.values import Backend, LateInteraction, LogFormat, UpdateMode, WatchMode

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
    "WebSettings",
    "WriterSettings",
    "setup_logs",
]
