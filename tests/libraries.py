"""Libraries that tests open, with encoders that each process loads once."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from pathlib import Path

from filelock import FileLock

from bot.build import open_library
from bot.encoder_choice import Choice
from bot.library import Library
from bot.loading import Loading
from config import Settings
from embeddings import ALIASES, Encoder, load


def loaded(model: str, folder: Path | None) -> Encoder:
    """Return an encoder as it is compiled in a folder; what compiles it is who comes first."""
    return _loaded(ALIASES.get(model, model), folder)


@cache
def _loaded(model: str, folder: Path | None) -> Encoder:
    with FileLock(folder.with_name("encoders.lock")) if folder else nullcontext():
        return load(model, cache=folder)


class Loaded(Loading):
    """The encoder that is chosen, where the settings say no more of it than its model."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.encoder.cache

    def result(self, choice: Choice) -> Encoder:
        return loaded(choice.model, self._folder)


def library_of(settings: Settings) -> Library:
    """Bring an index in line with its articles, and open both."""
    return open_library(settings, lambda _: None, loading=Loaded(settings))
