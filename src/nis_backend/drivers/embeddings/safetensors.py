"""Numbers from a safetensors file, mapped and not copied, but for bfloat16. Loads in the worker only.

Source: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LONGEST_HEAD = 100_000_000
"""Bytes of a header that the format allows."""
KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}


def tensors(path: Path) -> dict[str, NDArray[Any]]:  # Any: each has its own kind of number
    """The file's arrays by their names; those of other kinds of numbers are left out.

    Raises:
        Unavailable: it is no such file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(LONGEST_HEAD, size):
                raise ValueError("its header is longer than it")  # noqa: TRY301 - as every other fault of the file
            head: Any = json.loads(file.read(length))  # Any: JSON
        found: dict[str, NDArray[Any]] = {}
        for name, one in head.items():
            if name != "__metadata__" and one["dtype"] in KINDS:
                start, end = one["data_offsets"]
                shape = tuple(int(number) for number in one["shape"])
                array = np.memmap(path, KINDS[one["dtype"]], "r", 8 + length + int(start), shape)
                if array.nbytes != end - start:
                    raise ValueError(f"{name} has not the size of its shape")  # noqa: TRY301 - as above
                # NumPy has no bfloat16: it is the upper half of a float32.
                wide = one["dtype"] == "BF16"
                found[name] = (array.astype(np.uint32) << 16).view(np.float32) if wide else array
    except (OSError, ValueError, TypeError, KeyError, AttributeError, struct.error) as error:
        raise Unavailable(f"{path.name} is no safetensors file: {error}.", remedy="Fetch it again.") from None
    return found
