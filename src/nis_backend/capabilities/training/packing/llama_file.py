"""A model as a GGUF file, for llama.cpp: of a ternary one its architecture `bitnet`, of a float one that or `llama`.

Ternary weights are written as the whole numbers that they are, in blocks of 256 whose own scale is 1, with the scale
of their matrix beside them in float32: nothing of them is rounded. What llama.cpp computes differs from torch in two
places: it rounds activations to eight bits in blocks of 256, where training has one scale for a token, and it keeps
embeddings and the cache of keys and values in float16.

TQ2_0 has 66 bytes a block (2.0625 bits a weight), TQ1_0 54 (1.6875), Q8_0 34 for 32.
Sources: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; llama.cpp's src/models/bitnet.cpp and llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.training.packing.folder import BITS, SCALE, Source, is_projection
from nis_backend.capabilities.training.packing.shape import USUAL_TURNS, shape_of
from nis_backend.capabilities.training.packing.vocabulary import vocabulary_of
from nis_backend.errors import InvalidRequest
from nis_backend.ternary.layout import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nis_backend.capabilities.training.packing.shape import Shape
    from nis_backend.capabilities.training.packing.vocabulary import Vocabulary

# Any: gguf and numpy are read without their types here, and a JSON object's values differ in type.
Array = Any
Json = dict[str, Any]

Weights = Literal["tq2_0", "tq1_0", "f16", "q8_0"]
"""How matrices are written."""
BLOCKS: dict[Weights, int] = {"tq2_0": 256, "tq1_0": 256, "f16": 1, "q8_0": 32}
"""Numbers of a row that stand or fall together."""
FILE_TYPES: dict[Weights, int] = {"tq2_0": 37, "tq1_0": 36, "f16": 1, "q8_0": 7}
"""What a file's head says of most of its numbers."""
TERNARY: frozenset[Weights] = frozenset({"tq2_0", "tq1_0"})
MATRIX = 2
"""Sides of a matrix."""
SCALES = ".scale"
"""How the names end of what the sums of a ternary matrix are multiplied by."""
MOST_EXACT = 65_504
"""The largest float16."""

NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.attn_sub_norm": "attn_sub_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "mlp.ffn_sub_norm": "ffn_sub_norm",
}
"""llama.cpp's names for what Transformers calls otherwise."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A matrix or a vector of the file."""

    name: str
    numbers: Array
    kind: int
    """The type of its numbers, as the file's head has it."""
    ternary: int = 0
    """How many ternary weights it has."""


def write_llama_file(source: Source, weights: Weights, path: Path, called: str) -> float | None:
    """Write the file, `called` the model's name in it; ternary models are read packed. Answers bits a ternary weight.

    Raises:
        InvalidRequest: llama.cpp has no way to compute this model, or not in these numbers.
        OSError: it cannot be written.
    """
    gguf: Any = import_module("gguf")
    if source.kind not in USUAL_TURNS:
        raise _refused(f"models of the kind {source.kind!r}", source.kind, "Take the format safetensors.")
    shape = shape_of(source)
    _check(source, shape, weights)
    writer: Any = gguf.GGUFWriter(None, source.kind, use_temp_file=False)
    writer.add_name(called)
    writer.add_file_type(FILE_TYPES[weights])
    _add_shape(writer, shape)
    _add_vocabulary(writer, vocabulary_of(source.path, shape.vocab_size))
    size = weighed = 0
    written: list[Array] = []
    for one in _tensors(source, shape, weights):
        writer.add_tensor(one.name, one.numbers, raw_dtype=gguf.GGMLQuantizationType(one.kind))
        written.append(one.numbers)
        size += one.numbers.nbytes if one.ternary or one.name.endswith(SCALES) else 0
        weighed += one.ternary
    writer.write_header_to_file(path=path)
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    [file] = writer.fout
    writer.write_padding(file, file.tell())
    for numbers in written:
        # numpy's way to write, which the package takes, loses what a full disk does not take, and says nothing.
        file.write(numbers.tobytes())
        writer.write_padding(file, numbers.nbytes)
    writer.close()
    return BITS * size / weighed if weighed else None


