"""Silero's detector of speech: how likely each 32 ms of a sound are speech.

Source: Silero Team, Silero VAD, https://github.com/snakers4/silero-vad; its thresholds are the defaults here.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import ComputingContext

    Floats = NDArray[np.float32]

WEIGHT = "silero-vad"
NAME = "silero-vad 6.2.3"
RATE = 16_000
WINDOW = 512
"""Samples that are judged together."""
CONTEXT = 64
"""Samples before a window that are shown with it."""
STATE = 128
AT_ONCE = 512
"""Windows that are judged in one call of the model: 16 s."""

HYSTERESIS = 0.15
"""By how much less than the threshold speech still goes on."""


def _nothing(size: int) -> Floats:
    return np.zeros(size, np.float32)


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the detector knows of a sound's past: its end, and the two states of a recurrent layer."""

    context: Floats = field(default_factory=lambda: _nothing(CONTEXT))
    hidden: Floats = field(default_factory=lambda: _nothing(STATE))
    cell: Floats = field(default_factory=lambda: _nothing(STATE))


class Detector:
    """The model of one process."""

    def __init__(self, path: Path) -> None:
        engine: Any = importlib.import_module("onnxruntime")  # Any: onnxruntime has no types
        options = engine.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = engine.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def step(self, samples: Floats, memory: Memory) -> tuple[Floats, Memory]:
        """How likely each window of whole windows of samples at 16 kHz is speech, and what is known after them."""
        windows = samples.reshape(-1, WINDOW)
        before = np.concatenate([memory.context[None], windows[:-1, -CONTEXT:]])
        given = {
            "input": np.concatenate([before, windows], axis=1),
            "h": memory.hidden.reshape(1, 1, STATE),
            "c": memory.cell.reshape(1, 1, STATE),
        }
        likely, hidden, cell = self._session.run(["speech_probs", "hn", "cn"], given)
        return likely, Memory(context=windows[-1, -CONTEXT:], hidden=hidden.ravel(), cell=cell.ravel())

    def listen(self, samples: Floats, tell: Callable[[float], None] | None = None) -> Floats:
        """How likely each window of a whole sound is speech; silence fills the last one up."""
        padded = np.concatenate([samples, _nothing(-len(samples) % WINDOW)])
        memory, found = Memory(), [_nothing(0)]
        for at in range(0, len(padded), AT_ONCE * WINDOW):
            likely, memory = self.step(padded[at : at + AT_ONCE * WINDOW], memory)
            found.append(likely)
            if tell is not None:
                tell(min(1.0, (at + AT_ONCE * WINDOW) / len(padded)))
        return np.concatenate(found)


def detector_of(ctx: ComputingContext) -> Detector:
    """The model, loaded once in a process."""
    path = ctx.weight(WEIGHT)
    return ctx.keep(WEIGHT, lambda: Detector(path))


@dataclass(frozen=True, kw_only=True)
class Rules:
    """When windows are speech; seconds, and a probability."""

    threshold: float = 0.5
    min_speech: float = 0.25
    min_silence: float = 0.1
    pad: float = 0.03


def stretches(likely: Floats, samples: int, rules: Rules) -> list[tuple[int, int]]:
    """Where speech begins and ends, in samples of a sound of this many.

    It begins with a window at the threshold, and ends where `min_silence` passes without one that is at most
    `HYSTERESIS` below it. Two stretches that are closer than twice the padding meet in the middle.
    """
    found: list[tuple[int, int]] = []
    begun: int | None = None
    silent: int | None = None
    floor = max(rules.threshold - HYSTERESIS, 0.01)
    for number, probability in enumerate(likely):
        at = number * WINDOW
        if probability >= rules.threshold:
            silent = None
            begun = at if begun is None else begun
        elif probability < floor and begun is not None:
            silent = at if silent is None else silent
            if at - silent >= rules.min_silence * RATE:
                found.append((begun, silent))
                begun = silent = None
    if begun is not None:
        found.append((begun, samples))
    long = [(start, end) for start, end in found if end - start > rules.min_speech * RATE]
    return _padded(long, round(rules.pad * RATE), samples)


def _padded(found: list[tuple[int, int]], pad: int, samples: int) -> list[tuple[int, int]]:
    starts = [start for start, _ in found]
    ends = [end for _, end in found]
    for number in range(len(found)):
        before = ends[number - 1] if number else None
        gap = starts[number] if before is None else starts[number] - before
        own = pad if before is None or gap >= 2 * pad else gap // 2
        if before is not None:
            ends[number - 1] = before + own
        starts[number] = max(0, starts[number] - own)
    if ends:
        ends[-1] = min(samples, ends[-1] + pad)
    return list(zip(starts, ends, strict=True))
