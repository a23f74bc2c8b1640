"""How loud a sound is, added up block by block.

Loudness: ITU-R BS.1770-4 (2015), annex 1. Its filters are given for 48 kHz only; at other rates they are those analogue
filters' bilinear transforms whose values at 48 kHz are the ones of its tables 1 and 2.
"""

from __future__ import annotations

from functools import cache
from math import log10, pi, sqrt, tan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Part = tuple[int, Numbers]

# The shelf and the high-pass, as analogue filters: Hz, decibels, quality.
SHELF = (1681.974450955533, 3.999843853973347, 0.7071752369554196)
HIGH_PASS = (38.13547087602444, 0.5003270373238773)

WEIGHTS = {5: (1.0, 1.0, 1.0, 1.41, 1.41), 6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)}
"""Of left, right, centre, (what is low,) and the two behind; every channel of another number counts 1."""

ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
"""LUFS, and LU below the loudness of what is above the first."""

FULL = 32767 / 32768
SHORTEST_RUN = 3
"""Samples at full scale in a row that are a cut-off top."""

_MEMORY = 0.4
"""Seconds after which what the filters answer to an impulse is below 1e-12 of it."""


class Meter:
    """Sums over a sound that comes in blocks, (samples, channels) each."""

    def __init__(self, rate: int, channels: int, silence: float) -> None:
        self._rate = rate
        self._silence = silence
        self._weights = np.array(WEIGHTS.get(channels, (1.0,) * channels))
        self._past = np.zeros((round(_MEMORY * rate), channels))
        self._tail = np.zeros((SHORTEST_RUN, channels), dtype=bool)
        self._tenths: list[Part] = []
        self._hundredths: list[Part] = []
        self._sum = np.zeros(channels)
        self.samples = 0
        self.peak = 0.0
        self.clipped = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """The next samples."""
        exact = block.astype(np.float64)
        self.peak = max(self.peak, float(np.abs(exact).max(initial=0.0)))
        self._sum += exact.sum(axis=0)
        self.clipped += self._count_full(np.abs(exact) >= FULL)
        squares = (exact**2).mean(axis=1)
        self._hundredths.append(self._binned(squares, 100))
        joined = np.concatenate([self._past, exact])
        heard = _weighted(joined, self._rate)[len(self._past) :]
        self._past = joined[-len(self._past) :]
        self._tenths.append(self._binned(heard**2 @ self._weights, 10))
        self.samples += len(block)

    def _binned(self, values: Numbers, per_second: int) -> Part:
        """Sums of the values over parts of a second, and which part is the first."""
        places = (self.samples + np.arange(len(values))) * per_second // self._rate
        return int(places[0]), np.bincount(places - places[0], weights=values).astype(np.float64)

    def _count_full(self, full: NDArray[np.bool_]) -> int:
        joined = np.concatenate([self._tail, full])
        self._tail = joined[-len(self._tail) :]
        threes = joined[2:] & joined[1:-1] & joined[:-2]
        # A run of n has n - 2 threes, whose first stands for three samples and each other one for one more.
        new, begun = threes[1:], threes[1:] & ~threes[:-1]
        return int(new.sum() + (SHORTEST_RUN - 1) * begun.sum())

    @property
    def offset(self) -> float:
        """Mean of all samples."""
        return float(self._sum.mean() / max(1, self.samples))

    @property
    def rms(self) -> float:
        """Root of the mean square of all samples."""
        return sqrt(float(sum(sums.sum() for _, sums in self._hundredths)) / max(1, self.samples))

    def silent(self) -> NDArray[np.bool_]:
        """Which frames of 10 ms are silent."""
        sums, counts = _summed(self._hundredths), self._counts(100)
        return sums / counts < 10 ** (self._silence / 10)

    def loudness(self) -> float | None:
        """LUFS, of blocks of 0.4 s that overlap by three quarters; None where no block is above both gates."""
        tenths = _summed(self._tenths)[: self.samples * 10 // self._rate]
        if len(tenths) < 4:  # noqa: PLR2004 - tenths of a second in a block
            return None
        counts = self._counts(10)[: len(tenths)]
        blocks = np.convolve(tenths, np.ones(4), "valid") / np.convolve(counts, np.ones(4), "valid")
        loud = blocks[blocks > 10 ** ((ABSOLUTE_GATE + 0.691) / 10)]
        if not len(loud):
            return None
        gated = loud[loud > loud.mean() * 10 ** (RELATIVE_GATE / 10)]
        return float(-0.691 + 10 * log10(gated.mean()))

    def _counts(self, per_second: int) -> Numbers:
        """Samples in each part of a second."""
        edges = -(-np.arange(self.samples * per_second // self._rate + 2) * self._rate // per_second)
        return np.diff(np.minimum(edges, self.samples))[: -(-self.samples * per_second // self._rate)].astype(float)


def decibels(magnitude: float) -> float | None:
    """Decibels of full scale of a magnitude; None of nothing."""
    return 20 * log10(magnitude) if magnitude > 0 else None


def measured(samples: NDArray[np.float32], rate: int, silence: float) -> Meter:
    """The sums over a whole sound, (samples, channels)."""
    meter = Meter(rate, samples.shape[1], silence)
    for at in range(0, len(samples), 2**16):
        meter.add(samples[at : at + 2**16])
    return meter


def _summed(parts: list[Part]) -> Numbers:
    """One array of sums that were made block by block."""
    whole = np.zeros(max((first + len(sums) for first, sums in parts), default=0))
    for first, sums in parts:
        whole[first : first + len(sums)] += sums
    return whole


def _weighted(samples: Numbers, rate: int) -> Numbers:
    """What the two filters make of samples, whose first `_MEMORY` seconds are there to be remembered."""
    size = 1 << (len(samples) - 1).bit_length()
    spectrum = np.fft.rfft(samples, size, axis=0) * response(rate, size)[:, None]
    return np.fft.irfft(spectrum, size, axis=0)[: len(samples)]


@cache
def response(rate: int, size: int) -> NDArray[np.complex128]:
    """Both filters' frequency response at the places of a real transform of this size."""
    z = np.exp(-2j * pi * np.arange(size // 2 + 1) / size)
    frequency, gain, quality = SHELF
    k, high = tan(pi * frequency / rate), 10 ** (gain / 20)
    band = high**0.4996667741545416
    above = (high + band * k / quality + k * k, 2 * (k * k - high), high - band * k / quality + k * k)
    below = (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k)
    shelf = np.polyval(above[::-1], z) / np.polyval(below[::-1], z)
    frequency, quality = HIGH_PASS
    k = tan(pi * frequency / rate)
    under = (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k)
    # The standard's high-pass has 1, -2, 1 above, not divided by the first number below: a gain a little over 1.
    passed = np.polyval((1.0, -2.0, 1.0), z) * under[0] / np.polyval(under[::-1], z)
    return np.asarray(shelf * passed, dtype=np.complex128)
