"""A ternary layer's arithmetic, plainly: what every kernel is held to, bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.ternary.layout import PLACES, unpack

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


def attend(
    q: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32], begin: int
) -> NDArray[np.float32]:
    """Attention of new tokens `(tokens, heads, head)` over the places up to each; see `Kernel.attend`.

    One token at a time, whose products have the same shapes whatever is computed beside it: the same bits, then.
    """
    tokens, heads, head = q.shape
    # Heads that share keys are rows of one product: (kv, 1, group, head) by (kv, blocks, head, PLACES).
    grouped = q.reshape(tokens, len(keys), heads // len(keys), head)
    out = np.empty_like(grouped)
    for number, one in enumerate(grouped):
        upto = begin + number + 1
        blocks = one[:, None] @ keys[:, : -(-upto // PLACES)]
        scores = blocks.transpose(0, 2, 1, 3).reshape(*one.shape[:2], -1)[..., :upto]
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        np.matmul(scores, values[:, :upto, :head], out=out[number])
    return out.reshape(tokens, heads, head)
