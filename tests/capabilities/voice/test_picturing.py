"""A spectrogram has a tone where it is, as loud as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_sounds import call, file_of, noise, tone

from nis_backend.capabilities.voice.operations import draw_spectrogram
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from pathlib import Path


def drawn(path: Path, samples: Any, *, rate: int = 16_000, **fields: Any) -> Any:  # Any: a `Spectrogram`
    """What a worker makes of these samples."""
    path.write_bytes(file_of(samples, rate=rate, codec="FLOAT"))
    return call(draw_spectrogram, path, **fields)


@pytest.mark.parametrize("scale", ["mel", "linear"])
@pytest.mark.parametrize("hertz", [250, 1000, 6000])
def test_a_tone_is_one_line_of_its_own_level(scale: str, hertz: int, tmp_path: Path) -> None:
    """Promise: of a sine of half of full scale, -6.02 dB in its band throughout, and far less elsewhere."""
    found = drawn(tmp_path / "a", tone(hertz, 1, rate=16_000, peak=0.5), scale=scale)
    cells = np.array(found.chart.cells)
    assert cells.shape == (64, 120) == (len(found.frequencies), len(found.chart.x.values))
    assert found.loudest == pytest.approx(-6.02, abs=0.01)
    assert found.loudest_frequency == pytest.approx(hertz, abs=16_000 / found.window)
    row = int(cells.mean(axis=1).argmax())
    apart = abs(found.frequencies[0] - found.frequencies[1])
    assert abs(found.frequencies[row] - hertz) <= apart / 2 + 16_000 / found.window
    assert cells[row, 5:-5].min() > -6.2
    assert cells[abs(np.arange(64) - row) > 4, 5:-5].max() < -50  # at its ends it is cut off, which is heard everywhere
    assert f"{found.loudest:z.1f} dB" in found.alt


def test_time_goes_right_and_pitch_goes_up(tmp_path: Path) -> None:
    """Promise: a tone that rises at half of the time is lower on the left, in a grid whose first row is the highest."""
    samples = np.concatenate([tone(500, 1, rate=16_000), tone(4000, 1, rate=16_000)])
    found = drawn(tmp_path / "a", samples, scale="linear", rows=16, columns=20)
    rows = np.array(found.chart.cells).argmax(axis=0)
    assert set(rows[:9]) == {14}  # 500 Hz are the upper edge of the lowest band; the band above has it too
    assert set(rows[11:]) <= {7, 8}
    assert found.frequencies[0] == 7750
    assert found.chart.x.values[0] == 0.05


def test_a_part_keeps_the_times_of_the_whole(tmp_path: Path) -> None:
    """Promise: what is loud at 1.5 s is shown at 1.5 s."""
    samples = noise(3, rate=16_000, root=0.001)
    samples[24_000:24_400] += tone(2000, 0.025, rate=16_000, peak=0.9)
    found = drawn(tmp_path / "a", samples, start=1, end=2)
    assert found.loudest_at == pytest.approx(1.5125, abs=0.02)
    assert (found.chart.x.values[0], found.chart.x.values[-1]) == pytest.approx((1, 2), abs=0.01)


def test_silence_is_even_and_has_numbers(tmp_path: Path) -> None:
    """Promise: nothing is -160 dB, and no number is missing or infinite."""
    found = drawn(tmp_path / "a", np.zeros(16_000))
    assert {cell for row in found.chart.cells for cell in row} == {-160.0}


def test_a_frequency_that_is_not_in_it_is_refused(tmp_path: Path) -> None:
    """Promise: a typed error with the highest there is."""
    with pytest.raises(InvalidRequest, match="8000 Hz") as caught:
        drawn(tmp_path / "a", noise(1, rate=16_000), highest=9000)
    assert caught.value.field == "highest"
