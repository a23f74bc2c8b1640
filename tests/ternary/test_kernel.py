"""Ternary kernels are held to the plain arithmetic, bit by bit, at the edges too."""

from __future__ import annotations

import mmap
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.ternary import compiling, reference
from nis_backend.ternary.kernel import CompiledKernel, Kernel, PlainKernel, open_kernel
from nis_backend.ternary.layout import is_ternary, pack, unpack
from nis_backend.ternary.native import PATHS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.ternary.native import Wanted

SHAPES = (
    *((4, 1, 1), (4, 64, 1), (8, 63, 2), (12, 65, 3), (4, 31, 5), (20, 33, 4), (64, 127, 6), (36, 129, 7)),
    *((132, 192, 1), (100, 2050, 2), (16, 4096, 1), (260, 300, 9)),
)
"""Rows, columns, tokens: one of each, and either side of what registers and tiles hold."""


@pytest.fixture(params=[*PATHS, "none"])
def kernel(request: pytest.FixtureRequest, library: Path) -> Kernel:
    """Each path in turn, on two threads; one that this processor lacks is told so, which is tested too."""
    try:
        return open_kernel(cast("Wanted", request.param), 2, library)
    except Unavailable as error:
        assert error.value == request.param  # noqa: PT017 - what a forced path answers where it cannot be
        pytest.skip(error.message)


