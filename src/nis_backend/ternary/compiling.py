"""A library out of kernel.c, where there is a compiler.

Of the standard library alone: the build of the package loads this file by its path, before anything of it is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).with_name("kernel.c")
INCLUDED = "attention.h"
LIBRARY = Path(__file__).with_name("_kernel.so")
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=off", "-fPIC", "-shared", "-pthread", "-s")
"""No -march: one library is for every processor of its kind. No contraction: a fused product would round otherwise."""
SECONDS = 120


def source_digest(source: Path = SOURCE) -> str:
    """What the library says that it was made of."""
    return hashlib.sha256(source.read_bytes() + source.with_name(INCLUDED).read_bytes()).hexdigest()


def compilers(named: str | None) -> Iterator[list[str]]:
    """Commands that may be compilers of C, best first: the one that is named, the system's, ziglang's wheel."""
    if named:
        yield named.split()
    yield from ([found] for name in ("cc", "gcc", "clang") if (found := shutil.which(name)))
    if importlib.util.find_spec("ziglang") is not None:
        yield [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline"]  # its own choice is this very processor


def compile_kernel(target: Path = LIBRARY, *, named: str | None = None, source: Path = SOURCE) -> str:
    """Compile the kernel to `target`, complete or not at all; answers what went wrong, or nothing."""
    why = "no compiler of C is here (cc, gcc, clang, or the wheel ziglang)"
    made = target.with_name(f".{target.name}.{os.getpid()}")
    for command in compilers(named):
        define = f'-DNIS_SOURCE="{source_digest(source)}"'
        try:
            # A compiler that the builder of the package has on its path, or names.
            done = subprocess.run(  # noqa: S603
                [*command, *FLAGS, define, "-o", str(made), str(source)],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            if done.returncode == 0:
                made.replace(target)
                return ""
            why = f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"{command[0]}: {error}"
        finally:
            made.unlink(missing_ok=True)
    return why


if __name__ == "__main__":  # python compiling.py [COMPILER]
    if went_wrong := compile_kernel(named=" ".join(sys.argv[1:]) or None):
        sys.stderr.write(f"── The ternary kernel is left out, and numpy computes in its place: {went_wrong}\n")
