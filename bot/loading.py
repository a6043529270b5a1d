"""Loading the encoder, if it can be in a thread while the rest of the program is imported.

Most of loading is OpenVINO's own work, which holds neither Python's lock nor the same core.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.encoder_choice import Choice, settled
from config import Settings
from embeddings import Encoder, EncoderError, identify, load, load_in_thread
from retrieval.errors import RetrievalError

if TYPE_CHECKING:
    from concurrent.futures import Future


class Loading:
    """The encoder of an index, being loaded in a thread if it is settled and compiled.

    Args:
        settings: They name the encoder and the index.
    """

    def __init__(self, settings: Settings) -> None:
        self._model = ""
        self._loaded: Future[Encoder] | None = None
        choice = _compiled(settings)
        if choice is not None:
            self._model = choice.model
            self._loaded = load_in_thread(loader(settings, choice))

    def result(self, choice: Choice) -> Encoder | None:
        """Return the encoder once it is loaded; None if that is another one, or it failed."""
        if self._loaded is None or choice.model != self._model:
            return None
        # Loading it again says why it failed.
        return None if self._loaded.exception() else self._loaded.result()


def loader(settings: Settings, choice: Choice) -> Callable[..., Encoder]:
    """Return what loads the encoder that was chosen, on whatever machine it is called."""
    encoder = settings.encoder
    return partial(
        load,
        choice.model,
        backend=encoder.backend.value,
        device=encoder.device,
        query_prompt=encoder.query_prompt,
        passage_prompt=encoder.passage_prompt,
        cache=encoder.cache,
        download=encoder.download,
    )


def _compiled(settings: Settings) -> Choice | None:
    """Return the encoder that the settings name or the index has, if it only has to be loaded."""
    encoder = settings.encoder
    if encoder.needs_torch:
        return None
    try:
        choice = settled(settings)
        if choice is None or identify(choice.model, cache=encoder.cache) is None:
            return None
    except (EncoderError, RetrievalError):
        # Opening the library meets the same fault.
        return None
    return choice
