"""Sounds that tests are made of: tones, noise and files of them, and what a worker offers to what computes on them."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from typing_extensions import override

from nis_backend.capabilities.voice import espeak
from nis_backend.capabilities.voice.opening import resampled
from nis_backend.drivers.compute.operations import Computing
from nis_backend.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nis_backend.drivers.compute.base import Json
    from nis_backend.operation import Operation

    Samples = np.ndarray[Any, np.dtype[np.float64]]


KEPT: dict[str, Any] = {}
"""Models, which the tests of one process share as the calls of a worker do."""


class Worker(Computing):
    """What a worker offers: it hears how far a call is."""

    def __init__(self, options: Json | None = None) -> None:
        super().__init__(self, {"weights": str(read_settings(os.environ).weights), **(options or {})}, KEPT)
        self.told: list[float] = []

    @override
    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        del message, values
        self.told.append(fraction)

    @override
    def cancelled(self) -> bool:
        return False


def tone(hertz: float, seconds: float, *, rate: int = 48_000, peak: float = 1.0) -> Samples:
    """A sine, (samples,)."""
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def noise(seconds: float, *, rate: int = 48_000, root: float = 0.1, seed: int = 0) -> Samples:
    """White noise of this root mean square, (samples,)."""
    return root * np.random.default_rng(seed).standard_normal(round(seconds * rate))


def file_of(samples: Samples, *, rate: int = 48_000, container: str = "WAV", codec: str | None = None) -> bytes:
    """The samples as a file."""
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format=container, subtype=codec)
    return written.getvalue()


def said(text: str, rate: int) -> Samples:
    """A text as eSpeak NG says it, (samples,)."""
    program = espeak.held().get()
    return resampled(program.speak(text, "en-us", espeak.Manner()), program.rate, rate).astype(np.float64)


# Any: that operation's result.
def call(operation: Operation[Any, Any], path: Path, *, worker: Worker | None = None, **fields: Any) -> Any:
    """What a worker does with a call on the sound of a file."""
    request = operation.validate({"audio": "blob-1", **fields})
    request = request.model_copy(update={"audio": request.audio.at(path)})
    return operation.function(request, worker or Worker())
