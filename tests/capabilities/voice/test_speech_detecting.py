"""Speech is found in sounds that were made of speech, silence and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_sounds import Worker, call, file_of, noise, said

from nis_backend.capabilities.voice.detector import WINDOW, Memory, Rules, detector_of, stretches
from nis_backend.capabilities.voice.operations import detect_speech

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000


@pytest.fixture(scope="module")
def sentence() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Some seconds of speech at 16 kHz, without the silence around it."""
    samples = said("The quick brown fox jumps over the lazy dog, and runs away.", RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return samples[loud[0] : loud[-1]]


@pytest.mark.parametrize("hiss", [0.0, 0.003])
def test_speech_between_silence_is_found_where_it_is(
    hiss: float, sentence: np.ndarray[tuple[int], np.dtype[np.float64]], tmp_path: Path
) -> None:
    """Promise: stretches in seconds, to a tenth or two; silence and a quiet hiss are none."""
    rest = np.zeros(2 * RATE)
    whole = np.concatenate([rest, sentence, rest, rest, sentence, rest])
    whole = whole + noise(len(whole) / RATE, rate=RATE, root=hiss)
    file = tmp_path / "sound"
    file.write_bytes(file_of(whole, rate=RATE))
    worker = Worker()
    found = call(detect_speech, file, worker=worker, min_silence=0.5)
    length = len(sentence) / RATE
    wanted = [(2.0, 2.0 + length), (6.0 + length, 6.0 + 2 * length)]
    assert len(found.speech) == 2
    for stretch, (start, end) in zip(found.speech, wanted, strict=True):
        assert stretch.start == pytest.approx(start, abs=0.25)
        assert stretch.end == pytest.approx(end, abs=0.35)
    assert found.duration == pytest.approx(len(whole) / RATE)
    assert found.speech_seconds == pytest.approx(sum(one.end - one.start for one in found.speech))
    assert worker.told[-1] == 1.0


def test_noise_and_silence_are_no_speech(tmp_path: Path) -> None:
    """Promise: an empty list, and how near it came."""
    file = tmp_path / "sound"
    file.write_bytes(file_of(np.concatenate([np.zeros(RATE), noise(2, rate=RATE, root=0.05)]), rate=RATE))
    found = call(detect_speech, file)
    assert found.speech == []
    assert found.highest < 0.5


def test_a_sound_in_pieces_is_heard_as_the_whole(sentence: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """Promise: the state is carried, so a live sound is judged as a file is."""
    model = detector_of(Worker())
    samples = sentence[: len(sentence) // WINDOW * WINDOW].astype(np.float32)
    memory = Memory()
    pieces: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    for piece in np.split(samples.reshape(-1, WINDOW), [1, 4, 40]):
        likely, memory = model.step(piece.ravel(), memory)
        pieces.append(likely)
    assert np.concatenate(pieces) == pytest.approx(model.listen(samples), abs=1e-5)


@pytest.mark.parametrize(
    ("likely", "rules", "wanted"),
    [
        # Windows are 32 ms. Source: `get_speech_timestamps_from_probs` of silero-vad 6.2.3.
        ([0.1] * 5 + [0.9] * 20 + [0.1] * 20, Rules(), [(5 * 512 - 480, 25 * 512 + 480)]),
        ([0.9] * 20 + [0.4] * 20 + [0.9] * 20, Rules(), [(0, 60 * 512)]),
        ([0.9] * 20 + [0.1] * 3 + [0.9] * 20, Rules(), [(0, 43 * 512)]),
        ([0.9] * 5 + [0.1] * 20, Rules(), []),
        ([0.9] * 20 + [0.1] * 5 + [0.9] * 20, Rules(pad=0.1), [(0, 20 * 512 + 1280), (25 * 512 - 1280, 45 * 512)]),
        ([], Rules(), []),
    ],
)
def test_windows_become_stretches_by_the_detectors_own_rules(
    likely: list[float], rules: Rules, wanted: list[tuple[int, int]]
) -> None:
    """Promise: hysteresis, the shortest speech and silence, and padding as upstream has them."""
    assert stretches(np.array(likely, np.float32), len(likely) * WINDOW, rules) == wanted
