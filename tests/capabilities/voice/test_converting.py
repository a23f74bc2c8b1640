"""A sound is made into another, as it was asked for and no other way."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from made_sounds import call, file_of, noise, tone

from nis_backend.capabilities.voice.levels import measured
from nis_backend.capabilities.voice.operations import convert_audio
from nis_backend.errors import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from pathlib import Path


def heard(converted: Any) -> tuple[Any, Any]:  # Any: soundfile's types
    """What the answer's file holds: samples, (samples, channels), and the file."""
    file = soundfile.SoundFile(io.BytesIO(converted.audio.content))
    return file.read(dtype="float32", always_2d=True), file


def made(path: Path, samples: Any, *, rate: int = 48_000, **fields: Any) -> Any:  # Any: a `ConvertedAudio`
    """What a worker makes of these samples."""
    path.write_bytes(file_of(samples, rate=rate, codec="FLOAT"))
    return call(convert_audio, path, **fields)


@pytest.mark.parametrize(
    ("form", "codec", "asked", "rate"),
    [
        ("wav", "PCM_16", 16_000, 16_000),
        ("flac", "PCM_16", 44_100, 44_100),
        ("ogg", "VORBIS", 22_050, 22_050),
        ("opus", "OPUS", 44_100, 48_000),
        ("mp3", "MPEG_LAYER_III", 24_000, 24_000),
    ],
)
def test_a_tone_stays_itself_in_each_format_and_rate(
    form: str, codec: str, asked: int, rate: int, tmp_path: Path
) -> None:
    """Promise: the format and rate asked for, the tone where and as loud as it was; what is said of it is so."""
    found = made(tmp_path / "a", tone(1000, 2, peak=0.5), format=form, sample_rate=asked, channels=2)
    samples, file = heard(found)
    assert (file.subtype, file.samplerate, file.channels) == (codec, rate, 2)
    assert (found.after.sample_rate, found.after.channels, found.before.channels) == (rate, 2, 1)
    middle = samples[rate // 2 : rate // 2 + rate, 1]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(rate))) * 4 / rate
    assert int(spectrum.argmax()) == 1000
    assert spectrum.max() == pytest.approx(0.5, abs=0.02)


def test_a_part_is_cut_out_to_the_sample(tmp_path: Path) -> None:
    """Promise: from `start` to `end`, nothing else, in 16 bits."""
    samples = noise(3, rate=8000)
    found = made(tmp_path / "a", samples, rate=8000, start=0.5, end=1.75)
    assert heard(found)[0][:, 0] == pytest.approx(samples[4000:14_000], abs=2 / 32768)
    assert found.before.duration == 1.25


def test_silence_goes_from_both_ends_and_is_told(tmp_path: Path) -> None:
    """Promise: all but 50 ms of the silence at each end."""
    samples = np.concatenate([np.zeros(16_000), tone(300, 1, rate=16_000, peak=0.3), np.zeros(8000)])
    found = made(tmp_path / "a", samples, rate=16_000, trim_silence=True)
    assert (found.trimmed_start, found.trimmed_end) == pytest.approx((0.95, 0.45), abs=0.011)
    assert found.after.duration == pytest.approx(1.1, abs=0.021)


@pytest.mark.parametrize("target", [-23.0, -16.0])
def test_loudness_is_what_was_asked_for(target: float, tmp_path: Path) -> None:
    """Source: ITU-R BS.1770-4; measured again in the file itself."""
    found = made(tmp_path / "a", noise(3, root=0.02), loudness=target)
    samples, file = heard(found)
    assert measured(samples, file.samplerate, -50).loudness() == pytest.approx(target, abs=0.05)
    assert found.after.loudness == pytest.approx(target, abs=0.01)
    assert found.gain == pytest.approx(target - found.before.loudness, abs=0.01)


def test_loudness_stops_where_the_peak_would_go_too_high(tmp_path: Path) -> None:
    """Promise: no peak above -1 dBFS for the sake of loudness, and the answer tells the loudness that came of it."""
    samples = noise(3, root=0.01)
    samples[70_000] = 0.9
    found = made(tmp_path / "a", samples, loudness=-14)
    assert found.after.peak == pytest.approx(-1, abs=0.01)
    assert found.after.loudness < -30
    assert found.clipped == 0


def test_peak_gain_and_clipping_are_told(tmp_path: Path) -> None:
    """Promise: a peak is reached; a gain that is too much is cut off at full scale and counted."""
    samples = tone(440, 1, peak=0.25)
    assert np.abs(heard(made(tmp_path / "a", samples, peak=-6))[0]).max() == pytest.approx(10 ** (-6 / 20), abs=1e-3)
    loud = made(tmp_path / "b", samples, gain=20)
    assert loud.after.peak == pytest.approx(20 + 20 * np.log10(0.25), abs=0.01)
    assert loud.clipped == int((np.abs(samples.astype(np.float32) * np.float32(10)) > 1).sum())


def test_fades_are_ramps_also_where_they_are_longer_than_the_sound(tmp_path: Path) -> None:
    """Promise: linear from and to silence."""
    found = heard(made(tmp_path / "a", np.full(8000, 0.5), rate=8000, fade_in=0.5, fade_out=0.25))[0][:, 0]
    assert (found[0], found[2000], found[5000]) == pytest.approx((0, 0.25, 0.5), abs=1e-3)
    assert (found[7000], found[-1]) == pytest.approx((0.25, 0), abs=1e-3)
    long = heard(made(tmp_path / "b", np.full(8000, 0.5), rate=8000, fade_in=2, fade_out=2))[0][:, 0]
    assert long.max() == pytest.approx(0.5 * 0.25 * 0.25, abs=1e-3)
    assert (long[0], long[-1]) == (0, 0)


@pytest.mark.parametrize(
    ("samples", "fields", "field"),
    [
        (tone(440, 1), {"loudness": -16, "peak": -1}, "peak"),
        (tone(440, 1), {"start": 2, "end": 1}, "end"),
        (tone(440, 1), {"start": 5}, "start"),
        (tone(440, 1), {"start": 0.5, "end": 0.500001}, "end"),
        (tone(440, 0.2), {"loudness": -16}, "loudness"),
        (np.zeros(8000), {"trim_silence": True}, "trim_silence"),
        (np.zeros((8000, 6)), {"channels": 2}, "channels"),
        (np.zeros((8000, 6)), {"format": "mp3"}, "channels"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field(
    samples: Any, fields: dict[str, Any], field: str, tmp_path: Path
) -> None:
    """Promise: a typed error with the field and what to do instead."""
    with pytest.raises(InvalidRequest) as caught:
        made(tmp_path / "a", samples, **fields)
    assert caught.value.field == field
    assert caught.value.remedy


def test_more_samples_than_are_held_are_refused_before_they_are_made(tmp_path: Path) -> None:
    """Promise: 12 minutes at 8 kHz are taken, and are not made 24 times as many samples."""
    file = tmp_path / "a"
    file.write_bytes(file_of(np.zeros(8000 * 720), rate=8000, container="FLAC"))
    with pytest.raises(TooLarge) as caught:
        call(convert_audio, file, sample_rate=192_000)
    assert caught.value.field == "sample_rate"
