"""The picture of a sound that Whisper looks at: how much there is of 80 or 128 bands of pitch, each 10 ms.

Source: Radford et al. (2022), Robust Speech Recognition via Large-Scale Weak Supervision, section 2.2, and
https://github.com/openai/whisper, `audio.py`; bands as in Slaney (1998), Auditory Toolbox, TR 1998-010.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RATE = 16_000
SIZE, HOP = 400, 160
"""Samples of a window, and from one window to the next."""
FRAMES = 3000
"""Windows that the model looks at together: 30 s."""
FRAME_SECONDS = HOP / RATE

_AT_ONCE = 8192
"""Windows that are transformed together."""
_DYNAMIC = 8.0
"""Powers of ten below the loudest at which everything is silence."""


def log_mel(samples: Floats, bands: int, after: int = FRAMES) -> Floats:
    """The bands of a sound at 16 kHz and of some silence after it, (bands, samples / 160 + after).

    They are about -1 to 1, counted from the loudest of them all, so a sound is to be given as a whole.
    """
    count = len(samples) // HOP + after
    padded = np.concatenate([samples, np.zeros(after * HOP, np.float32)])
    padded = np.pad(padded, SIZE // 2, mode="reflect" if len(padded) > SIZE // 2 else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP]
    shape = np.hanning(SIZE + 1)[:-1].astype(np.float32)
    weights = filters(bands)
    found = np.empty((bands, count), np.float32)
    for at in range(0, count, _AT_ONCE):
        some = windows[at : min(count, at + _AT_ONCE)]
        power = np.abs(np.fft.rfft(some * shape, axis=1)).astype(np.float32) ** 2
        found[:, at : at + len(some)] = np.log10(np.maximum(weights @ power.T, 1e-10))
    return np.asarray((np.maximum(found, found.max() - _DYNAMIC) + 4.0) / 4.0, dtype=np.float32)


@cache
def filters(bands: int) -> Floats:
    """How much each of the 201 frequencies counts for each band: triangles of one area, (bands, 201)."""
    edges = hertz_of(np.linspace(0.0, mel_of(RATE / 2), bands + 2))
    frequencies = np.linspace(0.0, RATE / 2, SIZE // 2 + 1)
    rise = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rise, fall))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


_LINEAR, _KNEE, _STEP = 200 / 3, 1000.0, np.log(6.4) / 27
"""Slaney's scale: Hz of a mel below the knee, the knee in Hz, and the logarithm of a mel's ratio above it."""


def mel_of(hertz: float) -> float:
    """The place of a frequency on the scale of mels."""
    return hertz / _LINEAR if hertz < _KNEE else _KNEE / _LINEAR + float(np.log(hertz / _KNEE)) / _STEP


def hertz_of(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The frequencies of places on the scale of mels."""
    knee = _KNEE / _LINEAR
    return np.where(mels < knee, mels * _LINEAR, _KNEE * np.exp(_STEP * (np.maximum(mels, knee) - knee)))
