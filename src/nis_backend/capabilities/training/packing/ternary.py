"""A ternary model at two bits a weight: what Transformers packs, written so that it loads there as it is.

Codes are those that training multiplies by: clip(round(W / mean|W|), -1, 1). Four of them share a byte: byte (i, j) of
a matrix of n rows has rows i, i + n/4, i + n/2 and i + 3n/4 in bits 0-1, 2-3, 4-5 and 6-7, each plus one. The scale
that stands beside a matrix is 1 / mean|W|: what is summed up in whole numbers is divided by it, and by 127 / max|x| of
a token.

Source: Ma et al. (2024), arXiv:2402.17764; the layout is that of Transformers' BitLinear.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.training.packing.folder import (
    BITS,
    SCALE,
    Source,
    is_projection,
    reason_of,
)
from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.ternary import layout

if TYPE_CHECKING:
    from pathlib import Path

# Any: torch is read without its types here.
Tensor = Any

LEAST = 1e-5
"""The smallest mean of a matrix, as in training: one of zeros stays zeros."""
OFFLINE = {"quant_method": "bitnet", "linear_class": "bitlinear", "quantization_mode": "offline"}
"""How Transformers is told that weights are packed."""
WEIGHTS, CONFIG = "model.safetensors", "config.json"


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What was packed."""

    ternary: int
    """Weights that are ternary."""
    floating: int
    """Other numbers."""
    bits: float
    """Of the file, for a ternary weight: all of its bytes that hold no other number."""


def codes_of(weight: Tensor) -> tuple[Tensor, Tensor]:
    """The codes of a matrix, and what their sums are divided by: 1 / mean|W|, as a float32 of one."""
    given = weight.float()
    scale = 1.0 / given.abs().mean().clamp_(min=LEAST)
    return (given * scale).round().clamp(-1, 1), scale.reshape(1)


def pack(codes: Tensor, name: str) -> Tensor:
    """Codes of shape (n, k) as bytes of shape (n/4, k).

    Raises:
        InvalidRequest: the number of rows is no multiple of four.
    """
    torch: Any = import_module("torch")
    rows = codes.shape[0]
    if rows % layout.PER_BYTE:
        raise InvalidRequest(
            f"{name} has {rows} rows, and four share a byte.",
            field="format",
            value=f"{name}: {rows} rows",
            remedy="Train with widths that are multiples of 4, or take the format safetensors.",
        )
    return torch.from_numpy(layout.pack(codes.to(torch.int8).numpy()))


def pack_folder(source: Source, into: Path) -> Packed:
    """Write a trained model's folder anew, packed; `into` is an empty folder."""
    save: Any = import_module("safetensors.torch").save_file
    unwritten: Any = import_module("safetensors").SafetensorError  # what it makes of a full disk
    kept: dict[str, Tensor] = {}
    ternary = floating = 0
    for name, tensor in source.tensors("pt"):
        if is_projection(name):
            codes, scale = codes_of(tensor)
            kept[name], kept[name + SCALE] = pack(codes, name), scale
            ternary += tensor.numel()
        else:
            kept[name] = tensor.float()
            floating += tensor.numel()
    if not ternary:
        raise InvalidRequest(
            "This model has no ternary weights.", field="format", value="packed", remedy="Take another format."
        )
    config = {**source.config, "quantization_config": OFFLINE, "dtype": "float32"}
    try:
        save(kept, into / WEIGHTS, metadata={"format": "pt"})
        (into / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        for path in source.path.iterdir():
            if path.is_file() and path.suffix in {".json", ".jinja", ".txt"} and not (into / path.name).exists():
                shutil.copyfile(path, into / path.name)
        (into / "manifest.json").unlink(missing_ok=True)
    except (OSError, unwritten) as error:
        raise Unavailable(
            f"The packed model cannot be written: {reason_of(error)}.",
            remedy="Free some space for trained models.",
        ) from None
    size = (into / WEIGHTS).stat().st_size
    return Packed(ternary=ternary, floating=floating, bits=BITS * (size - 4 * floating) / ternary)
