"""The choice of an encoder: what `encoder.model = "auto"` stands for, which nothing else knows.

An index goes on with the encoder that made it. Where there is none, or it is made again, the
languages of the articles decide: "english" is better at English, smaller and faster, and knows
nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from bot.display import counted
from config import Settings

if TYPE_CHECKING:
    from retrieval.types import Source

SWITCH = "EXCERPTA_ENCODER__MODEL=multilingual excerpta refresh --rebuild"
"""The command that makes the index again with the encoder of many languages."""

_AUTO, _ENGLISH, _MULTILINGUAL = "auto", "english", "multilingual"
_NAMED = "encoder.model names it"
# Share of English articles from which on English is what the encoder has to be best at.
_SHARE = 0.95
_NAMES = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to be loaded.

    Attributes:
        model: Its model, as `embeddings.load` takes it.
        why: Why it was taken, for people.
        anew: Whether the index is to be made again for it.
    """

    model: str
    why: str
    anew: bool = False

    @property
    def line(self) -> str:
        """A line that tells of the choice; empty if the settings leave none, or it is not known."""
        return "" if self.why in ("", _NAMED) else f"encoder {self.model}: {self.why}"


def how_to_switch(settings: Settings) -> str:
    """Return what makes the index again with the encoder of many languages."""
    if settings.encoder.model == _AUTO:
        return SWITCH
    model = f'encoder.model = "{_MULTILINGUAL}"'
    return f"set {model}, run excerpta refresh --rebuild, and restart what answers from the index"


def languages_note(sources: Sequence[Source], encoder: str, settings: Settings) -> str:
    """Say which articles an encoder does not know."""
    languages = Counter(one.language for one in sources)
    return (
        f"{counted(len(sources), 'article')} in {_names(languages)}, which the encoder "
        f"{PurePath(encoder).name} does not know; to switch: {how_to_switch(settings)}"
    )


def choose_encoder(
    settings: Settings, announce: Callable[[str], None], *, anew: bool = False, due: bool = False
) -> Choice:
    """Return the encoder that the settings name, the index has, or the articles want.

    An index is made again for another encoder only where most of it has to be encoded anyway, as
    when the articles of a first try make way for others; then the old one answers until it is done.

    Args:
        settings: They name the encoder, the articles and the index.
        announce: Called with a few words before something that takes long.
        anew: Whether the index is made again from nothing.
        due: Whether the index is about to be brought in line with the articles.

    Raises:
        ArticlesError: There is no index, and the articles folder is missing or unreadable.
        IndexFault: The index cannot be used.
    """
    found = settled(settings, anew=anew)
    if found is None:
        return _by_articles(settings, announce)
    if due and found.why != _NAMED and _is_mostly_new(settings):
        other = _by_articles(settings, announce)
        return found if other.model == found.model else replace(other, anew=True)
    return found


def settled(settings: Settings, *, anew: bool = False) -> Choice | None:
    """Return the encoder that the settings name or the index has; None if there is no index.

    An index that is made again keeps an encoder that somebody has named: of the languages in which
    readers ask, articles tell nothing. Only "english" was once what nobody had to name.

    Raises:
        IndexFault: The index cannot be used.
    """
    if settings.encoder.model != _AUTO:
        return Choice(settings.encoder.model, _NAMED)
    from embeddings import ALIASES
    from retrieval.backends import open_index
    from retrieval.errors import IndexDamaged

    try:
        store = open_index(settings.index)
        if store is None or store.is_blank:
            return None
        made = store.origin
        name = next((one for one in ALIASES if ALIASES[one] == made.encoder), made.encoder)
        found = Choice(name, made.chosen)
    except IndexDamaged:
        return None
    if anew and (found.why != _NAMED or found.model == _ENGLISH):
        return None
    return found


def _is_mostly_new(settings: Settings) -> bool:
    """Whether more files of the articles folder are unknown to the index than known."""
    from retrieval.articles import walk
    from retrieval.backends import open_index

    store = open_index(settings.index)
    known = store.files(store.current()) if store else {}
    files = walk(settings.articles.folder, settings.articles.max_bytes, settings.index.folder).files
    return 2 * sum(file.path in known for file in files) < len(files)


def _by_articles(settings: Settings, announce: Callable[[str], None]) -> Choice:
    from embeddings import ModelNotFound, locate
    from retrieval.articles import sample_languages

    announce("looking at the languages of the articles (seconds)")
    languages = sample_languages(settings.articles, settings.index.folder)
    if not languages:
        return Choice(_ENGLISH, "no article read shows its language")
    read, english = languages.total(), languages.pop("en", 0)
    if english >= _SHARE * read:
        return Choice(_ENGLISH, f"{english} of {read} articles read are in English")
    why = f"{read - english} of {read} articles read are in {_names(languages)}"
    encoder = settings.encoder
    lacking = ""
    try:
        model = locate(_MULTILINGUAL, download=encoder.download)
        if model.packed and encoder.needs_torch:
            lacking = (
                "runs on neither torch nor a GPU; leave encoder.backend and encoder.device out"
            )
    except ModelNotFound:
        lacking = "is not on this machine; set encoder.download = true to fetch it"
    if lacking:
        why = f"{why}, but the encoder of many languages {lacking}, then {SWITCH}"
    return Choice(_ENGLISH if lacking else _MULTILINGUAL, why)


def _names(languages: Counter[str]) -> str:
    from bot.language_names import language_names

    names = [language_names([code]) for code, _ in languages.most_common(_NAMES)]
    if len(languages) > _NAMES:
        names.append("other languages")
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
