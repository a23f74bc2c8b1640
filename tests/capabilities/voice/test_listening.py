"""An open microphone's sound at any rate becomes the windows that the detector knows."""

from __future__ import annotations

import numpy as np
import pytest

from nis_backend.capabilities.voice.listening_worker import Floats, resample

RATES = (8_000, 11_025, 16_001, 22_050, 24_000, 44_100, 48_000)


def resampled(samples: Floats, rate: int, size: int) -> Floats:
    """A sound that comes in pieces of so many samples, at 16 kHz."""
    left, place, made = np.zeros(0, np.float32), 0.0, list[Floats]()
    for start in range(0, len(samples), size):
        new, left, place = resample(np.concatenate([left, samples[start : start + size]]), rate, place)
        made.append(new)
    return np.concatenate(made)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_its_frequency_and_its_place(rate: int) -> None:
    """Against the exact tone: no more than -60 dB off, and not later than the filter is long."""
    times = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 1000 * times).astype(np.float32)
    made = resampled(tone, rate, rate // 10)
    exact = np.sin(2 * np.pi * 1000 * np.arange(len(made)) / 16_000)
    assert np.abs(made - exact)[100:].max() < 1e-3
    assert 16_000 - 70 <= len(made) <= 16_000


@pytest.mark.parametrize("rate", RATES)
def test_pieces_make_what_the_whole_makes(rate: int) -> None:
    """However a client cuts its sound, what is heard is the same."""
    noise = np.random.default_rng(0).normal(0, 0.1, rate // 2).astype(np.float32)
    whole = resampled(noise, rate, len(noise))
    for size in (1, 333, 1024):
        pieces = resampled(noise, rate, size)
        assert pieces == pytest.approx(whole, abs=2e-3)


def test_what_the_lower_rate_cannot_hold_is_gone() -> None:
    """A tone of 12 kHz would come back as one of 4 kHz, in the midst of speech."""
    tone = np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000).astype(np.float32)
    assert np.abs(resampled(tone, 48_000, 4800))[200:].max() < 1e-3
