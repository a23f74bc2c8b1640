"""A packed model's folder, as transformers saves BitNetForCausalLM: config.json, and safetensors that are mapped.

Nothing of a file is believed: a header's length, each tensor's place and shape, and every packed byte are looked at.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from nis_backend.errors import Unavailable, shorten
from nis_backend.ternary.layout import PER_BYTE, is_ternary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LONGEST_HEADER, LONGEST_CONFIG = 100_000_000, 1 << 20
"""Bytes; the first is safetensors' own bound."""
MOST_SIDES = 8
MOST_LAYERS, MOST_WIDTH, MOST_VOCABULARY, MOST_CONTEXT = 1024, 65_536, 4_194_304, 1 << 24
LARGEST = 1e30
DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "U8": "|u1"}
PROJECTIONS = (
    *("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
    *("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"),
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What config.json says of a model."""

    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    head: int
    vocabulary: int
    context: int
    theta: float
    epsilon: float
    activation: Literal["silu", "relu2"]
    tied: bool
    multiplies: bool
    """Whether weight_scale is what sums are multiplied by; else what they are divided by."""
    ends: frozenset[int]


def spoilt(folder: Path, what: str, remedy: str = "Export the model again as packed weights.") -> Unavailable:
    """What is said of a folder that cannot be served."""
    return Unavailable(f"The model in {folder.name} cannot be opened: {what}.", field="model", remedy=remedy)


def read_shape(folder: Path) -> Shape:
    """What config.json says.

    Raises:
        Unavailable: it is not there, or says what is not computed here.
    """
    said = _Config(folder)
    width, heads = said.whole("hidden_size", MOST_WIDTH), said.whole("num_attention_heads", MOST_WIDTH)
    shape = Shape(
        layers=said.whole("num_hidden_layers", MOST_LAYERS),
        width=width,
        inner=said.whole("intermediate_size", MOST_WIDTH),
        heads=heads,
        kv_heads=said.whole("num_key_value_heads", heads, heads),
        head=said.whole("head_dim", MOST_WIDTH, max(1, width // heads)),
        vocabulary=said.whole("vocab_size", MOST_VOCABULARY),
        context=said.whole("max_position_embeddings", MOST_CONTEXT, 2048),
        theta=said.above_zero("rope_theta", said.rope.get("rope_theta", said.all.get("rope_theta", 500_000.0))),
        epsilon=said.above_zero("rms_norm_eps", said.all.get("rms_norm_eps", 1e-5)),
        activation=said.activation(),
        tied=said.all.get("tie_word_embeddings", False) is True,
        multiplies=said.multiplies(),
        ends=said.ends(),
    )
    if shape.head % 2 or shape.heads % shape.kv_heads or shape.heads * shape.head != width:
        raise spoilt(folder, f"{heads} heads of {shape.head} over {shape.kv_heads} do not make a width of {width}")
    return shape


class _Config:
    """config.json, looked at field by field."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            with (folder / "config.json").open("rb") as file:
                self.all = _object(json.loads(file.read(LONGEST_CONFIG)))
        except (OSError, ValueError, RecursionError) as error:
            raise spoilt(folder, f"config.json cannot be read ({type(error).__name__})") from None
        if self.all.get("model_type") != "bitnet":
            raise spoilt(folder, "config.json does not say model_type bitnet")
        self.rope = _object(self.all.get("rope_parameters"))
        quantised = _object(self.all.get("quantization_config"))
        if not quantised or quantised.get("quantization_mode", "offline") != "offline":
            raise spoilt(folder, "its weights are not packed", "Export it as packed weights first.")
        self._linear = quantised.get("linear_class", "bitlinear")
        wanted = {"attention_bias": self.all.get("attention_bias"), "use_rms_norm": quantised.get("use_rms_norm")}
        wanted["rope_scaling"] = self.all.get("rope_scaling")
        wanted["rope_type"] = self.rope.get("rope_type", "default") != "default"
        if asked := [name for name, value in wanted.items() if value]:
            raise spoilt(folder, f"it wants {', '.join(asked)}, which is not computed here")

    def whole(self, name: str, most: int, default: int | None = None) -> int:
        value = self.all.get(name)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise spoilt(self._folder, f"{name} is {shorten(value)}, and should be from 1 to {most}")
        return value

    def above_zero(self, name: str, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < LARGEST:
            raise spoilt(self._folder, f"{name} is {shorten(value)}, and should be above 0")
        return float(value)

    def activation(self) -> Literal["silu", "relu2"]:
        value = self.all.get("hidden_act", "relu2")
        if value not in ("silu", "relu2"):
            raise spoilt(self._folder, f"it wants the activation {shorten(value)}; silu and relu2 are computed here")
        return value

    def multiplies(self) -> bool:
        if self._linear not in ("bitlinear", "autobitlinear"):
            raise spoilt(self._folder, f"linear_class is {shorten(self._linear)}")
        return self._linear == "autobitlinear"

    def ends(self) -> frozenset[int]:
        said = self.all.get("eos_token_id")
        listed = cast("list[object]", said) if isinstance(said, list) else [said]
        return frozenset(one for one in listed if isinstance(one, int) and not isinstance(one, bool))


def _object(said: object) -> dict[str, Any]:  # Any: JSON
    """A JSON object, or an empty one."""
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


class Tensors:
    """The tensors of a folder's safetensors, by their names, mapped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, NDArray[np.generic]] = {}
        self._brain: frozenset[str] = frozenset()
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise spoilt(folder, "it has no safetensors")
        for file in files:
            self._read(file)

    def _read(self, file: Path) -> None:
        try:
            everything: NDArray[np.uint8] = np.memmap(file, np.uint8, "r")
            length = int.from_bytes(everything[:8].tobytes(), "little")
            if len(everything) < 8 + length or length > LONGEST_HEADER:
                msg = "its header is longer than the file"
                raise ValueError(msg)  # noqa: TRY301 - said as the other faults of the file
            header = json.loads(everything[8 : 8 + length].tobytes())
            data = everything[8 + length :]
            for name, said in header.items():
                if name != "__metadata__":
                    self._found[name] = _tensor(data, said)
                    self._brain |= {name} if said["dtype"] == "BF16" else frozenset()
        except OSError as error:
            raise spoilt(self._folder, f"{file.name} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise spoilt(self._folder, f"{file.name} is damaged ({shorten(str(error))})") from None

    def floats(self, name: str, *shape: int) -> NDArray[np.float32]:
        """A tensor of floats of this shape, as float32."""
        found = self._get(name, shape)
        if found.dtype == np.uint8:
            raise spoilt(self._folder, f"{name} holds bytes, and should hold floats")
        if name in self._brain:  # bfloat16 is the upper half of a float32
            return (found.astype(np.uint32) << 16).view(np.float32)
        return np.require(found, np.float32, ["C", "A"])

    def scale(self, name: str) -> float:
        """What stands beside a packed matrix."""
        scale = float(self.floats(name, 1)[0])
        if not 1 / LARGEST < scale < LARGEST:
            raise spoilt(self._folder, f"{name} is {scale:g}, and should be above 0")
        return scale

    def packed(self, name: str, rows: int, columns: int) -> NDArray[np.uint8]:
        """A packed matrix of so many rows, where it lies in the file."""
        found = self._get(name, (rows // PER_BYTE, columns))
        if found.dtype != np.uint8 or rows % PER_BYTE:
            raise spoilt(self._folder, f"{name} is not packed", "Export it as packed weights first.")
        packed = cast("NDArray[np.uint8]", found)
        if not is_ternary(packed):
            raise spoilt(self._folder, f"{name} holds what is none of -1, 0 and 1")
        return packed

    def _get(self, name: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        found = self._found.get(name)
        if found is None:
            raise spoilt(self._folder, f"{name} is not there")
        if found.shape != shape:
            raise spoilt(self._folder, f"{name} is {found.shape}, and should be {shape}")
        return found


def _tensor(data: NDArray[np.uint8], said: dict[str, Any]) -> NDArray[np.generic]:  # Any: JSON
    dtype, shape, (begin, end) = np.dtype(DTYPES[said["dtype"]]), tuple(said["shape"]), said["data_offsets"]
    if len(shape) > MOST_SIDES or not all(isinstance(one, int) and one >= 0 for one in (*shape, begin, end)):
        msg = f"a place is no whole number, or a shape has more than {MOST_SIDES}"
        raise ValueError(msg)
    size = dtype.itemsize * math.prod(shape)
    if end - begin != size or end > len(data):
        msg = "a tensor lies beyond the file, or is of another size than its shape"
        raise ValueError(msg)
    return data[begin:end].view(dtype).reshape(shape)
