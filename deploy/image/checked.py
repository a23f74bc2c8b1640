# ruff: noqa: INP001 - scripts of the Dockerfile, not a package
"""Ends with what is wrong of the distributions that are installed: see `wrong`."""

from __future__ import annotations

import sys
from importlib.metadata import distributions


def wrong(versions: dict[str, str]) -> list[str]:
    """What must not be: an old numpy, TensorFlow, and the gigabytes of CUDA, which no CPU has a use for."""
    said: list[str] = []
    for name, version in versions.items():
        if name == "numpy" and int(version.split(".")[0]) < 2:  # noqa: PLR2004 - the first that all of ours are built for
            said.append(f"numpy is {version}; 2 or later is wanted.")
        if name.startswith("tensorflow"):
            said.append(f"{name} {version} is here; nothing of ours uses it.")
        if name.startswith("nvidia-") or name == "triton":
            said.append(f"{name} {version} is here: torch is a build for CUDA. Give the build argument TORCH_INDEX.")
    return said


if __name__ == "__main__":
    sys.exit("\n".join(wrong({one.name.lower(): one.version for one in distributions()})) or 0)
