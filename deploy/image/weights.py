# ruff: noqa: INP001 - scripts of the Dockerfile, not a package
"""Fetches model files into a folder, by what `nis weights pull` fetches them with: each is checked by its hash.

What is written has one fixed time, so that the same files make the same layer however often they are fetched.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from nis_backend.weights.files import Weights
from nis_backend.weights.pulling import pull

BEGINNING = 315_532_800
"""1980-01-01, the earliest time that any archive can say."""


async def _quiet(done: float, message: str) -> None:
    del done, message


def main(folder: Path, names: list[str]) -> None:
    """Fetch the named files and what comes with them, and leave nothing else in the folder."""
    weights = Weights(folder)
    for name in names:
        pulled = asyncio.run(pull(weights, name, _quiet))
        sys.stdout.write(f"{name}: from {pulled.source}\n")
    for path in folder.iterdir():
        if path.name.startswith("."):
            path.unlink()
    present = [weight for weight in weights.all.values() if weights.present(weight)]
    for weight in present:
        os.utime(weights.path(weight), (BEGINNING, BEGINNING))
        weights.mark(weight)
    for path in (*folder.iterdir(), folder):
        os.utime(path, (BEGINNING, BEGINNING))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
