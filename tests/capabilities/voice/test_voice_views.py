"""What a person looks at: words first, then the sound by its id, with its stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from made_sounds import Worker, file_of, said, tone

from nis_backend.capabilities.voice.operations import (
    convert_audio,
    detect_speech,
    draw_spectrogram,
    synthesize_speech,
    transcribe_audio,
)
from nis_backend.view import Audio, Grid, Text, View

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from nis_backend.operation import Operation


def seen(operation: Operation[Any, Any], samples: Any, path: Path, **fields: Any) -> list[View]:  # Any: its own models
    """The views of what a worker answers about samples at 16 kHz."""
    path.write_bytes(file_of(samples, rate=16_000))
    request = operation.validate({"audio": "blob-1", **fields})
    request = request.model_copy(update={"audio": request.audio.at(path)})
    return operation.draw(request, operation.function(request, Worker()))


def test_a_transcript_is_words_and_then_their_times_over_the_sound(tmp_path: Path) -> None:
    """Promise: the answer in words is what was said; the sound is the one that came."""
    spoken = said("The committee will meet on Thursday afternoon.", 16_000)
    words, sound = seen(transcribe_audio, spoken, tmp_path / "a")
    assert isinstance(words, Text)
    assert isinstance(sound, Audio)
    assert "Thursday afternoon" in words.text
    assert sound.blob == "blob-1"
    assert " ".join(one.text for one in sound.segments) == words.text
    assert all(0 <= one.start < one.end <= sound.duration for one in sound.segments)


def test_speech_is_stretches_of_the_sound_and_no_speech_is_said_so(tmp_path: Path) -> None:
    """Promise: as many stretches as were found; where nobody speaks, words alone."""
    pause = np.zeros(24_000)
    line = said("Good morning to everyone.", 16_000)
    words, sound = seen(detect_speech, np.concatenate([pause, line, pause, line]), tmp_path / "a")
    assert isinstance(words, Text)
    assert isinstance(sound, Audio)
    assert words.text.endswith(f"in {len(sound.segments)} stretches.")
    assert sound.segments[0].start > 1
    (nothing,) = seen(detect_speech, tone(440, 1, rate=16_000), tmp_path / "b")
    assert isinstance(nothing, Text)
    assert nothing.text.startswith("Nobody speaks")


def test_what_is_spoken_is_a_sound_whose_words_are_its_text() -> None:
    """Promise: those who do not hear it read what is said."""
    request = synthesize_speech.validate({"text": "Good morning."})
    words, sound = synthesize_speech.draw(request, synthesize_speech.function(request, Worker()))
    assert isinstance(words, Text)
    assert isinstance(sound, Audio)
    assert (sound.alt, sound.media_type) == ("Good morning.", "audio/wav")


def test_what_was_made_of_a_sound_is_told_and_can_be_heard(tmp_path: Path) -> None:
    """Promise: what came, what it became, and by how much it was made louder."""
    words, sound = seen(convert_audio, tone(440, 1, rate=16_000, peak=0.25), tmp_path / "a", peak=0, format="flac")
    assert isinstance(words, Text)
    assert isinstance(sound, Audio)
    assert "1.00 s of 1 channel at 16000 Hz became" in words.text
    assert "+12.0 dB" in words.text
    assert sound.media_type == "audio/flac"


def test_a_spectrogram_is_words_and_a_grid(tmp_path: Path) -> None:
    """Promise: where and how loud the loudest is; then the levels."""
    words, grid = seen(draw_spectrogram, tone(1000, 1, rate=16_000), tmp_path / "a")
    assert isinstance(words, Text)
    assert isinstance(grid, Grid)
    assert "1000 Hz, 0.0 dB" in words.text
    assert len(grid.y.names) == len(grid.cells)
