"""Small sentence-transformers models with random weights, saved as real ones are."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertModel,
    Gemma3TextConfig,
    Gemma3TextModel,
    LongformerConfig,
    LongformerModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from embeddings import locate
from tests.paths import SEEDS

Backend = Literal["openvino", "torch"]
HIDDEN = 32
WINDOW = 64
# A window that is no multiple of anything.
NARROW = 61
# The lengths below and beyond the window of a tiny model, several scripts, odd spaces.
TEXTS = [
    "Mines",
    "What is a dragon's tooth?",
    "Колона йшла вночі, без світла.",
    "地雷は見えない。",
    "Two   spaces,\ttabs\nand lines. 🚜🚜 İstanbul, naïve café, ΟΔΥΣΣΕΥΣ",
    "A sentence of middling length that says where the minefield begins and where it ends. " * 2,
    "An army that digs wins time, and time is what it lacks; so it digs again. " * 20,
]


def build(
    folder: Path,
    *,
    kind: str = "bert",
    pooling: str = "mean",
    dense: int | None = None,
    normalize: bool = True,
    prompts: dict[str, str] | None = None,
    default_prompt_name: str | None = None,
    do_lower_case: bool = False,
    include_prompt: bool = True,
    window: int = WINDOW,
    seed: int = 0,
) -> Path:
    """Save a model of two layers and 32 dimensions, or of the kind's, to the folder."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        base, tokenizer = _KINDS[kind]()
        raw = folder.with_name(f"{folder.name}-raw")
        base.save_pretrained(raw)
        tokenizer.save_pretrained(raw)
        modules: list[Any] = [
            Transformer(str(raw), max_seq_length=window, do_lower_case=do_lower_case),
            Pooling(base.config.hidden_size, pooling_mode=pooling, include_prompt=include_prompt),
        ]
        if dense is not None:
            modules.append(Dense(base.config.hidden_size, dense))
        if normalize:
            modules.append(Normalize())
        model = SentenceTransformer(
            modules=modules, device="cpu", prompts=prompts, default_prompt_name=default_prompt_name
        )
        model.save(str(folder), create_model_card=False)
    return folder


def parts(kind: str) -> tuple[Any, Any]:
    """Build a bare model with random weights, and its tokenizer."""
    return _KINDS[kind]()


def reference(folder: Path) -> SentenceTransformer:
    """Load the folder as anyone who uses sentence-transformers would."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def unit(rows: Any) -> NDArray[np.float32]:  # noqa: ANN401 - what sentence-transformers returns
    array = np.asarray(rows, dtype=np.float32)
    units: NDArray[np.float32] = array / np.linalg.norm(array, axis=-1, keepdims=True)
    return units


def cosines(a: Sequence[Any], b: Any) -> NDArray[np.float32]:  # noqa: ANN401
    return np.asarray((unit(np.stack(a)) * unit(b)).sum(axis=-1), dtype=np.float32)


def _bert() -> tuple[Any, Any]:
    packaged = locate("sentence-transformers/all-MiniLM-L6-v2").folder
    return BertModel(BertConfig(vocab_size=30522, **_SIZES)), BertTokenizer.from_pretrained(
        packaged
    )


def _cased() -> tuple[Any, Any]:
    """Build a model to which "The" and "the" are two words; "The" is unknown to it."""
    model, tokenizer = _bert()
    inner = tokenizer.backend_tokenizer
    inner.normalizer = normalizers.BertNormalizer(lowercase=False)
    names = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
    specials = {name: getattr(tokenizer, name) for name in names}
    return model, PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner, model_input_names=tokenizer.model_input_names, **specials
    )


def _narrow() -> tuple[Any, Any]:
    """Build a model with no more than `NARROW` positions."""
    sizes = {**_SIZES, "max_position_embeddings": NARROW}
    return BertModel(BertConfig(vocab_size=30522, **sizes)), _bert()[1]


def _deep() -> tuple[Any, Any]:
    """Build a model with as many dimensions as E5 and three layers."""
    sizes = {**_SIZES, "hidden_size": 384, "num_hidden_layers": 3, "initializer_range": 0.06}
    return BertModel(BertConfig(vocab_size=30522, **sizes)), _bert()[1]


def _distilbert() -> tuple[Any, Any]:
    """Build a model that takes no token types from a tokenizer that gives them."""
    config = DistilBertConfig(
        vocab_size=30522,
        dim=HIDDEN,
        hidden_dim=64,
        n_layers=2,
        n_heads=4,
        max_position_embeddings=WINDOW,
        initializer_range=0.2,
    )
    return DistilBertModel(config), _bert()[1]


def _longformer() -> tuple[Any, Any]:
    """Build a model that pads its input to a multiple of its attention window."""
    sizes = {**_SIZES, "max_position_embeddings": WINDOW + 2}
    config = LongformerConfig(vocab_size=30522, attention_window=[8, 8], pad_token_id=0, **sizes)
    return LongformerModel(config), _bert()[1]


def _gemma() -> tuple[Any, Any]:
    config = Gemma3TextConfig(
        vocab_size=30522,
        num_key_value_heads=2,
        head_dim=8,
        use_bidirectional_attention=True,
        sliding_window=16,
        **_SIZES,
    )
    return Gemma3TextModel(config), _bert()[1]


def _roberta() -> tuple[Any, Any]:
    """Build a model whose positions are counted from its padding's id, which is not zero."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=1000, special_tokens=specials, unk_token="<unk>", show_progress=False
    )
    texts = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.md"))]
    tokenizer.train_from_iterator([*texts, *TEXTS], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        **{**_SIZES, "max_position_embeddings": WINDOW + 2},
        pad_token_id=1,
        type_vocab_size=1,
    )
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=WINDOW,
        model_input_names=["input_ids", "attention_mask"],
    )
    return XLMRobertaModel(config), fast


_SIZES: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": WINDOW,
    # Ten times the usual: with weights near zero all texts get nearly the same vector.
    "initializer_range": 0.2,
}
_KINDS = {
    "bert": _bert,
    "cased": _cased,
    "deep": _deep,
    "distilbert": _distilbert,
    "gemma": _gemma,
    "longformer": _longformer,
    "narrow": _narrow,
    "roberta": _roberta,
}
