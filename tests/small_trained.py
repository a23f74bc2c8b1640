"""Small models of random numbers as a training leaves them: what packs, exports and serves models is held to."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MARKS = ("<|begin|>", "<|user|>", "<|assistant|>", "<|end|>")
PAIRS = (("t", "h"), ("th", "e"), ("Ġ", "a"))
TEMPLATE = (
    "<|begin|>{% for message in messages %}{% if message.role == 'user' %}<|user|>{% endif %}"
    "{% if message.role == 'assistant' %}<|assistant|>{% endif %}{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
VOCABULARY = 256 + len(MARKS) + len(PAIRS) + 1
"""One number more than there are tokens: embeddings are often padded."""


def write_tokenizer(folder: Path) -> None:
    """A tokenizer of bytes, marks and a few pairs."""
    tokenizers: Any = import_module("tokenizers")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    numbers = {letter: at for at, letter in enumerate(letters)}
    numbers |= {mark: 256 + at for at, mark in enumerate(MARKS)}
    numbers |= {one + other: 260 + at for at, (one, other) in enumerate(PAIRS)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=numbers, merges=list(PAIRS)))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = tokenizers.decoders.ByteLevel()
    made.add_special_tokens(list(MARKS))
    made.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": MARKS[0],
        "eos_token": MARKS[3],
        "pad_token": MARKS[3],
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def write_ternary(folder: Path, *, width: int = 256, hidden: int = 512, seed: int = 0) -> Path:
    """A ternary model of two layers, its weights in float32."""
    config = _config("BitNetForCausalLM", "bitnet", width, hidden)
    rounding = {"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}
    return _write(folder, {**config, "quantization_config": rounding}, seed, sub_norms=True)


def write_llama(folder: Path, *, width: int = 256, hidden: int = 512, seed: int = 0) -> Path:
    """A float model of two layers, as a merged one is."""
    return _write(folder, _config("LlamaForCausalLM", "llama", width, hidden), seed, sub_norms=False)


def _config(architecture: str, kind: str, width: int, hidden: int) -> dict[str, Any]:
    return {
        "architectures": [architecture],
        "model_type": kind,
        "dtype": "float32",
        "vocab_size": VOCABULARY,
        "hidden_size": width,
        "intermediate_size": hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
        "rms_norm_eps": 1e-5,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "bos_token_id": 256,
        "eos_token_id": 259,
    }


def _write(folder: Path, config: dict[str, Any], seed: int, *, sub_norms: bool) -> Path:
    torch: Any = import_module("torch")
    drawn = torch.Generator().manual_seed(seed)
    width, hidden = config["hidden_size"], config["intermediate_size"]
    shared = width // 2

    def matrix(rows: int, columns: int) -> Any:
        return torch.randn(rows, columns, generator=drawn) * columns**-0.5

    def norm(size: int) -> Any:
        return 1 + 0.1 * torch.randn(size, generator=drawn)

    numbers: dict[str, Any] = {
        "model.embed_tokens.weight": torch.randn(VOCABULARY, width, generator=drawn) * 0.1,
        "model.norm.weight": norm(width),
    }
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        rows = {"q": width, "k": shared, "v": shared, "o": width}
        numbers |= {f"{at}.self_attn.{name}_proj.weight": matrix(size, width) for name, size in rows.items()}
        numbers |= {f"{at}.mlp.{name}_proj.weight": matrix(hidden, width) for name in ("gate", "up")}
        numbers[f"{at}.mlp.down_proj.weight"] = matrix(width, hidden)
        numbers |= {f"{at}.{name}.weight": norm(width) for name in ("input_layernorm", "post_attention_layernorm")}
        if sub_norms:
            numbers[f"{at}.self_attn.attn_sub_norm.weight"] = norm(width)
            numbers[f"{at}.mlp.ffn_sub_norm.weight"] = norm(hidden)
    folder.mkdir(parents=True, exist_ok=True)
    import_module("safetensors.torch").save_file(numbers, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    write_tokenizer(folder)
    return folder
