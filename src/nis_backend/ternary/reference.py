"""A ternary layer's arithmetic, plainly: what every kernel is held to, bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.ternary.layout import unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray


def quantise(x: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Activations `(tokens, columns)` as int8, and each token's scale: 127 / max|x|, rounded half to even.

    Source: Wang et al. (2023), BitNet, arXiv:2310.11453, section 2.1; per token, as transformers' BitLinear has it.
    """
    most = np.maximum(np.abs(x).max(axis=-1, keepdims=True), np.float32(1e-5))
    scales = np.float32(127) / most
    return np.rint(x * scales).clip(-128, 127).astype(np.int8), scales[:, 0]


def multiply(packed: NDArray[np.uint8], x: NDArray[np.int8]) -> NDArray[np.int32]:
    """Exact sums `(tokens, rows)` of int8 activations `(tokens, columns)` and packed weights `(rows / 4, columns)`."""
    return (x.astype(np.int64) @ unpack(packed).astype(np.int64).T).astype(np.int32)


def apply(packed: NDArray[np.uint8], x: NDArray[np.float32], weight_divisor: np.float32) -> NDArray[np.float32]:
    """A layer: activations `(tokens, columns)` to `(tokens, rows)`."""
    values, scales = quantise(x)
    divisors = (scales * weight_divisor)[:, None]
    return np.asarray(multiply(packed, values).astype(np.float32) / divisors, np.float32)
