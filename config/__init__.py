"""Settings and logging: `Settings.load()` reads them, `logs.setup()` is called once at entry."""

from config import logs
from config.errors import SettingsError
from config.settings import (
    ArticlesSettings,
    Backend,
    ConsoleSettings,
    EncoderSettings,
    IndexSettings,
    Intake,
    LateInteraction,
    LogFormat,
    Noticing,
    RefreshSettings,
    SearchSettings,
    Settings,
    TelegramSettings,
    WriterSettings,
)

__all__ = [
    "ArticlesSettings",
    "Backend",
    "ConsoleSettings",
    "EncoderSettings",
    "IndexSettings",
    "Intake",
    "LateInteraction",
    "LogFormat",
    "Noticing",
    "RefreshSettings",
    "SearchSettings",
    "Settings",
    "SettingsError",
    "TelegramSettings",
    "WriterSettings",
    "logs",
]
