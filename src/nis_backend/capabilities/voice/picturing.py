"""A sound as levels over time and frequency."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.voice.mel import hertz_of, mel_of
from nis_backend.capabilities.voice.opening import opened
from nis_backend.capabilities.voice.sounds import Spectrogram
from nis_backend.errors import InvalidRequest
from nis_backend.view import Axis, Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.voice.sounds import SpectrogramRequest
    from nis_backend.drivers.compute.base import ComputingContext

    Floats = NDArray[np.float64]

WINDOW_SECONDS = 0.04
"""Of sound in each spectrum, or the next power of two of samples above: the harmonics of a voice are told apart."""
SPECTRA = 8
"""Of one step of time at most, spread over it evenly; the largest counts."""
QUIET = 1e-16
"""The power of -160 dB: below is nothing."""
FORMULA = (
    f"10 log10 of the largest power in the band and step, of up to {SPECTRA} spectra by a Hann window, where a sine of "
    "full scale has 1; not below the loudest less range"
)


def picture(request: SpectrogramRequest, ctx: ComputingContext) -> Spectrogram:
    """See `operations.draw_spectrogram`."""
    with opened(request.audio.path, limits=request.audio.limits) as sound:
        rate, samples = sound.rate, sound.whole(request.start, request.end).mean(axis=1)
    highest = _highest(request, rate)
    size = 1 << (round(WINDOW_SECONDS * rate) - 1).bit_length()
    powers = _powers(samples, size, request.columns, ctx)[:, : int(highest / rate * size) + 1]
    edges = _edges(request, highest)
    step, line = (int(one) for one in np.unravel_index(powers.argmax(), powers.shape))
    # From here on the highest band comes first, as it is drawn.
    levels = 10 * np.log10(np.maximum(_bands(powers, edges * size / rate)[::-1], QUIET))
    loudest = float(levels.max())
    length, start = len(samples) / rate, request.start or 0.0
    times = [round(start + (at + 0.5) * length / request.columns, 4) for at in range(request.columns)]
    middles = ((edges[:-1] + edges[1:]) / 2)[::-1].tolist()
    return Spectrogram(
        chart=Grid(
            title="Spectrogram",
            x=Axis(label="time", unit="s", values=times),
            y=Axis(label="frequency", unit="Hz", values=(), names=_named(middles)),
            label="level",
            unit="dB",
            cells=np.maximum(levels, loudest - request.range).round(1).tolist(),
        ),
        alt=f"Spectrogram of {length:.3g} s, 0 to {highest:.0f} Hz: loudest at {times[step]:.3g} s and "
        f"{line * rate / size:.0f} Hz, {loudest:z.1f} dB of a full sine.",
        frequencies=middles,
        loudest=loudest,
        loudest_at=times[step],
        loudest_frequency=line * rate / size,
        window=size,
        formula=FORMULA,
    )


def _named(middles: list[float]) -> list[str]:
    """About eight rows are named: the names of all have no room."""
    apart = len(middles) // 8
    return [f"{one:.0f}" if (at + apart // 2) % apart == 0 else "" for at, one in enumerate(middles)]


def _highest(request: SpectrogramRequest, rate: int) -> float:
    if request.highest is not None and request.highest > rate / 2:
        raise InvalidRequest(
            f"A sound of {rate} Hz has nothing above {rate / 2:g} Hz.",
            field="highest",
            value=request.highest,
            remedy=f"Give at most {rate / 2:g}, or leave it out.",
        )
    return request.highest or rate / 2


def _powers(samples: NDArray[np.float32], size: int, columns: int, ctx: ComputingContext) -> Floats:
    """The largest power of each line in each step, (columns, size / 2 + 1)."""
    padded = np.pad(samples, size // 2)
    shape = np.hanning(size + 1)[:-1]
    step = len(samples) / columns
    count = max(1, min(SPECTRA, int(step / size * 2)))
    found = np.empty((columns, size // 2 + 1))
    for column in range(columns):
        middles = (column + (np.arange(count) + 0.5) / count) * step
        # A window's first sample in what is padded is its middle in what is not.
        windows = padded[middles.astype(int)[:, None] + np.arange(size)]
        found[column] = (np.abs(np.fft.rfft(windows * shape, axis=1)) * 2 / shape.sum()).max(axis=0) ** 2
        ctx.progress((column + 1) / columns)
    return found


def _edges(request: SpectrogramRequest, highest: float) -> Floats:
    """Hz between which the bands lie, the lowest first."""
    if request.scale == "linear":
        return np.linspace(0.0, highest, request.rows + 1)
    return hertz_of(np.linspace(0.0, mel_of(highest), request.rows + 1))


def _bands(powers: Floats, edges: Floats) -> Floats:
    """The largest power between edges in lines, (rows, columns); the nearest line's where none is between."""
    found = np.empty((len(edges) - 1, len(powers)))
    for row, (low, high) in enumerate(pairwise(edges)):
        first, last = int(np.ceil(low)), int(high)
        if first > last:
            first = last = min(powers.shape[1] - 1, round((low + high) / 2))
        found[row] = powers[:, first : last + 1].max(axis=1)
    return found
