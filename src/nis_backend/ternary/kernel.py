"""What multiplies by ternary matrices here: the compiled kernel by its fastest instructions, or numpy; and which it is.

All of them give the same sums, bit by bit. numpy is for machines without the library: it holds each matrix as float32,
in which sums of up to 2^24 are exact in any order, and takes 16 times the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nis_backend.cores import allowed_threads
from nis_backend.errors import InvalidRequest
from nis_backend.ternary import reference
from nis_backend.ternary.compiling import LIBRARY
from nis_backend.ternary.layout import LANES, PER_BYTE, PLACES, unpack
from nis_backend.ternary.native import PATHS, Wanted, find_path
from nis_backend.ternary.reference import attend

if TYPE_CHECKING:
    import ctypes
    from pathlib import Path

    from numpy.typing import NDArray

MOST_COLUMNS = 65_536
"""Above this a sum could leave an int32 on its way; as in kernel.c."""
MOST_THREADS = 64
MOST_HEAD = 512
"""Wider heads are numpy's; as in kernel.c."""
BLOCK_BYTES = 1 << 22
"""Of packed weights, of which numpy makes floats at once when it does not keep them."""
KEPT_BYTES = 1 << 28
"""Of floats that numpy keeps for one matrix."""


@dataclass(frozen=True, kw_only=True)
class Activations:
    """Activations of some tokens as int8 `(tokens, columns)`, with each one's scale and sum."""

    values: NDArray[np.int8]
    scales: NDArray[np.float32]
    sums: NDArray[np.int32]
    addresses: tuple[int, int, int] = (0, 0, 0)
    """Of the three: asking numpy for one takes longer than a small matrix."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A ternary matrix as a kernel holds it: packed `(rows / 4, columns)`, and float32 where numpy computes."""

    packed: NDArray[np.uint8]
    address: int
    floats: NDArray[np.float32] | None = None

    @property
    def rows(self) -> int:
        """Of the matrix, not of its bytes."""
        return PER_BYTE * self.packed.shape[0]

    @property
    def columns(self) -> int:
        """Of both."""
        return self.packed.shape[1]


class Kernel(Protocol):
    """What multiplies by ternary matrices."""

    name: str
    threads: int

    def hold(self, packed: NDArray[np.uint8]) -> Matrix:
        """Take a packed matrix, whose bytes stay where they are."""
        ...

    def quantise(self, x: NDArray[np.float32]) -> Activations:
        """Activations `(tokens, columns)` as int8, once for all matrices that they meet."""
        ...

    def multiply(self, matrix: Matrix, x: NDArray[np.int8]) -> NDArray[np.int32]:
        """Exact sums `(tokens, rows)`."""
        ...

    def apply(self, matrix: Matrix, x: Activations, weight_divisor: float) -> NDArray[np.float32]:
        """The sums divided by each token's scale and by `weight_divisor`, `(tokens, rows)`."""
        ...

    def attend(
        self, q: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32], begin: int
    ) -> NDArray[np.float32]:
        """New tokens' attention, the first of which stands at `begin`, `(tokens, heads, head)` as `q`.

        `q` is scaled already; `keys` are `(kv heads, blocks, head, PLACES)`, `values` `(kv heads, blocks * PLACES, head
        up to LANES)`, the new tokens' among them. A token's result has the same bits whatever is computed beside it.
        """
        ...


def open_kernel(wanted: Wanted = "auto", threads: int | None = None, library: Path = LIBRARY) -> Kernel:
    """The kernel that is wanted: `auto` is the fastest there is, `none` is numpy.

    Raises:
        InvalidRequest: no kernel is called so.
        Unavailable: it is not here, or the processor lacks its instructions.
    """
    found = find_path(wanted, library)
    if found.library is None:
        return PlainKernel(why=found.why)
    return CompiledKernel(found.library, found.name, min(allowed_threads(threads), MOST_THREADS))


