"""Vectors of a dataset's rows that a model of the server's has made before a training: beside its rows, as floats.

data/vectors.json  data/vectors.f32: rows of train, validation and test, one behind the other
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.training.features import ABOUT, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.training.job import Job
    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Those of the rows that are learnt from, and of the test's."""

    of: Json
    """The model, its version and dimensions."""
    known: Array
    test: Array


def laid(job: Job, known: int, test: Sequence[int]) -> tuple[Vectors | None, list[str]]:
    """The vectors, where there are any, and what is to be said of them; of the test those of these places."""
    folder = job.data["train"].parent
    if not (folder / ABOUT).is_file():
        return None, []
    about: Json = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    if not about["dimensions"]:
        return None, list(about["notes"])
    every = np.fromfile(folder / NUMBERS, "<f4").reshape(-1, about["dimensions"]).astype(np.float64)
    places = known + np.array(test, np.int64)
    of = {name: about[name] for name in ("model", "version", "dimensions")}
    return Vectors(of=of, known=every[:known], test=every[places]), list(about["notes"])
