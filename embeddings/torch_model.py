"""Models run by sentence-transformers: OpenVINO compiles them, or they serve themselves."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

# transformers reads this at its import: models are loaded from disk, and the hub is not asked.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from embeddings.device import check_device
from embeddings.encoder import Batch, FloatArray
from embeddings.errors import ModelRefused, NotCompilable
from embeddings.models import Card, Model
from embeddings.tokenizing import JsonTokenizer, backend_json

# These are progress bars, and warnings that concern training.
transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

# The two texts differ in length, so that the tracer sees padding.
_EXAMPLE = ("Two texts of unlike length show the tracer what padding is.", "Short.")
# Where sentence-transformers keeps what comes after each layer.
_LAYERS = "all_layer_embeddings"


class TorchModel:
    """A forward pass by sentence-transformers, on any device that torch knows.

    Attributes:
        card: The facts that are needed to feed the model.
        tokenizer_json: Its tokenizer, as the tokenizers library writes it.
    """

    streams = 1

    def __init__(
        self, model: SentenceTransformer, name: str, layers: Sequence[float] = (1.0,)
    ) -> None:
        self._model = model.eval()
        self._layers = layers if _shows_layers(model, len(layers)) else (1.0,)
        self.tokenizer_json = backend_json(model.tokenizer, name)
        if not all(getattr(module, "include_prompt", True) for module in model):
            raise ModelRefused(
                f"{name} leaves its prompt out of its vectors (include_prompt is false in its "
                "pooling), which is not supported; choose another model"
            )
        inputs = tuple(
            key
            for key in ("input_ids", "token_type_ids", "attention_mask")
            if key in model.tokenizer.model_input_names
        )
        self.card = Card(
            dim=_dimension(model),
            window=_window(model),
            inputs=inputs,
            query_prompt=_prompt(model, "query"),
            passage_prompt=_prompt(model, "document", "passage", "corpus"),
        )

    @classmethod
    def load(cls, model: Model, device: str) -> TorchModel:
        """Verify and load weights from disk, without running code that comes with the model.

        Raises:
            DeviceRefused: Torch cannot compute on the device.
            ModelRefused: sentence-transformers cannot load the folder.
        """
        check_device(device)
        model.verify()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                loaded = SentenceTransformer(
                    str(model.folder),
                    device=device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={"use_safetensors": True},
                )
            except Exception as exc:  # safetensors and tokenizers raise kinds of their own
                raise ModelRefused(
                    f"sentence-transformers cannot load {model.name} from {model.folder} on "
                    f"{device}: {str(exc).splitlines()[0] if str(exc) else type(exc).__name__}"
                ) from exc
        return cls(loaded, model.name, model.known.layers)

    def compute(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        """Compute vectors and token vectors."""
        device = self._model.device
        feed = batch.feed(self.card.inputs)
        with torch.inference_mode():
            tensors = [torch.from_numpy(array).to(device) for array in feed.values()]
            vectors, tokens = self._pipeline()(*tensors)
        return vectors.float().cpu().numpy(), tokens.float().cpu().numpy()

    def traceable(self) -> tuple[torch.nn.Module, tuple[torch.Tensor, ...]]:
        """Return the whole pipeline, pooling and all, as one module, with example inputs."""
        batch = self._batch(list(_EXAMPLE))
        example = tuple(torch.from_numpy(array) for array in batch.feed(self.card.inputs).values())
        return self._pipeline().eval(), example

    def samples(self) -> Iterator[Batch]:
        """Yield batches of several shapes, on which another implementation is compared."""
        sentence = "The quick brown fox jumps over the lazy dog, 42 times in 2024. "
        for texts in (["Fox?"], [sentence * 3, "Why?"], [sentence, sentence * 100, "A b c."]):
            yield self._batch(texts)

    def _pipeline(self) -> _Pipeline:
        return _Pipeline(self._model, self.card.inputs, self._layers)

    def _batch(self, texts: list[str]) -> Batch:
        tokenizer = JsonTokenizer(self.tokenizer_json, self.card.window)
        return Batch.of(tokenizer.tokenize(texts, ""))


class _Pipeline(torch.nn.Module):
    """The modules of a sentence-transformers model as one that takes and returns tensors."""

    def __init__(
        self, model: SentenceTransformer, inputs: tuple[str, ...], layers: Sequence[float]
    ) -> None:
        super().__init__()
        self._model = model
        self._inputs = inputs
        self._layers = layers

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features: dict[str, Any] = dict(zip(self._inputs, tensors, strict=True))
        for module in self._model:
            features = module(features)
        tokens = features["token_embeddings"]
        if len(self._layers) > 1:
            last = zip(features[_LAYERS][-len(self._layers) :], self._layers, strict=True)
            tokens = sum(share * layer for layer, share in last)
        return features["sentence_embedding"], tokens


def _shows_layers(model: SentenceTransformer, count: int) -> bool:
    """Let the model return what comes after each of its layers; False if it has not so many."""
    config: Any = getattr(getattr(model[0], "model", None), "config", None)
    if count == 1 or getattr(config, "num_hidden_layers", 0) < count:
        return False
    config.output_hidden_states = True
    return True


def _dimension(model: SentenceTransformer) -> int:
    dimension = model.get_embedding_dimension()
    if not dimension:
        raise NotCompilable("it does not declare the dimension of its vectors")
    return int(dimension)


def _window(model: SentenceTransformer) -> int:
    declared = model.max_seq_length
    # A tokenizer without a limit of its own declares 10^30.
    return int(declared) if declared and declared < 100_000 else 512


def _prompt(model: SentenceTransformer, *names: str) -> str:
    # sentence-transformers uses `default_prompt_name` for neither of the two.
    declared = (model.prompts.get(name) for name in names)
    return next((prompt for prompt in declared if prompt), "")