def draw(rows: int, columns: int, tokens: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Random codes, the fourth that is no weight among them, and activations to both bounds."""
    random = np.random.default_rng((rows, columns, tokens))
    packed = random.integers(0, 256, (rows // 4, columns), np.uint8)
    return packed, random.integers(-128, 128, (tokens, columns), np.int8)


@pytest.mark.parametrize(("rows", "columns", "tokens"), SHAPES)
def test_sums_are_the_references(rows: int, columns: int, tokens: int, kernel: Kernel) -> None:
    """Promise: every path gives the same int32 sums, whatever the shape and whatever the bytes."""
    packed, x = draw(rows, columns, tokens)
    assert np.array_equal(kernel.multiply(kernel.hold(packed), x), reference.multiply(packed, x))


@pytest.mark.parametrize("weight", [-1, 0, 1, 2])
@pytest.mark.parametrize("activation", [-128, 127])
def test_nothing_saturates(weight: int, activation: int, kernel: Kernel) -> None:
    """Promise: the widest matrix of equal weights and the largest activations is exact; 2 is the spoilt code."""
    columns = 65_536
    packed = np.full((1, columns), 0b01010101 * (weight + 1), np.uint8)
    x = np.full((1, columns), activation, np.int8)
    assert (kernel.multiply(kernel.hold(packed), x) == weight * activation * columns).all()


def test_signs_that_alternate_do_not_saturate(kernel: Kernel) -> None:
    """Promise: pairs are exact too, of which AVX2 adds two in 16 bits."""
    packed = np.full((2, 4160), 0b10101010, np.uint8)
    x = np.tile(np.array([-128, -128, 127, 127], np.int8), 1040)[None].copy()
    assert np.array_equal(kernel.multiply(kernel.hold(packed), x), reference.multiply(packed, x))


@pytest.mark.parametrize("shift", [1, 3, 17, 63])
def test_bytes_lie_anywhere(shift: int, kernel: Kernel) -> None:
    """Promise: a matrix and activations need no alignment: files are mapped as they are."""
    packed, x = draw(24, 320, 3)
    moved = np.zeros(packed.size + 64, np.uint8)[shift : shift + packed.size].reshape(packed.shape)
    moved[:] = packed
    values = np.zeros(x.size + 64, np.int8)[shift : shift + x.size].reshape(x.shape)
    values[:] = x
    assert np.array_equal(kernel.multiply(kernel.hold(moved), values), reference.multiply(packed, x))


@pytest.mark.parametrize("columns", [1, 33, 63, 64, 95])
def test_nothing_is_read_behind_the_end(columns: int, kernel: Kernel) -> None:
    """Promise: a matrix at the very end of what is mapped is read to its last byte: one more would end the process."""
    packed, x = draw(8, columns, 2)
    page = mmap.PAGESIZE
    with mmap.mmap(-1, 2 * page) as space:
        everything = np.frombuffer(space, np.uint8)
        _forbid(everything.ctypes.data + page, page)
        for given in (packed, x.view(np.uint8)):
            everything[page - given.size : page] = given.ravel()
            last = everything[page - given.size : page].reshape(given.shape)
            matrix = kernel.hold(last if given is packed else packed)
            values = x if given is packed else last.view(np.int8)
            assert np.array_equal(kernel.multiply(matrix, values), reference.multiply(packed, x))
            del last, matrix, values
        _forbid(everything.ctypes.data + page, page, allowed=3)
        del everything


def _forbid(address: int, size: int, allowed: int = 0) -> None:
    import ctypes  # noqa: PLC0415 - of this test alone

    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), allowed) == 0


def test_activations_are_rounded_as_the_reference_does(kernel: Kernel) -> None:
    """Promise: half to even, by 127 over the largest magnitude; zeros and the smallest numbers too."""
    random = np.random.default_rng(5)
    x = random.standard_normal((6, 301)).astype(np.float32) * np.float32(3)
    x[0], x[1], x[2, 0] = 0, 1e-30, 1e30
    x[3] = np.repeat(np.array([0.5, 1.5, -2.5, 127, 3.5, -0.5, 126.5], np.float32), 43)
    seen = kernel.quantise(x)
    values, scales = reference.quantise(x)
    assert np.array_equal(seen.values, values)
    assert np.array_equal(seen.scales, scales)
    assert np.array_equal(seen.sums, values.astype(np.int32).sum(axis=1))


def test_a_layer_is_the_references(kernel: Kernel) -> None:
    """Promise: floats after the division are the reference's, bit by bit."""
    packed, _ = draw(64, 200, 5)
    x = np.random.default_rng(1).standard_normal((5, 200)).astype(np.float32)
    found = kernel.apply(kernel.hold(packed), kernel.quantise(x), 23.7)
    assert np.array_equal(found, reference.apply(packed, x, np.float32(23.7)))


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(spoilt: float, kernel: Kernel) -> None:
    """Promise: a spoilt model says so, instead of words made of nothing."""
    x = np.ones((2, 40), np.float32)
    x[1, 39] = spoilt
    with pytest.raises(InvalidRequest, match="infinite or not a number"):
        kernel.quantise(x)


def test_what_would_be_read_wrongly_is_refused(kernel: Kernel) -> None:
    """Promise: gaps, other types, other widths and empty arrays never reach the C code."""
    packed, x = draw(16, 64, 2)
    others: Any = (packed[:, ::2], packed.T, packed.astype(np.int32), packed[0], packed[:0])  # Any: wrong ones too
    for wrong in others:
        with pytest.raises(InvalidRequest, match="follow each other"):
            kernel.hold(wrong)
    with pytest.raises(InvalidRequest, match="65536"):
        kernel.hold(np.zeros((1, 65_537), np.uint8))
    matrix = kernel.hold(packed)
    others = (x[:, :63], x[:, ::2], x.astype(np.int32), x[0], x[:0], x.T)
    for wrong in others:
        with pytest.raises(InvalidRequest, match="without gaps"):
            kernel.multiply(matrix, wrong)


def test_the_c_code_checks_sizes_itself(library: Path) -> None:
    """Promise: sizes that do not belong together are refused in C as well, before anything is read."""
    kernel = open_kernel("portable", 1, library)
    assert isinstance(kernel, CompiledKernel)
    call = kernel._library.nis_ternary_multiply  # pyright: ignore[reportPrivateUsage] - the boundary itself
    for size, block, columns, tokens in ((63, 1, 64, 1), (64, 2, 64, 1), (0, 0, 64, 1), (64, 1, 64, 0), (9, 9, 0, 1)):
        assert call(0, None, size, block, columns, None, tokens, None, None, 1) == 1
    assert call(0, None, 70_000, 1, 70_000, None, 1, None, None, 1) == 1
    assert call(9, None, 64, 1, 64, None, 1, None, None, 1) == 3


def test_threads_do_not_change_sums(library: Path) -> None:
    """Promise: callers at once, each of whom would have several threads, get what one gets alone."""
    kernel = open_kernel("auto", 4, library)
    kernel.threads = 4  # more than this machine may have: they take turns
    packed, x = draw(2048, 1024, 4)
    matrix, wanted, wrong = kernel.hold(packed), reference.multiply(packed, x), list[int]()

    def caller() -> None:
        wrong.extend(1 for _ in range(60) if not np.array_equal(kernel.multiply(matrix, x), wanted))

    callers = [threading.Thread(target=caller) for _ in range(3)]
    for one in callers:
        one.start()
    for one in callers:
        one.join(60)
    assert not wrong


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_computes_too(library: Path) -> None:
    """Promise: a child has none of the threads, and starts its own."""
    kernel = open_kernel("auto", 2, library)
    kernel.threads = 2
    packed, x = draw(2048, 1024, 2)
    matrix, wanted = kernel.hold(packed), reference.multiply(packed, x)
    assert np.array_equal(kernel.multiply(matrix, x), wanted)
    child = os.fork()
    if not child:
        os._exit(0 if np.array_equal(kernel.multiply(matrix, x), wanted) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_fastest_path_is_taken_and_others_when_asked_for(library: Path) -> None:
    """Promise: `auto` takes the last of those that are here; without a library numpy computes, and says why."""
    here = [name for name in PATHS if _opens(cast("Wanted", name), library)]
    assert open_kernel("auto", 1, library).name == here[-1]
    plain = open_kernel("auto", 1, library.with_name("none.so"))
    assert isinstance(plain, PlainKernel)
    assert "not compiled here" in plain.why
    with pytest.raises(Unavailable, match="not compiled here"):
        open_kernel("portable", 1, library.with_name("none.so"))
    with pytest.raises(InvalidRequest, match="fast"):
        open_kernel(cast("Wanted", "fast"), 1, library)


def _opens(name: Wanted, library: Path) -> bool:
    try:
        return open_kernel(name, 1, library).name == name
    except Unavailable:
        return False


def test_a_library_of_another_source_is_not_believed(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: after kernel.c changed, what was compiled before does not compute in its place."""
    for name in (compiling.SOURCE.name, compiling.INCLUDED):
        shutil.copyfile(compiling.SOURCE.with_name(name), tmp_path / name)
    monkeypatch.setattr("nis_backend.ternary.native.SOURCE", tmp_path / compiling.SOURCE.name)
    assert open_kernel("portable", 1, library).name == "portable"
    with (tmp_path / compiling.INCLUDED).open("a", encoding="utf-8") as file:
        file.write("/* changed */\n")
    with pytest.raises(Unavailable, match="of another kernel"):
        open_kernel("portable", 1, library)


def test_without_a_compiler_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: nothing is half written, and what went wrong is said: none there, or one that fails."""

    def nowhere(_: str) -> None:
        return None

    monkeypatch.setattr("nis_backend.ternary.compiling.shutil.which", nowhere)
    monkeypatch.setattr("nis_backend.ternary.compiling.importlib.util.find_spec", nowhere)
    assert "no compiler of C" in compiling.compile_kernel(tmp_path / "_kernel.so")
    assert "ended with 1" in compiling.compile_kernel(tmp_path / "_kernel.so", named="false")
    assert list(tmp_path.iterdir()) == []


def test_large_matrices_are_unpacked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: numpy does not keep 16 times a large model's memory; it gives the same."""
    monkeypatch.setattr("nis_backend.ternary.kernel.KEPT_BYTES", 0)
    monkeypatch.setattr("nis_backend.ternary.kernel.BLOCK_BYTES", 1000)
    packed, x = draw(100, 300, 2)
    kernel = open_kernel("none")
    matrix = kernel.hold(packed)
    assert matrix.floats is None
    assert np.array_equal(kernel.multiply(matrix, x), reference.multiply(packed, x))


def test_packing_and_unpacking_are_inverse() -> None:
    """Promise: what is packed is unpacked; other codes and rows that are no multiple of 4 are refused."""
    codes = np.random.default_rng(3).integers(-1, 2, (40, 77), np.int8)
    packed = pack(codes)
    assert packed.nbytes * 4 == codes.size
    assert np.array_equal(unpack(packed), codes)
    assert is_ternary(packed)
    assert not is_ternary(np.array([[0, 0b00001100]], np.uint8))
    with pytest.raises(InvalidRequest, match="four share a byte"):
        pack(codes[:-1])
    with pytest.raises(InvalidRequest, match="none of"):
        pack(codes * 2)
