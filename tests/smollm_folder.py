"""The small model of the tests as Transformers saves one: its GGUF file's numbers in safetensors, with its tokenizer.

    python tests/smollm_folder.py FOLDER      # for `make prove-schema ARGS="--model transformers:NAME"`

By hand, since the library's own way takes a minute and one more package.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from nis_backend.settings import read_settings
from nis_backend.weights.files import Weights

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TEMPLATE = (
    "{%- if tools %}<|im_start|>system\nYou may call functions.\n<tools>"
    "{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools>\nFor each call write:\n"
    '<tool_call>\n{"name": <name>, "arguments": <object>}\n</tool_call><|im_end|>\n{% endif %}'
    "{%- for message in messages %}{%- if message.role == 'assistant' %}<|im_start|>assistant"
    "{% if message.content %}\n{{ message.content }}{% endif %}{%- for tool_call in message.tool_calls or [] %}"
    "{% if tool_call.function is defined %}{% set tool_call = tool_call.function %}{% endif %}"
    '\n<tool_call>\n{"name": "{{ tool_call.name }}", "arguments": {{ tool_call.arguments | tojson }}}\n</tool_call>'
    "{% endfor %}<|im_end|>\n{%- elif message.role == 'tool' %}"
    "<|im_start|>user\n<tool_response>\n{{ message.content }}\n</tool_response><|im_end|>\n"
    "{%- else %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A template of a conversation with a place for tools."""
CONTROL = 3
"""The type of a token that is a mark, in a GGUF file's list."""


def small_file() -> Path:
    """The small model's file, under the name it has on disk."""
    folder = os.environ.get("NIS_TEST_WEIGHTS")
    settings = read_settings(os.environ, weights=Path(folder) if folder else None)
    weights = Weights.of(settings)
    path = weights.path(weights.find(settings.embedded_weight))
    assert path.is_file(), f"no file {path}: run `nis weights pull {settings.embedded_weight}`, or set NIS_TEST_WEIGHTS"
    return path


def write_folder(folder: Path) -> Path:
    """The model's folder."""
    gguf: Any = importlib.import_module("gguf")  # Any: as all of what it reads
    reader = gguf.GGUFReader(small_file())

    def told(name: str) -> Any:
        return reader.get_field(name).contents()

    folder.mkdir(parents=True, exist_ok=True)
    heads = {"attn_q": told("llama.attention.head_count"), "attn_k": told("llama.attention.head_count_kv")}
    _write_weights(folder / "model.safetensors", reader.tensors, heads, gguf.quants.dequantize)
    ends = told("tokenizer.ggml.eos_token_id")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float16",
        "hidden_act": "silu",
        "hidden_size": told("llama.embedding_length"),
        "intermediate_size": told("llama.feed_forward_length"),
        "num_hidden_layers": told("llama.block_count"),
        "num_attention_heads": heads["attn_q"],
        "num_key_value_heads": heads["attn_k"],
        "rms_norm_eps": told("llama.attention.layer_norm_rms_epsilon"),
        "rope_parameters": {"rope_theta": told("llama.rope.freq_base"), "rope_type": "default"},
        "max_position_embeddings": told("llama.context_length"),
        "vocab_size": told("llama.vocab_size"),
        "tie_word_embeddings": True,
        "bos_token_id": told("tokenizer.ggml.bos_token_id"),
        "eos_token_id": ends,
    }
    _dump(folder / "config.json", config)
    _dump(folder / "generation_config.json", {"eos_token_id": ends})
    tokens, kinds = told("tokenizer.ggml.tokens"), told("tokenizer.ggml.token_type")
    _dump(folder / "tokenizer.json", _tokenizer(tokens, kinds, told("tokenizer.ggml.merges")))
    _dump(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": tokens[ends]})
    (folder / "chat_template.jinja").write_text(told("tokenizer.chat_template"))
    return folder


def _write_weights(path: Path, tensors: Any, heads: dict[str, int], dequantize: Any) -> None:
    saved: dict[str, Any] = {}
    for tensor in tensors:
        block, _, name = tensor.name.removesuffix(".weight").rpartition(".")
        numbers = dequantize(tensor.data, tensor.tensor_type)
        if name in heads:
            # llama.cpp turns neighbouring pairs of numbers, Transformers the two halves of a head.
            rows, width = numbers.shape
            halves = numbers.reshape(heads[name], rows // heads[name] // 2, 2, width)
            numbers = halves.swapaxes(1, 2).reshape(rows, width)
        before = f"model.layers.{block.removeprefix('blk.')}." if block else ""
        saved[f"{before}{NAMES[name]}.weight"] = numbers.astype("float16")
    importlib.import_module("safetensors.numpy").save_file(saved, path, metadata={"format": "pt"})


def _tokenizer(tokens: list[str], kinds: list[int], merges: list[str]) -> dict[str, Any]:
    marks = [number for number, kind in enumerate(kinds) if kind == CONTROL]
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    bytes_of = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "added_tokens": [{"id": number, "content": tokens[number], **usual} for number in marks],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, bytes_of],
        },
        "post_processor": None,
        "decoder": bytes_of,
        "model": {
            "type": "BPE",
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": [merge.split(" ") for merge in merges],
        },
    }


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content))


if __name__ == "__main__":
    print(write_folder(Path(sys.argv[1])))  # noqa: T201 - a command's answer