def _check(source: Source, shape: Shape, weights: Weights) -> None:
    ternary = source.layout == "ternary-packed"
    if (weights in TERNARY and not ternary) or (weights == "q8_0" and ternary):
        others = "gguf-f16 or gguf-q8_0" if not ternary else "gguf-tq2_0, gguf-tq1_0 or gguf-f16"
        what = "a ternary" if ternary else "no ternary"
        raise _refused(f"{weights} of what is {what} model", f"gguf-{weights}", f"Take {others}.")
    if shape.scaled:
        raise _refused("rotary places that are scaled", "rope_scaling", "Take the format safetensors.")
    if source.kind == "bitnet" and not shape.tie_word_embeddings:
        raise _refused("bitnet with an output of its own", "tie_word_embeddings", "Train with tied embeddings.")
    if shape.hidden_act != "silu":
        raise _refused("a gate that is not silu", shape.hidden_act, "Train with hidden_act silu.")
    for name, size in (("hidden_size", shape.hidden_size), ("intermediate_size", shape.intermediate_size)):
        if size % BLOCKS[weights]:
            raise InvalidRequest(
                f"{weights} takes rows of a multiple of {BLOCKS[weights]} numbers, and {name} is {size}.",
                field="format",
                value=f"gguf-{weights}",
                remedy=f"Take gguf-f16, or train with widths that are multiples of {BLOCKS[weights]}.",
            )


def _refused(what: str, value: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(f"llama.cpp does not compute {what}.", field="format", value=value, remedy=remedy)


def _add_shape(writer: Any, shape: Shape) -> None:
    writer.add_context_length(shape.max_position_embeddings)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_block_count(shape.num_hidden_layers)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.num_attention_heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(shape.turns)
    writer.add_layer_norm_rms_eps(shape.rms_norm_eps)
    writer.add_vocab_size(shape.vocab_size)


def _add_vocabulary(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.splits)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.pairs)
    for kind, number in vocabulary.marks.items():
        getattr(writer, f"add_{kind}_token_id")(number)
    writer.add_add_bos_token(vocabulary.begins)
    if vocabulary.template:
        writer.add_chat_template(vocabulary.template)


def _tensors(source: Source, shape: Shape, weights: Weights) -> Iterator[Written]:
    """What the file holds; a packed matrix and its scale come one after the other."""
    packed = source.layout == "ternary-packed"
    turned = {"attn_q": shape.num_attention_heads, "attn_k": shape.kv_heads} if source.kind == "llama" else {}
    for name, tensor in source.tensors("pt"):
        whole, _, kind = name.rpartition(".")
        layer = ""
        if whole.startswith("model.layers."):
            _, _, number, whole = whole.split(".", 3)
            layer = f"blk.{number}."
        if whole not in NAMES or kind not in {"weight", f"weight{SCALE}"}:
            raise _refused(f"a model with {name}", name, "Take the format safetensors.")
        if whole == "lm_head" and shape.tie_word_embeddings:
            continue
        short = NAMES[whole]
        as_it_is = packed and (kind == f"weight{SCALE}" or is_projection(name))
        numbers = (tensor if as_it_is else tensor.float()).numpy()
        if kind == f"weight{SCALE}":
            # There what is summed up is multiplied by it.
            yield Written(name=f"{layer}{short}{SCALES}", numbers=(1.0 / numbers).astype("float32"), kind=0)
            continue
        if packed and is_projection(name):
            numbers = unpack(numbers).astype("float32")
        if numbers.shape != shape.sides(short):
            raise _refused(f"{name} of {numbers.shape}, where config.json says {shape.sides(short)}", name, "Take zip.")
        if short in turned:
            numbers = _turned(numbers, turned[short])
        one = _written(f"{layer}{short}.weight", numbers, _type_of(name, numbers, weights))
        yield replace(one, ternary=numbers.size) if packed and is_projection(name) else one


def _type_of(name: str, numbers: Array, weights: Weights) -> Weights | None:
    """How it is written; None is float32, as norms are. The rows of embeddings are read one by one: never ternary."""
    if numbers.ndim != MATRIX:
        return None
    return "f16" if weights in TERNARY and not is_projection(name) else weights


def _written(name: str, numbers: Array, how: Weights | None) -> Written:
    gguf: Any = import_module("gguf")
    if how is None:
        return Written(name=name, numbers=numbers.astype("float32"), kind=gguf.GGMLQuantizationType.F32)
    if how == "f16" and abs(numbers).max() > MOST_EXACT:
        raise _refused(f"{name} in float16, which ends at {MOST_EXACT}", name, "Take gguf-q8_0 or safetensors.")
    kind = gguf.GGMLQuantizationType[how.upper()]
    return Written(name=name, numbers=gguf.quants.quantize(numbers.astype("float32"), kind), kind=kind)


def _turned(numbers: Array, heads: int) -> Array:
    """Rows in llama.cpp's order, which turns neighbours of a head, where Transformers turns its two halves."""
    rows, width = numbers.shape
    return numbers.reshape(heads, 2, rows // heads // 2, width).swapaxes(1, 2).reshape(rows, width)
