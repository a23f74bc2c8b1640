"""Attention is what softmax says it is, and has the same bits on every path and beside whatever else."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from nis_backend.errors import Unavailable
from nis_backend.ternary import reference
from nis_backend.ternary.kernel import CompiledKernel, Kernel, open_kernel
from nis_backend.ternary.layout import LANES, PLACES
from nis_backend.ternary.native import PATHS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.ternary.native import Wanted

Floats = tuple["NDArray[np.float32]", "NDArray[np.float32]", "NDArray[np.float32]"]
SHAPES = (
    *((1, 1, 1, 2, 0), (1, 4, 2, 16, 63), (3, 4, 1, 24, 64), (5, 6, 3, 80, 126), (9, 2, 2, 64, 0)),
    *((2, 3, 3, 128, 61), (70, 2, 1, 32, 200), (4, 1, 1, 300, 5)),
)
"""New tokens, heads, those with keys of their own, a head's width, places before: either side of blocks and lanes."""


@pytest.fixture(scope="module")
def kernels(library: Path) -> list[Kernel]:
    """Every path that this processor has, on two threads; and numpy, the last."""
    found: list[Kernel] = []
    for name in (*PATHS, "none"):
        try:
            found.append(open_kernel(cast("Wanted", name), 2, library))
        except Unavailable:
            continue
    return found


def draw(new: int, heads: int, kv: int, head: int, begin: int, size: float = 1.0) -> Floats:
    """Queries, and keys and values whose places beyond the end hold what would be seen, were it counted."""
    random = np.random.default_rng((new, heads, head, begin))
    blocks = -(-(begin + new) // PLACES)
    q = random.standard_normal((new, heads, head)).astype(np.float32) * np.float32(size)
    keys = random.standard_normal((kv, blocks, head, PLACES)).astype(np.float32)
    values = random.standard_normal((kv, blocks * PLACES, -(-head // LANES) * LANES)).astype(np.float32)
    keys[:, -1, :, (begin + new - 1) % PLACES + 1 :] = 1e30
    values[:, begin + new :] = np.nan
    return q, keys, values


def plainly(
    q: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32], begin: int
) -> NDArray[np.float64]:
    """Softmax in float64, a token and a head at a time."""
    out = np.empty(q.shape)
    shared = q.shape[1] // len(keys)
    for token, head in np.ndindex(*q.shape[:2]):
        upto = begin + token + 1
        mine = keys[head // shared].transpose(0, 2, 1).reshape(-1, q.shape[2])[:upto].astype(np.float64)
        scores = mine @ q[token, head]
        chances = np.exp(scores - scores.max())
        out[token, head] = chances @ values[head // shared, :upto, : q.shape[2]] / chances.sum()
    return out


@pytest.mark.parametrize("size", [0.01, 1.0, 40.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_attention_is_softmax(shape: tuple[int, int, int, int, int], size: float, kernels: list[Kernel]) -> None:
    """Promise: within float rounding of softmax in float64, whether scores are alike or one outweighs all."""
    q, keys, values = draw(*shape, size=size)
    exact = plainly(q, keys, values, shape[4])
    for kernel in kernels:
        found = kernel.attend(q, keys, values, shape[4])
        assert np.abs(found - exact).max() < 2e-5 * max(1.0, size), kernel.name


@pytest.mark.parametrize("shape", SHAPES)
def test_compiled_paths_agree_bit_for_bit(shape: tuple[int, int, int, int, int], kernels: list[Kernel]) -> None:
    """Promise: sums have one order, however wide a processor's vectors are."""
    q, keys, values = draw(*shape)
    found = [one.attend(q, keys, values, shape[4]) for one in kernels if isinstance(one, CompiledKernel)]
    assert len(found) > 1
    assert all(np.array_equal(found[0], other) for other in found[1:])


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape[0] > 1])
def test_a_tokens_bits_do_not_depend_on_others(shape: tuple[int, int, int, int, int], kernels: list[Kernel]) -> None:
    """Promise: a token read alone, or among others of a prompt, comes to the same."""
    q, keys, values = draw(*shape)
    values = np.nan_to_num(values)  # numpy's product reads what is weighed by nothing
    for kernel in kernels:
        together = kernel.attend(q, keys, values, shape[4])
        alone = [kernel.attend(q[at : at + 1], keys, values, shape[4] + at) for at in range(shape[0])]
        assert np.array_equal(together, np.concatenate(alone)), kernel.name


def test_wide_heads_are_numpys(kernels: list[Kernel]) -> None:
    """Promise: what the compiled attention has no room for is computed all the same."""
    q, keys, values = draw(2, 1, 1, 520, 3)
    for kernel in kernels:
        assert np.array_equal(kernel.attend(q, keys, values, 3), reference.attend(q, keys, values, 3))


def test_the_c_code_refuses_what_lies_beyond(library: Path) -> None:
    """Promise: tokens past the room, a head that is too wide, heads that cannot share, rooms that are no blocks."""
    kernel = open_kernel("portable", 1, library)
    assert isinstance(kernel, CompiledKernel)
    call = kernel._library.nis_ternary_attend  # pyright: ignore[reportPrivateUsage] - the boundary itself
    for tokens, heads, shared, head, room, begin in (
        *((1, 2, 2, 16, 64, 64), (2, 2, 2, 16, 64, 63), (1, 2, 2, 513, 64, 0), (1, 3, 2, 16, 64, 0)),
        *(
            (1, 2, 2, 16, 65, 0),
            (0, 2, 2, 16, 64, 0),
            (1, 2, 0, 16, 64, 0),
            (1, 2, 2, 0, 64, 0),
            (1, 2, 2, 16, 64, 2**63),
        ),
    ):
        assert call(0, None, tokens, heads, shared, head, None, None, room, begin, None, 1) == 1
    assert call(17, None, 1, 1, 1, 16, None, None, 64, 0, None, 1) == 3