def _checked(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if packed.dtype != np.uint8 or packed.ndim != 2 or not packed.flags.c_contiguous or not packed.size:  # noqa: PLR2004 - rows and columns
        raise InvalidRequest(
            f"Packed weights are rows of bytes that follow each other; these are {packed.dtype} {packed.shape}"
            f"{'' if packed.flags.c_contiguous else ' with gaps'}.",
            field="packed",
            value=str(packed.shape),
            remedy="Pass a C-contiguous array of uint8 with two dimensions.",
        )
    if packed.shape[1] > MOST_COLUMNS:
        raise InvalidRequest(
            f"A ternary matrix has at most {MOST_COLUMNS} columns, and this one {packed.shape[1]}.",
            field="packed",
            value=str(packed.shape[1]),
            remedy="Above that sums could leave 32 bits.",
        )
    return packed


def _fitting(x: NDArray[np.generic], dtype: type[np.generic], columns: int | None) -> None:
    """Refuse activations that the kernel would read wrongly, or beyond."""
    if x.dtype != dtype or x.ndim != 2 or not x.flags.c_contiguous or columns not in {None, x.shape[1]} or not x.size:  # noqa: PLR2004 - tokens and columns
        raise InvalidRequest(
            f"Activations are {np.dtype(dtype)} (tokens, {columns or 'columns'}) without gaps; these are {x.dtype} "
            f"{x.shape}.",
            field="x",
            value=str(x.shape),
            remedy="Pass a C-contiguous array of that shape.",
        )


def _not_finite() -> InvalidRequest:
    return InvalidRequest(
        "An activation is infinite or not a number.",
        field="x",
        remedy="The model's weights are spoilt: take an earlier checkpoint of it.",
    )


class CompiledKernel:
    """The library's kernel, by one kind of instructions."""

    def __init__(self, library: ctypes.CDLL, name: str, threads: int) -> None:
        self.name, self.threads = name, threads
        self._library, self._path = library, PATHS[name]

    def hold(self, packed: NDArray[np.uint8]) -> Matrix:
        """In place: a matrix stays where it is mapped."""
        return Matrix(packed=_checked(packed), address=packed.ctypes.data)

    def quantise(self, x: NDArray[np.float32]) -> Activations:
        """As `reference.quantise`, bit by bit."""
        _fitting(x, np.float32, None)
        tokens, columns = x.shape
        values = np.empty((tokens, columns), np.int8)
        scales, sums = np.empty(tokens, np.float32), np.empty(tokens, np.int32)
        addresses = (values.ctypes.data, scales.ctypes.data, sums.ctypes.data)
        if self._library.nis_ternary_quantise(self._path, x.ctypes.data, tokens, columns, *addresses):
            raise _not_finite()
        return Activations(values=values, scales=scales, sums=sums, addresses=addresses)

    def multiply(self, matrix: Matrix, x: NDArray[np.int8]) -> NDArray[np.int32]:
        """As `reference.multiply`."""
        _fitting(x, np.int8, matrix.columns)
        out, sums = np.empty((len(x), matrix.rows), np.int32), np.empty(len(x), np.int32)
        wrong = self._library.nis_ternary_multiply(
            *self._where(matrix), x.ctypes.data, len(x), sums.ctypes.data, out.ctypes.data, self.threads
        )
        assert not wrong, f"the kernel refuses {matrix.packed.shape} by {x.shape}: {wrong}"
        return out

    def apply(self, matrix: Matrix, x: Activations, weight_divisor: float) -> NDArray[np.float32]:
        """As `reference.apply`, bit by bit."""
        _fitting(x.values, np.int8, matrix.columns)
        tokens, (values, scales, sums) = len(x.values), x.addresses
        assert values, "activations of another kernel"
        out = np.empty((tokens, matrix.rows), np.float32)
        wrong = self._library.nis_ternary_apply(
            *self._where(matrix), values, tokens, sums, scales, weight_divisor, out.ctypes.data, self.threads
        )
        assert not wrong, f"the kernel refuses {matrix.packed.shape} by {x.values.shape}: {wrong}"
        return out

    def attend(
        self, q: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32], begin: int
    ) -> NDArray[np.float32]:
        """See `Kernel.attend`; the same bits on each path."""
        tokens, heads, head = q.shape
        if head > MOST_HEAD:
            return attend(q, keys, values, begin)
        kv, blocks = keys.shape[:2]
        room = blocks * PLACES
        assert keys.shape == (kv, blocks, head, PLACES), keys.shape
        assert values.shape == (kv, room, -(-head // LANES) * LANES), values.shape
        assert all(one.flags.c_contiguous and one.dtype == np.float32 for one in (q, keys, values))
        out = np.empty_like(q)
        wrong = self._library.nis_ternary_attend(
            *(self._path, q.ctypes.data, tokens, heads, heads // kv, head),
            *(keys.ctypes.data, values.ctypes.data, room, begin, out.ctypes.data, self.threads),
        )
        assert not wrong, f"the kernel refuses {q.shape} at {begin} of {keys.shape}: {wrong}"
        return out

    def _where(self, matrix: Matrix) -> tuple[int, int, int, int, int]:
        return self._path, matrix.address, matrix.packed.nbytes, matrix.packed.shape[0], matrix.columns


class PlainKernel:
    """numpy: for where nothing is compiled."""

    name = "numpy"
    threads = 1

    def __init__(self, why: str) -> None:
        self.why = why

    def hold(self, packed: NDArray[np.uint8]) -> Matrix:
        """With its floats, where they are not too many."""
        few = PER_BYTE * packed.size * np.dtype(np.float32).itemsize <= KEPT_BYTES
        floats = unpack(_checked(packed)).astype(np.float32) if few else None
        return Matrix(packed=packed, address=0, floats=floats)

    def quantise(self, x: NDArray[np.float32]) -> Activations:
        """By the reference itself."""
        _fitting(x, np.float32, None)
        if not np.isfinite(x).all():
            raise _not_finite()
        values, scales = reference.quantise(x)
        return Activations(values=values, scales=scales, sums=values.sum(axis=1, dtype=np.int32))

    def multiply(self, matrix: Matrix, x: NDArray[np.int8]) -> NDArray[np.int32]:
        """In float32, exactly: no sum passes 127 * 2^16."""
        _fitting(x, np.int8, matrix.columns)
        return self._sums(matrix, x).astype(np.int32)

    def apply(self, matrix: Matrix, x: Activations, weight_divisor: float) -> NDArray[np.float32]:
        """As `reference.apply`, bit by bit."""
        _fitting(x.values, np.int8, matrix.columns)
        divisors = (x.scales * np.float32(weight_divisor))[:, None]
        return np.asarray(self._sums(matrix, x.values) / divisors, np.float32)

    def attend(
        self, q: NDArray[np.float32], keys: NDArray[np.float32], values: NDArray[np.float32], begin: int
    ) -> NDArray[np.float32]:
        """See `Kernel.attend`."""
        return attend(q, keys, values, begin)

    def _sums(self, matrix: Matrix, x: NDArray[np.int8]) -> NDArray[np.float32]:
        floats = x.astype(np.float32)
        if matrix.floats is not None:
            return floats @ matrix.floats.T
        out = np.empty((len(x), PER_BYTE, matrix.packed.shape[0]), np.float32)
        step = max(1, BLOCK_BYTES // matrix.columns)
        for at in range(0, matrix.packed.shape[0], step):
            weights = unpack(matrix.packed[at : at + step]).astype(np.float32)
            out[:, :, at : at + step] = (floats @ weights.T).reshape(len(x), PER_BYTE, -1)
        return out.reshape(len(x), matrix.rows)
