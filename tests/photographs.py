"""Photographs of scikit-image and scikit-learn, and how a pool's operation is called in the tests' own process."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data  # pyright: ignore[reportMissingTypeStubs] - it has none
from sklearn.datasets import load_sample_image  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
from typing_extensions import override

from nis_backend.blob import blobs_in, replaced
from nis_backend.drivers.compute.operations import Computing
from nis_backend.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.blob import Blob
    from nis_backend.operation import Operation

Pixels: TypeAlias = NDArray[np.uint8]


def photograph(name: str) -> Pixels:
    """One of them, as it is: `(height, width, 3)` or `(height, width)`."""
    if name in {"china", "flower"}:
        return np.asarray(load_sample_image(f"{name}.jpg"), dtype=np.uint8)
    return np.asarray(getattr(data, name)(), dtype=np.uint8)


_KEPT: dict[str, Any] = {}
"""Models that a test has loaded: they are the same for the next."""


class Desk(Computing):
    """A worker's place in the test's process: a folder for the bytes, and a context that hears and cancels."""

    def __init__(self, folder: Path, **options: str) -> None:
        given = {"weights": str(read_settings(os.environ).weights), **options}
        super().__init__(self, given, {} if options else _KEPT)
        self.folder = folder
        self.told: list[tuple[float, str]] = []
        self.stop_at = 2.0

    @override
    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        del values
        self.told.append((fraction, message))

    @override
    def cancelled(self) -> bool:
        """Whether the call has come as far as `stop_at`."""
        return bool(self.told) and self.told[-1][0] >= self.stop_at

    def blob(self, content: Pixels | bytes, kind: str = ".png") -> dict[str, str]:
        """A picture, or bytes as they are, as a request names a blob that is kept."""
        if not isinstance(content, bytes):
            turned = content[..., [2, 1, 0, *range(3, content.shape[2])]] if content.ndim > 2 else content
            content = cv2.imencode(kind, turned)[1].tobytes()
        path = self.folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return {"id": path.name}

    def call(self, operation: Operation[Any, Any], **request: Any) -> Any:  # Any: JSON in, that operation's result out
        """What a worker does: the request with its files in, the model out, as it comes back from JSON."""
        ready = replaced(operation.validate(request), self._at)
        result = operation.function(ready, self)
        if not list(blobs_in(result)):
            assert operation.result.model_validate_json(result.model_dump_json()) == result
        operation.draw(ready, result)
        return result

    def _at(self, blob: Blob) -> Blob:
        if isinstance(blob.content, bytes):
            return blob.at(self.folder / self.blob(blob.content)["id"])
        return blob.at(self.folder / blob.id)


def pixels_of(blob: Blob) -> Pixels:
    """The picture that an operation has answered: red green blue, and alpha where it has one."""
    assert isinstance(blob.content, bytes)
    read = cv2.imdecode(np.frombuffer(blob.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None
    found = np.asarray(read, dtype=np.uint8)
    return found if found.ndim == 2 else found[..., [2, 1, 0, *range(3, found.shape[2])]]
