"""Small random models in folders, with a tokenizer of bytes: bases whose fine-tuning takes a second."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training import ternary_model, tokens

transformers: Any = importlib.import_module("transformers")  # Any: this project reads it without its types
torch: Any = importlib.import_module("torch")  # Any: as above

WIDTH, LAYERS, CONTEXT = 64, 2, 256


def llama(folder: Path, seed: int = 0) -> Path:
    """A model of the kind llama, of 0.1 M parameters, drawn by lot."""
    made = _tokenizer(folder)
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=made.size,
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=made.marks[tokens.BEGIN],
        eos_token_id=made.marks[tokens.END],
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def ternary(folder: Path, seed: int = 0) -> Path:
    """A ternary model, as its training writes one."""
    made = _tokenizer(folder)
    shape = ternary_model.Shape(
        vocabulary=made.size, width=WIDTH, layers=LAYERS, heads=4, kv_heads=4, hidden=2 * WIDTH, context=CONTEXT
    )
    model = ternary_model.TernaryModel(shape)
    model.begin(seed)
    ternary_model.save(model, folder, begin=made.marks[tokens.BEGIN], end=made.marks[tokens.END])
    return folder


def _tokenizer(folder: Path) -> tokens.Tokens:
    folder.mkdir(parents=True, exist_ok=True)
    made = tokens.learn([])
    made.save(folder, CONTEXT)
    return made
