"""Compiles the ternary kernel when the package is built; without a compiler of C it is built all the same.

A wheel with the library in it is for this machine's platform and for any Python 3: nothing of Python is linked.
"""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = "src/nis_backend/ternary"


class KernelHook(BuildHookInterface[Any]):
    """Puts the library beside its source, from where an editable install takes it, and into a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Compile before files are gathered."""
        why = _compiling(Path(self.root)).compile_kernel(named=os.environ.get("CC"))
        if why:
            self.app.display_warning(f"The ternary kernel is left out, and numpy computes in its place: {why}")
            return
        build_data["artifacts"].append(f"/{FOLDER}/_kernel.so")
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"


def _compiling(root: Path) -> ModuleType:
    """The package's own module, by its path: the package is not importable yet."""
    spec = importlib.util.spec_from_file_location("compiling", root / FOLDER / "compiling.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
