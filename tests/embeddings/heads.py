"""Small rerankers and readers whose weights are set by hand, so that what they say is known.

All layers pass their input on. A word that matters has a dimension of its own, which the head
reads.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertModel,
    DistilBertForQuestionAnswering,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaForQuestionAnswering,
)

from tests.embeddings import tiny

_STRENGTH = 5.0
_OPENING, _CLOSING, _NULL = 0, 1, 2
_FREE = 3
_READERS: dict[str, Any] = {
    "bert": BertForQuestionAnswering,
    "distilbert": DistilBertForQuestionAnswering,
    "roberta": XLMRobertaForQuestionAnswering,
}


def reader(
    folder: Path, opens: str = "seven", closes: str = "morning", *, kind: str = "bert"
) -> Path:
    """Save a reader whose answers begin and end with the two words, if there are such."""
    base, tokenizer = tiny.parts(kind)
    model = _READERS[kind](base.config)
    _pass_on(model)
    words = _words(model)
    _tell_apart(words, tokenizer, opens, _OPENING, 0)
    _tell_apart(words, tokenizer, closes, _CLOSING, -1)
    words[tokenizer.cls_token_id] = 0
    words[tokenizer.cls_token_id, _NULL] = _STRENGTH
    head = model.qa_outputs.weight.data
    head[0, _OPENING] = head[1, _CLOSING] = 1
    # Half as much for no answer as for an answer that stands there.
    head[:, _NULL] = 0.5
    return _saved(folder, model, tokenizer)


def random_reader(folder: Path) -> Path:
    """Save a reader of which nobody knows what it will answer."""
    base, tokenizer = tiny.parts("bert")
    torch.manual_seed(1)
    return _saved(folder, BertForQuestionAnswering(base.config), tokenizer)


def reranker(folder: Path, likes: str = "ferry", *, labels: int = 1) -> Path:
    """Save a cross-encoder that scores a passage by the share of its tokens that it likes."""
    base, tokenizer = tiny.parts("bert")
    base.config.num_labels = labels
    model = BertForSequenceClassification(base.config)
    _pass_on(model)
    _tell_apart(_words(model), tokenizer, likes, _OPENING, 0)
    for name, parameter in model.named_parameters():
        # Queries and keys of zero look at all tokens alike.
        if name.endswith(
            ("self.value.weight", "attention.output.dense.weight", "pooler.dense.weight")
        ):
            parameter.data = torch.eye(tiny.HIDDEN)
    model.classifier.weight.data[:, _OPENING] = 20
    return _saved(folder, model, tokenizer)


def body(folder: Path) -> Path:
    """Save a model without a head."""
    base, tokenizer = tiny.parts("bert")
    assert isinstance(base, BertModel)
    return _saved(folder, base, tokenizer)


def _pass_on(model: PreTrainedModel) -> None:
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        norm = "norm" in name.lower() and name.endswith("weight")
        parameter.data.fill_(1.0 if norm else 0.0)
    words = _words(model)
    words[:, _FREE:] = torch.randn(len(words), tiny.HIDDEN - _FREE).sign()


def _words(model: PreTrainedModel) -> torch.Tensor:
    weight = model.get_input_embeddings().weight
    assert isinstance(weight, torch.Tensor)
    return weight.data


def _tell_apart(
    words: torch.Tensor, tokenizer: PreTrainedTokenizerFast, word: str, dimension: int, token: int
) -> None:
    ids = tokenizer(word, add_special_tokens=False)["input_ids"]
    words[ids[token], dimension] = _STRENGTH


def _saved(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Path:
    tokenizer.model_max_length = tiny.WINDOW
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder
