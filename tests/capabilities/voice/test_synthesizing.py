"""Text is spoken: in the voice, at the pace and in the format that were asked for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from made_sounds import Worker

from nis_backend.blob import Blob
from nis_backend.capabilities.voice import espeak
from nis_backend.capabilities.voice.operations import list_voices, synthesize_speech
from nis_backend.errors import InvalidRequest, Unavailable, WorkerLost

SENTENCE = "The quick brown fox jumps over the lazy dog."


def say(**fields: Any) -> Any:  # Any: fields of a request; a `SynthesizedSpeech`
    """What a worker does with a call."""
    return synthesize_speech.function(synthesize_speech.validate({"text": SENTENCE, **fields}), Worker())


def samples_of(blob: Blob) -> tuple[Any, Any]:  # Any: soundfile's types
    """A blob's samples and its file."""
    assert isinstance(blob.content, bytes)
    file = soundfile.SoundFile(io.BytesIO(blob.content))
    return file.read(), file


@pytest.mark.parametrize(
    ("form", "container", "codec", "rate"),
    [
        ("wav", "WAV", "PCM_16", 22_050),
        ("flac", "FLAC", "PCM_16", 22_050),
        ("ogg", "OGG", "VORBIS", 22_050),
        ("opus", "OGG", "OPUS", 24_000),
        ("mp3", "MP3", "MPEG_LAYER_III", 22_050),
    ],
)
def test_a_sentence_is_written_in_each_format(form: str, container: str, codec: str, rate: int) -> None:
    """Promise: WAV, FLAC, Vorbis, Opus and MP3, one channel; what is said of the file is so."""
    spoken = say(format=form)
    samples, file = samples_of(spoken.audio)
    assert (file.format, file.subtype, file.channels) == (container, codec, 1)
    assert spoken.sample_rate == rate
    assert len(samples) / file.samplerate == pytest.approx(spoken.duration, abs=0.15)
    assert np.abs(samples).max() > 0.1


def test_pace_pitch_and_volume_are_heeded() -> None:
    """Promise: twice the pace is half the time; half the volume is half the size; a high voice is high."""
    usual, fast, quiet, high = say(), say(rate=2), say(volume=50), say(pitch=99)
    assert fast.duration == pytest.approx(usual.duration / 2, rel=0.2)
    assert fast.rate == 2
    peaks = [np.abs(samples_of(one.audio)[0]).max() for one in (usual, quiet)]
    assert peaks[1] == pytest.approx(peaks[0] / 2, rel=0.25)
    assert _pitch(high) > 1.2 * _pitch(usual)


def _pitch(spoken: Any) -> float:  # Any: as in say
    """The commonest distance between a stretch and its best copy, as a frequency in Hz."""
    samples, file = samples_of(spoken.audio)
    found: list[float] = []
    for start in range(0, len(samples) - 2048, 1024):
        piece = samples[start : start + 2048] - samples[start : start + 2048].mean()
        if np.abs(piece).max() > 0.1:
            like = np.correlate(piece, piece, "full")[2048:]
            lowest = int(file.samplerate / 400)
            found.append(file.samplerate / (lowest + 1 + like[lowest : int(file.samplerate / 60)].argmax()))
    return float(np.median(found))


def test_a_pace_that_no_voice_has_is_told() -> None:
    """Promise: as near as the voice can, and the answer says how near."""
    assert say(rate=0.25).rate == pytest.approx(80 / 175)


def test_a_voice_is_found_by_its_id_its_language_or_by_the_texts_language() -> None:
    """Promise: an id from the list, with a variant of it, or the first voice of a language."""
    assert say(voice="gmw/en-US").voice == "gmw/en-US"
    assert say(voice="gmw/en-US+f3").voice == "gmw/en-US+f3"
    assert say().language == "en-us"
    assert say(language="en-gb").language == "en-gb"
    german = say(text="Guten Morgen", language="de")
    assert (german.language, german.voice) == ("de", "gmw/de")


@pytest.mark.parametrize(("fields", "field"), [({"voice": "nobody"}, "voice"), ({"language": "xx"}, "language")])
def test_a_voice_that_nobody_has_is_refused(fields: dict[str, str], field: str) -> None:
    """Promise: the field and the remedy are named."""
    with pytest.raises(InvalidRequest) as caught:
        say(**fields)
    assert caught.value.field == field
    assert "list of voices" in caught.value.remedy


def test_marks_of_ssml_are_read_only_where_they_are_meant() -> None:
    """Promise: off by default, when a bracket is spoken as what it is."""
    text = '<speak>One <break time="2000ms"/> two</speak>'
    assert say(text=text, ssml=True).duration > 2
    assert say(text="a < b").duration > 0.5


def test_a_text_is_spoken_to_its_end() -> None:
    """Promise: nothing of it is left out in silence; for the library a NUL would be the end of the text."""
    assert say(text="One\0two three.").duration == pytest.approx(say(text="One two three.").duration)
    assert espeak.held().get().phonemes("One\0two", "en-us") == espeak.held().get().phonemes("One two", "en-us")


def test_what_has_no_words_is_refused() -> None:
    """Promise: no empty sound is answered."""
    with pytest.raises(InvalidRequest, match="nothing"):
        say(text=" \n ")


def test_voices_are_listed_by_language() -> None:
    """Promise: each has an id, a name and a language; a language keeps its kinds."""
    request = list_voices.validate({"language": "pt"})
    found = list_voices.function(request, Worker()).voices
    assert {one.language for one in found} == {"pt", "pt-br"}
    every = list_voices.function(list_voices.validate({}), Worker()).voices
    assert len(every) > 100
    assert len({one.id for one in every}) == len(every)


def test_the_same_text_is_said_in_the_same_way_each_time() -> None:
    """Promise: what was said before changes nothing; the library by itself goes on with its flutter where it was."""
    first = say(text="Hello there.")
    say(text="Something else, in another voice.", voice="gmw/de+f2")
    assert say(text="Hello there.").audio.sha256 == first.audio.sha256


def test_the_program_is_started_anew_after_it_died() -> None:
    """Promise: the call under which it died says so, the next one speaks."""
    program = espeak.held().get()
    program.process.kill()
    with pytest.raises(WorkerLost):
        program.speak(SENTENCE, "en", espeak.Manner())
    assert say().duration > 1


def test_the_library_is_loaded_by_a_process_of_its_own() -> None:
    """Promise: nothing of the GPL in the worker; the program that has it is another, without our package."""
    say()
    assert "libespeak" not in Path("/proc/self/maps").read_text()
    maps = Path(f"/proc/{espeak.held().get().process.pid}/maps").read_text()
    assert "libespeak" in maps
    assert "pydantic" not in maps


def _nothing(_name: str) -> None:
    """Nothing of any name."""


def test_without_espeak_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: `Unavailable`, with both ways to get it."""
    monkeypatch.setattr("importlib.util.find_spec", _nothing)
    monkeypatch.setattr(espeak, "find_library", _nothing)
    with pytest.raises(Unavailable) as caught:
        espeak.found()
    assert "apt-get install espeak-ng" in caught.value.remedy
    assert "pip install" in caught.value.remedy


def test_clauses_keep_the_marks_they_end_with() -> None:
    """Promise: phonemes by clause, and what was heard at its end: a question is not a statement."""
    clauses = espeak.held().get().phonemes('How are you today? I am fine. "Really!" he said: yes; no', "en-us")
    assert [mark for _, mark in clauses] == ["?", ".", "!", ":", ";", ""]
    assert all(spoken for spoken, _ in clauses)
