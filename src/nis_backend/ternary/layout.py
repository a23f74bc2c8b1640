"""How four ternary weights share a byte, as transformers packs BitNet.

`packed[i, k]` holds column `k` of rows `i`, `i + block`, `i + 2 block` and `i + 3 block`, in bits 0, 2, 4 and 6, each
as `weight + 1`: a matrix of `rows` is `rows / 4` rows of bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

PER_BYTE = 4
PLACES, LANES = 64, 16
"""What a cache's places, and a head in it, are multiples of; as in kernel.c."""
SPOILT_BITS = 0x55
"""The code 3 stands for no weight: both its bits are set, which a byte and itself moved by one tell at once."""


def pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Weights of -1, 0 and 1 `(rows, columns)` as bytes `(rows / 4, columns)`.

    Raises:
        InvalidRequest: `rows` is no multiple of 4, or a weight is none of the three.
    """
    rows = codes.shape[0]
    if rows % PER_BYTE:
        raise InvalidRequest(
            f"{rows} rows cannot be packed: four share a byte.",
            field="rows",
            value=str(rows),
            remedy="Take widths that are multiples of 4.",
        )
    if codes.size and (codes.min() < -1 or codes.max() > 1):
        raise InvalidRequest(
            "A weight is none of -1, 0 and 1.", field="codes", remedy="Round and clip weights before they are packed."
        )
    four = (codes + 1).astype(np.uint8).reshape(PER_BYTE, rows // PER_BYTE, codes.shape[1])
    return four[0] | four[1] << 2 | four[2] << 4 | four[3] << 6


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The weights `(4 block, columns)` of bytes `(block, columns)`."""
    return np.concatenate([(packed >> 2 * part & 3).astype(np.int8) - 1 for part in range(PER_BYTE)]).astype(np.int8)


def is_ternary(packed: NDArray[np.uint8]) -> bool:
    """Whether no byte holds the code 3, which is no weight."""
    step = 1 + (1 << 20) // max(1, packed.shape[1])
    parts = (packed[at : at + step] for at in range(0, packed.shape[0], step))
    return not any(bool((part & part >> 1 & SPOILT_BITS).any()) for part in parts)
