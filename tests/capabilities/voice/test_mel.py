"""What Whisper is shown of a sound: bands by Slaney's formula, and the numbers that upstream computes."""

from __future__ import annotations

import numpy as np
import pytest
from made_sounds import tone

from nis_backend.capabilities.voice.mel import FRAMES, RATE, SIZE, filters, log_mel


def test_bands_are_triangles_of_one_area_that_reach_to_the_top() -> None:
    """Source: Slaney (1998): linear below 1 kHz, logarithmic above; each band's height is 2 over its width in Hz."""
    bands = filters(80)
    step = RATE / SIZE
    assert bands.shape == (80, 201)
    assert (bands >= 0).all()
    # A triangle's area, where the grid of frequencies is fine enough for it.
    assert bands[40:].sum(axis=1) * step == pytest.approx(np.ones(40), abs=0.1)
    tops = bands.argmax(axis=1) * step
    assert (np.diff(tops) >= 0).all()
    # Eighty bands up to 8 kHz are 45.245 mels in 81 steps: the eleventh has its top at 409.6 Hz.
    assert tops[10] == pytest.approx(11 * 45.2456 / 81 * 200 / 3, abs=step)


def test_a_tone_stands_in_its_band_and_silence_at_the_bottom() -> None:
    """Promise: powers of ten from the loudest, eight of them, moved and scaled as upstream has it."""
    picture = log_mel(tone(1000, 2, rate=RATE).astype(np.float32), 80)
    assert picture.shape == (80, 200 + FRAMES)
    assert picture.dtype == np.float32
    assert picture.max() - picture.min() == pytest.approx(2.0)
    loudest = picture[:, 50:150].mean(axis=1).argmax()
    assert filters(80)[:, 25].argmax() == loudest
    assert (picture[:, 300:] == picture.min()).all()


def test_numbers_are_those_that_upstream_computes() -> None:
    """Source: values of faster-whisper 1.2.1's `FeatureExtractor` for this sound, printed by it."""
    at = np.arange(RATE) / RATE
    sound = (0.5 * np.sin(2 * np.pi * (200 + 1500 * at) * at)).astype(np.float32)
    picture = log_mel(sound, 80, after=1)
    for (band, frame), value in REFERENCE.items():
        assert picture[band, frame] == pytest.approx(value, abs=2e-4)


REFERENCE = {
    (0, 0): 1.16587,
    (5, 0): 1.27842,
    (8, 3): 1.32045,
    (20, 30): -0.11778,
    (30, 50): -0.46573,
    (40, 70): -0.52061,
    (45, 90): -0.55305,
    (79, 60): -0.55305,
    (10, 99): -0.13888,
}
