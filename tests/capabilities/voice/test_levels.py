"""How loud a sound is: against the standard's own tones, formulas, and itself in other pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_sounds import Worker, call, file_of, noise, tone

from nis_backend.capabilities.voice.levels import Meter, measured, response
from nis_backend.capabilities.voice.operations import get_audio_facts

if TYPE_CHECKING:
    from pathlib import Path

# BS.1770-4, tables 1 and 2: the two filters at 48 kHz.
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def test_the_filters_are_the_standards_at_48_khz() -> None:
    """Promise: tables 1 and 2 of ITU-R BS.1770-4."""
    size = 4096
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    wanted = np.ones_like(z)
    for above, below in (SHELF, HIGH_PASS):
        wanted = wanted * np.polyval(above[::-1], z) / np.polyval(below[::-1], z)
    assert response(48_000, size) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize(("channels", "loudness"), [(1, -3.01), (2, 0.0)])
def test_the_reference_tone_is_as_loud_as_the_standard_says(rate: int, channels: int, loudness: float) -> None:
    """Source: BS.1770-4, annex 1: 997 Hz at 0 dBFS in one front channel reads -3.01 LUFS; in two it is twice that."""
    samples = np.repeat(tone(997, 3, rate=rate)[:, None], channels, axis=1).astype(np.float32)
    assert measured(samples, rate, -50).loudness() == pytest.approx(loudness, abs=0.05)


def test_quiet_parts_are_gated() -> None:
    """Source: EBU Tech 3341, case 3: -36, -23 and -36 dBFS for 10, 60 and 10 s read -23 LUFS in two channels."""
    parts = [tone(1000, seconds, peak=10 ** (level / 20)) for level, seconds in ((-36, 10), (-23, 60), (-36, 10))]
    samples = np.repeat(np.concatenate(parts)[:, None], 2, axis=1).astype(np.float32)
    assert measured(samples, 48_000, -50).loudness() == pytest.approx(-23.0, abs=0.1)


def test_blocks_of_any_size_add_up_to_the_same() -> None:
    """Promise: what is measured does not depend on how the sound came."""
    samples = np.stack([noise(2, seed=3), noise(2, seed=4)], axis=1).astype(np.float32)
    samples[50_000:50_007, 1] = 1.0
    whole, pieces = Meter(48_000, 2, -50), Meter(48_000, 2, -50)
    whole.add(samples)
    for piece in np.split(samples, [1000, 1001, 33_333, 50_003]):
        pieces.add(piece)
    assert pieces.loudness() == pytest.approx(whole.loudness(), abs=1e-9)
    assert (pieces.clipped, pieces.peak, pieces.samples) == (7, 1.0, 96_000) == (whole.clipped, 1.0, whole.samples)
    assert pieces.rms == pytest.approx(whole.rms)
    assert (pieces.silent() == whole.silent()).all()


def test_facts_of_a_made_sound_are_those_it_was_made_with(tmp_path: Path) -> None:
    """Promise: duration, peak, RMS, clipping, offset and silence by their formulas."""
    samples = np.concatenate([np.zeros(8000), 2 * tone(100, 1, rate=16_000, peak=0.8) + 0.1, np.zeros(4000)])
    file = tmp_path / "sound"
    written = np.clip(samples, -1, 32767 / 32768)
    file.write_bytes(file_of(written, rate=16_000))
    worker = Worker()
    facts = call(get_audio_facts, file, worker=worker)
    assert (facts.duration, facts.sample_rate, facts.channels, facts.samples) == (1.75, 16_000, 1, 28_000)
    assert (facts.container, facts.codec) == ("WAV", "PCM_16")
    assert facts.peak == 0.0
    assert facts.rms == pytest.approx(10 * np.log10(np.mean(written**2)), abs=1e-3)
    assert facts.clipped == int((np.abs(written) >= 32767 / 32768).sum())
    assert facts.offset == pytest.approx(written.mean(), abs=1e-4)
    assert facts.silent_share == pytest.approx(0.75 / 1.75, abs=0.01)
    assert (facts.leading_silence, facts.trailing_silence) == (0.5, 0.25)
    assert worker.told[-1] == 1.0


def test_silence_has_no_level(tmp_path: Path) -> None:
    """Promise: null where there is nothing, never a number that stands for it."""
    file = tmp_path / "sound"
    file.write_bytes(file_of(np.zeros(16_000), rate=16_000))
    facts = call(get_audio_facts, file)
    assert (facts.peak, facts.rms, facts.loudness, facts.silent_share) == (None, None, None, 1.0)
