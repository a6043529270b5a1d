"""Settings and logging: `Settings.load()` reads them, `setup_logs()` is called once at entry.

    values, section         what a value may be, and the sections that hold keys
    settings, interfaces    every key once: of the core, and of where readers ask
    loading                 arguments over environment over a file over the user's file
    errors                  `SettingsError`, and the texts of frequent faults
    logs                    one line or one JSON document a record, without secrets
    doors                   what a folder's door imports only when it is used

`default.toml` and the README are made of the texts in `settings` and `interfaces`; `deploy` has the
files that run Excerpta as a service and in containers.
"""

from config.doors import imported_later, module_later
from config.errors import SettingsError, file_in_the_way
from config.interfaces import ConsoleSettings, TelegramSettings, WebSettings
from config.loading import LOCAL_FILE, is_secret, user_file
from config.logs import held_logs, setup_logs
from config.settings import (
    ArticlesSettings,
    EncoderSettings,
    IndexSettings,
    RefreshSettings,
    SearchSettings,
    Settings,
    WriterSettings,
)
from config.values import Backend, LateInteraction, LogFormat, UpdateMode, WatchMode

__all__ = [
    "LOCAL_FILE",
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
    "file_in_the_way",
    "held_logs",
    "imported_later",
    "is_secret",
    "module_later",
    "setup_logs",
    "user_file",
]
