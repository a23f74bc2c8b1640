"""Voices of Piper's from folders of one's own: found, chosen, spoken with, and refused where they are none."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import piper_made
import pytest
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from made_sounds import Worker
from piper_made import FRAMES, IDS, RATE

from nis_backend.capabilities.voice import piper
from nis_backend.capabilities.voice.operations import list_voices, synthesize_speech
from nis_backend.capabilities.voice.piper_voices import Card
from nis_backend.errors import InvalidRequest, NisError, NotSupported, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "The kettle is on. Are you there?"


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    """A worker that is told of a folder with one voice."""
    piper_made.put(tmp_path / "voices")
    return Worker({"voices": str(tmp_path / "voices")})


def say(worker: Worker, **fields: Any) -> Any:  # Any: fields of a request; a `SynthesizedSpeech`
    """What a worker does with a call."""
    return synthesize_speech.function(synthesize_speech.validate({"text": TEXT, **fields}), worker)


def samples_of(spoken: Any) -> tuple[Any, int]:  # Any: as above, and soundfile's types
    """The samples of a WAV file, and how many a second."""
    return soundfile.read(io.BytesIO(spoken.audio.content))


def hertz_of(spoken: Any) -> float:  # Any: as above
    """The strongest frequency of a sound."""
    samples, rate = samples_of(spoken)
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


def test_a_voice_speaks_by_its_own_rate_and_scales(worker: Worker) -> None:
    """Promise: sample rate and scales are the card's; each sentence takes what its phonemes want, silence between."""
    spoken = say(worker, voice="made")
    samples, rate = samples_of(spoken)
    assert (spoken.engine, spoken.voice, spoken.language, spoken.rate) == ("piper", "made", "en-us", 1.0)
    assert rate == spoken.sample_rate == RATE
    sentences = [*piper.sentences_of(piper.clauses(TEXT, _card()), _card())]
    assert len(sentences) == 2
    frames = sum(FRAMES * len(one) for one in sentences)
    assert len(samples) == 256 * frames + round(piper.BETWEEN * RATE)
    assert np.abs(samples).max() == pytest.approx(piper.LOUDEST, abs=0.01)
    assert hertz_of(spoken) == pytest.approx(200, abs=2)


def _card(**more: Any) -> Card:  # Any: members of a card
    usual = {"audio": {"sample_rate": RATE}, "espeak": {"voice": "en-us"}, "phoneme_id_map": IDS}
    return Card.model_validate({**usual, **more})


def test_phonemes_stand_in_pipers_order() -> None:
    """Promise: a beginning, what stands between after it and after each phoneme, an end. Source: phoneme_ids.cpp."""
    (numbers,) = piper.sentences_of([("a(de)b", ","), ("c☃", "!")], _card())
    a, b, c, comma, mark, space = (IDS[one][0] for one in "abc,! ")
    between, begin, end = (IDS[one][0] for one in "_^$")
    # The comma has a space after it; a switch of languages and what the voice does not know are left out.
    assert numbers[:2] == [begin, between]
    assert numbers[2:-1:2] == [a, b, comma, space, c, mark]
    assert set(numbers[3:-1:2]) == {between}
    assert numbers[-1] == end


def test_a_sentence_without_an_end_is_cut_at_a_space() -> None:
    """Promise: no more phonemes at once than `LONGEST_SENTENCE`, and none of them lost."""
    words = "abcdefghi " * 200
    cut = [*piper.sentences_of([(words, "")], _card())]
    assert len(cut) > 3
    assert all(len(one) <= 2 * piper.LONGEST_SENTENCE + 3 for one in cut)
    assert sum(one.count(IDS["a"][0]) for one in cut) == 200
    assert all(one[-3] == IDS[" "][0] for one in cut)


def test_pace_and_volume_are_heeded_and_the_pace_is_measured(worker: Worker) -> None:
    """Promise: the pace that is answered is that of the sound: the usual one's length over its own."""
    usual, fast, slow, quiet = (
        say(worker, voice="made", text="The kettle is on.", **more)
        for more in ({}, {"rate": 2}, {"rate": 0.5}, {"volume": 50})
    )
    for one in (fast, slow):
        assert one.rate == pytest.approx(usual.duration / one.duration, rel=0.001)
    assert fast.rate > 1.5
    assert slow.rate < 0.6
    peaks = [np.abs(samples_of(one)[0]).max() for one in (usual, quiet)]
    assert peaks[1] == pytest.approx(peaks[0] / 2, rel=0.01)


def test_who_speaks_by_a_file_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    """Promise: each speaker is a voice; the file's own name is the first of them."""
    card: Any = {"num_speakers": 3, "speaker_id_map": {"anna": 0, "not a name!": 1, "ben": 2}}
    path = piper_made.put(tmp_path, **card)
    worker = Worker({"voices": str(path)})
    listed = list_voices.function(list_voices.validate({"language": "en-us"}), worker).voices
    assert [one.id for one in listed if one.engine == "piper"] == ["made/anna", "made/1", "made/ben"]
    found = {name: hertz_of(say(worker, voice=name)) for name in ("made", "made/anna", "made/1", "made/ben")}
    assert [*found.values()] == pytest.approx([200, 200, 300, 400], abs=2)


