"""A trained model's folder as Transformers saves it, read without Transformers: its settings and its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest, Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nis_backend.trained.manifest import Layout

# Any: a JSON object's values differ in type; numpy's and torch's arrays are read without their types here.
Json = dict[str, Any]
Array = Any

TERNARY = "bitnet"
"""The `model_type` of what may be ternary."""
PROJECTIONS = tuple(f"{name}_proj.weight" for name in ("q", "k", "v", "o", "gate", "up", "down"))
"""How the names end of the matrices that are ternary in a ternary model."""
SCALE = "_scale"
"""What follows a packed matrix's name in the name of its scale."""
BITS = 8


@dataclass(frozen=True, kw_only=True)
class Source:
    """A folder and what its `config.json` says."""

    path: Path
    config: Json

    @property
    def layout(self) -> Layout:
        """How its weights lie."""
        said: Any = self.config.get("quantization_config")
        rounding = cast("Json", said) if isinstance(said, dict) else Json()
        if rounding.get("quant_method") != TERNARY:
            return "float"
        return "ternary-packed" if rounding.get("linear_class") == "bitlinear" else "ternary-master"

    @property
    def kind(self) -> str:
        """What Transformers calls its architecture."""
        return str(self.config.get("model_type", ""))

    def tensors(self, framework: str = "np") -> Iterator[tuple[str, Array]]:
        """Every tensor and its name, one after another: no two are in memory at once.

        numpy knows no bfloat16: such files are read by torch and widened.

        Raises:
            Unavailable: its weights cannot be read.
        """
        safetensors: Any = import_module("safetensors")
        for path in sorted(self.path.glob("*.safetensors")):
            try:
                with safetensors.safe_open(path, framework) as file:
                    for name in file.keys():  # noqa: SIM118 - it is no mapping
                        yield name, file.get_tensor(name)
            except (OSError, RuntimeError, safetensors.SafetensorError) as error:
                why = reason_of(error).replace(f"{path.parent}/", "")
                raise Unavailable(
                    f"The weights {path.name} cannot be read: {why}.",
                    remedy="Bring back the model's folder from a backup, or train it again.",
                ) from None

    def count(self) -> int:
        """How many numbers it has, without reading them."""
        safetensors: Any = import_module("safetensors")
        total = 0
        for path in sorted(self.path.glob("*.safetensors")):
            with safetensors.safe_open(path, "np") as file:
                for name in file.keys():  # noqa: SIM118 - as above
                    size = 1
                    for side in file.get_slice(name).get_shape():
                        size *= side
                    total += size
        return total


def source_of(path: Path) -> Source:
    """The folder's settings.

    Raises:
        InvalidRequest: it holds no model as Transformers saves one.
    """
    try:
        config: Any = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict) or not any(path.glob("*.safetensors")):
        raise InvalidRequest(
            "This model has no config.json with *.safetensors beside it: no other format can be made of it.",
            field="format",
            value="config.json",
            remedy="Ask for its folder as a zip.",
        )
    return Source(path=path, config=cast("Json", config))


def reason_of(error: Exception) -> str:
    """Why a file could not be read or written, never with its path."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return shorten(said or type(error).__name__)


def is_projection(name: str) -> bool:
    """Whether this is a matrix that is ternary in a ternary model."""
    return name.endswith(PROJECTIONS)
