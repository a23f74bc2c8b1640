"""A classifier's folder: what it is as JSON, its numbers as arrays. Nothing in it is code, and reading it runs none.

classifier.json  parameters.npz
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import Unavailable, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json

CARD, ARRAYS = "classifier.json", "parameters.npz"
FORMAT = 1
"""Of the folder; another one is not read."""


def save(folder: Path, card: Json, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write both: the same bytes for the same classifier."""
    with (folder / ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(sorted(arrays.items())))  # pyright: ignore[reportArgumentType] - arrays
    text = json.dumps({"format": FORMAT, **card}, ensure_ascii=False, allow_nan=False, indent=1)
    (folder / CARD).write_text(text, encoding="utf-8")


def load(folder: Path) -> tuple[Json, dict[str, NDArray[Any]]]:
    """What the card says, and the arrays by name.

    Raises:
        Unavailable: the folder is gone, or is none of a classifier.
    """
    try:
        card: Json = json.loads((folder / CARD).read_text(encoding="utf-8"))
        _refuse_format(card["format"])
        with np.load(folder / ARRAYS, allow_pickle=False) as file:
            return card, {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        why = (error.strerror or "unreadable") if isinstance(error, OSError) else shorten(error)
        raise Unavailable(
            f"The folder of this classifier cannot be read: {why}.", remedy="Train it again, or restore the folder."
        ) from None


def _refuse_format(number: object) -> None:
    if number != FORMAT:
        msg = f"its format is {number}, and {FORMAT} is read here"
        raise ValueError(msg)
