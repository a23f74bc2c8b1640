"""A GGUF file's model as a folder that Transformers loads: its numbers as floats, its tokenizer and its template.

Transformers reads GGUF files too, in a hundred times the time and each time anew; what it read it does not save.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

gguf: Any = import_module("gguf")  # Any: as all of what it reads
save_file: Any = import_module("safetensors.numpy").save_file  # Any: its types are numpy's

NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
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
"""The parts of a model of the kind llama: there, and in Transformers."""
CONTROL = 3
"""The type of a token that is a mark, in a GGUF file's list."""
KINDS = {"architecture": "llama", "tokenizer": "gpt2", "pre": "smollm"}
"""What can be read: others differ in how text is cut up or in what a layer computes."""


@dataclass(frozen=True)
class File:
    """An open GGUF file."""

    reader: Any  # Any: gguf has no types

    def told(self, name: str, usual: Any = None) -> Any:  # Any: a field may be of any type
        """A field's value."""
        field = self.reader.get_field(name)
        return usual if field is None else field.contents()


def write_folder(path: Path, folder: Path) -> None:
    """Write the model into an existing, empty folder: float16 numbers.

    A block's scale and minimum are float16 themselves, so a number d·q + m is kept within 2^-12 of itself, a hundredth
    of what its quantisation lost. In bfloat16 it would be 2^-9.

    Raises:
        Unavailable: it is a model of a kind that is not known here.
    """
    file = File(gguf.GGUFReader(path))
    found = {
        "architecture": file.told("general.architecture"),
        "tokenizer": file.told("tokenizer.ggml.model"),
        "pre": file.told("tokenizer.ggml.pre"),
    }
    names = {tensor.name.removesuffix(".weight").rpartition(".")[2] for tensor in file.reader.tensors}
    if found != KINDS or not names <= set(NAMES) or file.told("llama.rope.scaling.type") is not None:
        unlike = ", ".join(f"{name} {value}" for name, value in found.items())
        raise Unavailable(
            f"{path.name} cannot be trained further: its kind ({unlike}) is not known here.",
            remedy="Name a folder as Transformers saves one in NIS_TRANSFORMERS, and take that as the base.",
        )
    tied = "output" not in names
    heads = {"attn_q": file.told("llama.attention.head_count"), "attn_k": file.told("llama.attention.head_count_kv")}
    _write_weights(folder / "model.safetensors", file.reader.tensors, heads)
    tokens, ends = file.told("tokenizer.ggml.tokens"), file.told("tokenizer.ggml.eos_token_id")
    _dump(folder / "config.json", _config(file, heads, tied=tied))
    _dump(folder / "generation_config.json", {"eos_token_id": ends, "pad_token_id": ends})
    kinds, merges = file.told("tokenizer.ggml.token_type"), file.told("tokenizer.ggml.merges")
    _dump(folder / "tokenizer.json", _tokenizer(tokens, kinds, merges))
    usual = {"eos_token": tokens[ends], "pad_token": tokens[file.told("tokenizer.ggml.padding_token_id", ends)]}
    _dump(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **usual})
    (folder / "chat_template.jinja").write_text(file.told("tokenizer.chat_template"), "utf-8")


def _config(file: File, heads: dict[str, int], *, tied: bool) -> dict[str, Any]:  # Any: JSON
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float16",
        "hidden_act": "silu",
        "hidden_size": file.told("llama.embedding_length"),
        "intermediate_size": file.told("llama.feed_forward_length"),
        "num_hidden_layers": file.told("llama.block_count"),
        "num_attention_heads": heads["attn_q"],
        "num_key_value_heads": heads["attn_k"],
        "rms_norm_eps": file.told("llama.attention.layer_norm_rms_epsilon"),
        "rope_parameters": {"rope_theta": file.told("llama.rope.freq_base", 10000.0), "rope_type": "default"},
        "max_position_embeddings": file.told("llama.context_length"),
        "vocab_size": file.told("llama.vocab_size", len(file.told("tokenizer.ggml.tokens"))),
        "tie_word_embeddings": tied,
        "bos_token_id": file.told("tokenizer.ggml.bos_token_id"),
        "eos_token_id": file.told("tokenizer.ggml.eos_token_id"),
    }


def _write_weights(path: Path, tensors: Any, heads: dict[str, int]) -> None:  # Any: gguf has no types
    saved: dict[str, Any] = {}
    for tensor in tensors:
        block, _, name = tensor.name.removesuffix(".weight").rpartition(".")
        numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        if name in heads:
            # llama.cpp turns neighbouring pairs of numbers, Transformers the two halves of a head.
            rows, width = numbers.shape
            halves = numbers.reshape(heads[name], rows // heads[name] // 2, 2, width)
            numbers = halves.swapaxes(1, 2).reshape(rows, width)
        before = f"model.layers.{block.removeprefix('blk.')}." if block else ""
        saved[f"{before}{NAMES[name]}.weight"] = numbers.astype("float16")
    save_file(saved, path, metadata={"format": "pt"})


def _tokenizer(tokens: list[str], kinds: list[int], merges: list[str]) -> dict[str, Any]:  # Any: JSON
    """SmolLM's: each digit for itself, then bytes as GPT-2 has them."""
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


def _dump(path: Path, content: dict[str, Any]) -> None:  # Any: JSON
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
