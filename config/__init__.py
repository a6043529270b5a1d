"""Settings and logging: `Settings.load()` reads them, `logs.setup()` is called once at entry."""

from config import logs
from config.errors import SettingsError
from config.sections import (
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
    TelegramSettings,
    WriterSettings,
)
from config.settings import Settings

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
