"""A language model that says one sentence to everything: made by hand, saved like any other."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

_SPECIAL = ["<unk>", "</s>", "<answer>"]
_SIZE = 32


def save(folder: Path, sentence: str) -> None:
    """Save a model of the Llama family whose layers do nothing, and whose head names the next word.

    Args:
        folder: Where.
        sentence: Of words that differ from each other.
    """
    words = [f"▁{word}" for word in sentence.split()]
    vocabulary = {word: number for number, word in enumerate([*_SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocab=vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        eos_token="</s>",
        pad_token="</s>",
        additional_special_tokens=["<answer>"],
    )
    fast.chat_template = "{% for m in messages %}{{ m['content'] }} {% endfor %}<answer>"
    fast.save_pretrained(folder)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=_SIZE,
            intermediate_size=_SIZE,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=8192,
            eos_token_id=1,
            pad_token_id=1,
            bos_token_id=None,
        )
    )
    following = {2: 3, **{at: at + 1 for at in range(3, len(vocabulary) - 1)}}
    with torch.no_grad():
        layer = model.model.layers[0]
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(len(vocabulary), _SIZE))
        model.lm_head.weight.zero_()
        for word in range(len(vocabulary)):
            model.lm_head.weight[following.get(word, 1), word] = 1.0
    model.save_pretrained(folder)
