"""Speech in sounds that are still being made, the heavy half: a worker process of the pool `listening`.

What the detector remembers of a sound travels with its calls: the process itself remembers nothing.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nis_backend.capabilities.voice.detector import CONTEXT, RATE, STATE, WEIGHT, WINDOW, Detector, Memory
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.drivers.compute.base import Json, WorkerContext

REACH = 16
"""Samples of the lower rate on each side of a new one that it is made of."""
FINE = 256
"""Places between two samples for which the filter is known."""

Floats = NDArray[np.float32]


def open_worker(options: Json) -> ListeningWorker:
    """The pool's entry: checks the weight and loads it."""
    return ListeningWorker(Detector(Weights(Path(options["weights"])).require(WEIGHT)))


class ListeningWorker:
    """Answers `{"pcm", "rate"}` with `{"probabilities"}`, and with what the sound's next call is to have beside it."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._thread = ThreadPoolExecutor(1, "listen")

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`."""
        del ctx
        yield await asyncio.get_running_loop().run_in_executor(self._thread, self._listen, payload)

    def _listen(self, payload: Json) -> Json:
        samples: Floats = np.frombuffer(payload["pcm"], "<i2").astype(np.float32) / np.float32(32768)
        unread, waiting, memory = (_floats(payload, name) for name in ("unread", "waiting", "memory"))
        phase, rate = float(payload.get("phase", 0.0)), int(payload["rate"])
        if rate != RATE:
            samples, unread, phase = resample(np.concatenate([unread, samples]), rate, phase)
        waiting: Floats = np.concatenate([waiting, samples])
        whole = len(waiting) - len(waiting) % WINDOW
        probabilities: list[float] = []
        if whole:
            likely, after = self._detector.step(waiting[:whole], _memory(memory))
            probabilities = likely.tolist()
            memory = np.concatenate([after.context, after.hidden, after.cell])
        remembered: Json = {
            "unread": unread.tobytes(),
            "waiting": waiting[whole:].tobytes(),
            "memory": memory.tobytes(),
        }
        return {"probabilities": probabilities, "phase": phase, **remembered}


def _floats(payload: Json, name: str) -> Floats:
    return np.frombuffer(payload.get(name, b""), np.float32)


def _memory(numbers: Floats) -> Memory:
    """What is known of a sound's past, as it came back; of one that begins, nothing."""
    if not numbers.size:
        return Memory()
    context, hidden, cell = np.split(numbers, [CONTEXT, CONTEXT + STATE])
    return Memory(context=context, hidden=hidden, cell=cell)


def resample(samples: Floats, rate: int, place: float) -> tuple[Floats, Floats, float]:
    """Samples at 16 kHz, those that more is needed for, and the place of the next new sample among these.

    Windowed sinc below the lower of the two Nyquist frequencies (Hann, 16 of the slower samples on each side), whose
    weights are looked up to the nearest 256th of a sample: what is heard by it is not played.
    """
    step = rate / RATE
    weights = _weights(rate)
    half = weights.shape[1] // 2
    if place == 0.0:
        # The sound begins here: silence was before.
        samples, place = np.concatenate([np.zeros(half, np.float32), samples]), float(half)
    count = max(0, int(np.ceil((len(samples) - half - place) / step)))
    places = place + step * np.arange(count)
    whole = places.astype(np.int64)
    near = samples[whole[:, None] + np.arange(1 - half, half + 1)]
    made = np.einsum("ij,ij->i", near, weights[np.rint((places - whole) * FINE).astype(np.int64)])
    gone = int(place + step * count) - half
    return made.astype(np.float32), samples[gone:], place + step * count - gone


@lru_cache(maxsize=16)
def _weights(rate: int) -> Floats:
    """Of the samples around a new one, by the fraction of a sample that it lies after the middle one: (257, taps)."""
    slower = min(1.0, RATE / rate)
    half = int(np.ceil(REACH / slower))
    away = np.arange(FINE + 1)[:, None] / FINE - np.arange(1 - half, half + 1)
    window = np.cos(np.pi * np.clip(away / (half + 1), -1, 1) / 2) ** 2
    return (slower * np.sinc(slower * away) * window).astype(np.float32)
