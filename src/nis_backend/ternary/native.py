"""The compiled kernel's library: whether it is here, and which of its paths this processor can take.

Of the standard library alone, so that a server that computes nothing of the kind can say what would.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from nis_backend.errors import InvalidRequest, Unavailable
from nis_backend.ternary.compiling import LIBRARY, SOURCE, source_digest

if TYPE_CHECKING:
    from pathlib import Path

Wanted = Literal["auto", "avx512", "avxvnni", "avx2", "portable", "none"]
PATHS = {"portable": 0, "avx2": 1, "avxvnni": 2, "avx512": 3}
"""As kernel.c numbers them, slowest first."""
SETTING = "NIS_TERNARY_KERNEL"
REMEDY = "With a compiler of C (cc, gcc, clang) here, install the package again, or in a checkout `make kernel`."


@dataclass(frozen=True, kw_only=True)
class Found:
    """What computes: a path of the library, or numpy, and why that."""

    name: str
    library: ctypes.CDLL | None = None
    why: str = ""


def find_path(wanted: Wanted = "auto", library: Path = LIBRARY) -> Found:
    """What computes here: `auto` is the fastest path there is, `none` is numpy.

    Raises:
        InvalidRequest: no kernel is called so.
        Unavailable: it is not here, or the processor lacks its instructions.
    """
    if wanted not in get_args(Wanted):
        raise InvalidRequest(
            f"No ternary kernel is called {wanted!r}.",
            field=SETTING,
            value=str(wanted),
            remedy=f"Set one of {', '.join(get_args(Wanted))}.",
        )
    if wanted == "none":
        return Found(name="numpy", why=f"{SETTING}=none")
    try:
        loaded = _load(library)
    except Unavailable as error:
        if wanted != "auto":
            raise
        return Found(name="numpy", why=error.message)
    here = [name for name, number in PATHS.items() if loaded.nis_ternary_has(number)]
    if wanted != "auto" and wanted not in here:
        raise Unavailable(
            f"This processor lacks the instructions of the ternary kernel {wanted!r}.",
            field=SETTING,
            value=wanted,
            remedy=f"Set auto, or one of {', '.join(reversed(here))}.",
        )
    return Found(name=here[-1] if wanted == "auto" else wanted, library=loaded)


def _load(library: Path) -> ctypes.CDLL:
    try:
        loaded = ctypes.CDLL(str(library))
        loaded.nis_ternary_source.restype = ctypes.c_char_p
        made_of: bytes = loaded.nis_ternary_source()
    except (OSError, AttributeError) as error:
        # What is said to callers has no path of this machine in it.
        why = str(error).replace(f"{library.parent}/", "")
        raise Unavailable(f"The ternary kernel is not compiled here: {why}.", field=SETTING, remedy=REMEDY) from None
    # Where the source was taken out, the library that came with it is of the same build.
    if SOURCE.is_file() and made_of.decode() != source_digest(SOURCE):
        raise Unavailable(
            "The ternary kernel is compiled of another kernel.c than the one here.", field=SETTING, remedy=REMEDY
        )
    size, whole, pointer = ctypes.c_size_t, ctypes.c_int32, ctypes.c_void_p
    loaded.nis_ternary_has.argtypes = [whole]
    matrix = [whole, pointer, size, size, size, pointer, size]
    loaded.nis_ternary_multiply.argtypes = [*matrix, pointer, pointer, size]
    loaded.nis_ternary_apply.argtypes = [*matrix, pointer, pointer, ctypes.c_float, pointer, size]
    loaded.nis_ternary_quantise.argtypes = [whole, pointer, size, size, pointer, pointer, pointer]
    loaded.nis_ternary_attend.argtypes = [whole, pointer, *[size] * 4, pointer, pointer, size, size, pointer, size]
    return loaded