def test_a_voice_of_ones_own_is_the_usual_one_of_its_language(worker: Worker) -> None:
    """Promise: it comes before eSpeak's, which speaks all other languages and does what no voice of Piper's can."""
    assert say(worker).engine == "piper"
    assert say(worker, language="en").voice == "made"
    assert say(worker, language="de").engine == "espeak"
    assert say(worker, pitch=80).engine == "espeak"
    assert say(worker, ssml=True).engine == "espeak"
    first = list_voices.function(list_voices.validate({}), worker).voices[0]
    assert (first.id, first.engine) == ("made", "piper")


@pytest.mark.parametrize(("field", "value"), [("pitch", 80), ("ssml", True), ("language", "de")])
def test_what_a_named_voice_cannot_do_is_refused(worker: Worker, field: str, value: Any) -> None:
    """Promise: no option is ignored in silence; the field is named."""
    with pytest.raises((NotSupported, InvalidRequest)) as caught:
        say(worker, voice="made", **{field: value})
    assert caught.value.field == field
    assert caught.value.remedy


def test_letters_are_phonemes_where_a_card_says_so(tmp_path: Path) -> None:
    """Promise: a voice of `phoneme_type: text` is given the text's own letters, and needs no eSpeak."""
    path = piper_made.put(tmp_path, phoneme_type="text", espeak=None, language={"code": "uk"})
    spoken = say(Worker({"voices": str(path)}), voice="made", text="Abc. De?")
    assert spoken.language == "uk"
    ids = [*piper.sentences_of(piper.clauses("Abc. De?", _card(phoneme_type="text")), _card())]
    assert [len(one) for one in ids] == [2 * 4 + 3, 2 * 4 + 3]


def test_a_text_without_words_is_refused(worker: Worker) -> None:
    """Promise: no empty sound is answered."""
    with pytest.raises(InvalidRequest, match="nothing"):
        say(worker, voice="made", text=" ... ")


def test_a_text_that_plays_for_too_long_is_refused(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the longest sound is bounded, by either engine."""
    monkeypatch.setattr("nis_backend.capabilities.voice.espeak.LONGEST_SECONDS", 1.0)
    with pytest.raises(NisError) as caught:
        say(worker, voice="made", rate=0.25)
    assert (caught.value.code, caught.value.field) == ("too_large", "text")


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("no rate", {"audio": None}, "audio"),
    ("no map", {"phoneme_id_map": {"a": [1], "b": [2], "c": [3], "d": [4]}}, "phoneme_id_map has no '_'"),
    ("a negative number", {"phoneme_id_map": {**IDS, "a": [-1]}}, "negative"),
    ("no such rate", {"audio": {"sample_rate": 4}}, "audio.sample_rate"),
    ("no such phonemes", {"phoneme_type": "pinyin"}, "phoneme_type"),
    ("nobody of that number", {"speaker_id_map": {"anna": 5}}, "none of 1 speakers"),
    ("no voice for phonemes", {"espeak": None}, "espeak.voice"),
]


@pytest.mark.parametrize(("card", "why"), [(card, why) for _, card, why in BAD], ids=[name for name, _, _ in BAD])
def test_a_card_that_is_none_is_named(tmp_path: Path, card: dict[str, Any], why: str) -> None:
    """Promise: the setting, the file and the remedy; no path of this machine."""
    path = piper_made.put(tmp_path, **card)
    with pytest.raises(Unavailable) as caught:
        say(Worker({"voices": str(path)}))
    assert "NIS_VOICES" in caught.value.message
    assert "made.onnx" in caught.value.message
    assert why in caught.value.message
    assert ".onnx.json" in caught.value.remedy
    assert str(tmp_path) not in f"{caught.value.message} {caught.value.remedy}"


@pytest.mark.parametrize(
    ("speakers", "file", "why"),
    [
        (1, b"nothing of the kind", "no ONNX file"),
        (2, piper_made.network(1), "its inputs are"),
        (1, piper_made.network(2), "its inputs are"),
    ],
    ids=["no network", "a card of two for a network of one", "a card of one for a network of two"],
)
def test_a_network_that_is_none_is_named(tmp_path: Path, speakers: int, file: bytes, why: str) -> None:
    """Promise: as of a card; what the file is and what its card says must agree."""
    path = piper_made.put(tmp_path, file=file, num_speakers=speakers)
    with pytest.raises(Unavailable, match="NIS_VOICES") as caught:
        say(Worker({"voices": str(path)}), voice="made")
    assert why in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """Promise: a folder without voices, a file that is missing, a card that is missing, two voices of one name."""
    path = piper_made.put(tmp_path / "one")
    other = piper_made.put(tmp_path / "other")
    alone = tmp_path / "alone" / "alone.onnx"
    alone.parent.mkdir()
    alone.write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for named, why in (
        (tmp_path / "empty", r"the folder has no \.onnx file"),
        (tmp_path / "nowhere.onnx", r"no such \.onnx file"),
        (alone, r"alone\.onnx\.json, cannot be read"),
        (f"{path},{other}", "another file of that name"),
    ):
        with pytest.raises(Unavailable, match=why):
            say(Worker({"voices": str(named)}))


def test_a_file_that_was_replaced_is_loaded_anew(tmp_path: Path) -> None:
    """Promise: whoever replaces a voice hears the new one; a process holds two at most."""
    worker = Worker({"voices": str(tmp_path)})
    piper_made.put(tmp_path)
    say(worker, voice="made")
    piper_made.put(tmp_path, file=b"nothing of the kind")
    with pytest.raises(Unavailable):
        say(worker, voice="made")
