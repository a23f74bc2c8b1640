"""Sounds come in within their limits, and what is none is refused by name."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_sounds import call, file_of, noise, tone

from nis_backend.capabilities.voice.opening import mono, opened, resampled
from nis_backend.capabilities.voice.operations import get_audio_facts
from nis_backend.errors import InvalidRequest, NisError, TooLarge, WrongMedia
from nis_backend.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("WAV", "PCM_16", 44_100),
        ("WAV", "PCM_24", 48_000),
        ("WAV", "FLOAT", 16_000),
        ("WAV", "ULAW", 8_000),
        ("FLAC", "PCM_16", 44_100),
        ("OGG", "VORBIS", 44_100),
        ("OGG", "OPUS", 48_000),
        ("MP3", "MPEG_LAYER_III", 44_100),
        ("AIFF", "PCM_16", 22_050),
    ],
)
def test_every_format_that_is_named_is_heard(container: str, codec: str, rate: int, tmp_path: Path) -> None:
    """Promise: WAV, FLAC, Ogg, MP3 and AIFF; a tone stays where and as loud as it was."""
    file = tmp_path / "sound"
    file.write_bytes(file_of(tone(1000, 2, rate=rate, peak=0.5), rate=rate, container=container, codec=codec))
    heard = mono(file, 16_000)
    assert abs(len(heard) - 32_000) < 3000  # what a codec adds at its ends
    middle = heard[8000:24_000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) * 4 / len(middle)
    assert int(spectrum.argmax()) == 1000
    assert spectrum.max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", WrongMedia),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00" + bytes(400), WrongMedia),
        (b"\x1aE\xdf\xa3" + bytes(400), WrongMedia),
        (b"just some words, and no sound at all", WrongMedia),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", InvalidRequest),
        (b"OggS" + bytes(300), InvalidRequest),
        (b"fLaC" + bytes(300), InvalidRequest),
        (b"\xff\xfb" + bytes(300), WrongMedia),
    ],
)
def test_what_is_no_sound_is_refused_with_the_remedy(data: bytes, error: type[NisError], tmp_path: Path) -> None:
    """Promise: a typed error that names the field and what to send, whatever the bytes are."""
    file = tmp_path / "sound"
    file.write_bytes(data)
    with pytest.raises(error) as caught, opened(file) as sound:
        list(sound.blocks())
    assert caught.value.field == "audio"
    assert caught.value.remedy


def test_what_plays_too_long_is_refused_by_its_header(tmp_path: Path) -> None:
    """Promise: ten hours of silence cost nothing, because nothing of them is decoded."""
    file = tmp_path / "sound"
    whole = bytearray(file_of(tone(440, 0.1, rate=8000), rate=8000, container="FLAC"))
    # STREAMINFO's last 36 bits before the fingerprint are the number of samples.
    place = 4 + 4 + 10 + 3
    whole[place : place + 5] = struct.pack(">Q", (whole[place] & 0xF0) << 32 | 10 * 3600 * 8000)[3:]
    file.write_bytes(whole)
    with pytest.raises(TooLarge, match="36000 s"):
        call(get_audio_facts, file)


def test_a_header_that_says_less_than_there_is_does_not_open_the_door(tmp_path: Path) -> None:
    """Promise: what is decoded is counted too, whatever the header said."""
    file = tmp_path / "sound"
    file.write_bytes(file_of(tone(440, 3, rate=8000), rate=8000))
    with opened(file, limits=Limits(seconds=3.5)) as sound:
        object.__setattr__(sound, "limits", Limits(seconds=2))
        with pytest.raises(TooLarge):
            list(sound.blocks())


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    """Promise: NaN in a file of floats is the file's fault, and no answer holds it."""
    samples = tone(440, 0.2, rate=8000)
    samples[100] = np.nan
    file = tmp_path / "sound"
    file.write_bytes(file_of(samples, rate=8000, codec="FLOAT"))
    with pytest.raises(InvalidRequest, match="no numbers"):
        call(get_audio_facts, file)


def test_resampling_takes_away_what_the_new_rate_cannot_hold() -> None:
    """Promise: aliases lie 100 dB below; a tone above half the new rate is not heard as another."""
    high = resampled(tone(10_000, 1, rate=44_100).astype(np.float32), 44_100, 16_000)
    assert 20 * np.log10(np.sqrt(np.mean(high[800:-800].astype(np.float64) ** 2)) + 1e-12) < -100
    low = resampled(tone(3000, 1, rate=44_100).astype(np.float32), 44_100, 16_000)
    assert low[800:-800] == pytest.approx(tone(3000, 1, rate=16_000)[800:-800], abs=1e-4)


def test_channels_are_mixed_by_their_mean(tmp_path: Path) -> None:
    """Promise: `mono` is the mean of all channels."""
    left, right = noise(0.5, rate=16_000, seed=1), noise(0.5, rate=16_000, seed=2)
    file = tmp_path / "sound"
    file.write_bytes(file_of(np.stack([left, right], axis=1), rate=16_000, codec="FLOAT"))
    assert mono(file, 16_000) == pytest.approx((left + right) / 2, abs=1e-6)
