"""Sounds, as the official client sends and reads them."""

from __future__ import annotations

import base64
import io
import json
import re
import wave
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from conftest import Server
from test_openai_dialect import client_of

WORDS = "The weather is fine in the morning. It will rain in the afternoon."
HEADS = {
    "mp3": (b"ID3", b"\xff\xf3", b"\xff\xfb", b"\xff\xf2"),
    "opus": (b"OggS",),
    "flac": (b"fLaC",),
    "wav": (b"RIFF",),
}


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The client of the shared server."""
    with client_of(server.url) as one:
        yield one


@pytest.fixture(scope="module")
def spoken(server: Server) -> bytes:
    """The words, spoken."""
    with client_of(server.url) as client:
        return client.audio.speech.create(model="tts-1", voice="alloy", input=WORDS, response_format="wav").read()


def test_a_text_is_spoken_in_each_format_that_is_written(client: openai.OpenAI) -> None:
    """Files of each kind; bare samples at 24 kHz, as long as in a WAV file, and fewer at twice the speed."""
    made: dict[str, bytes] = {}
    for form in ("mp3", "opus", "flac", "wav", "pcm"):
        made[form] = client.audio.speech.create(
            model="tts-1",
            voice="alloy",
            input="Good morning.",
            response_format=form,  # pyright: ignore[reportArgumentType] - one of the literals
        ).read()
    for form, heads in HEADS.items():
        assert made[form].startswith(heads), form
    with wave.open(io.BytesIO(made["wav"])) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert len(made["pcm"]) / (2 * 24_000) == pytest.approx(seconds, abs=0.05)
    fast = client.audio.speech.create(
        model="tts-1", voice="alloy", input="Good morning.", response_format="pcm", speed=2.0
    ).read()
    assert len(fast) < 0.75 * len(made["pcm"])


def test_nothing_of_a_sound_that_was_made_is_kept(client: openai.OpenAI, server: Server) -> None:
    """What was made for one answer, and what was sent for one, is gone with it."""

    def kept() -> int:
        listed: Any = client.get(f"{server.url}/blobs?limit=100", cast_to=object)
        return len(listed["blobs"])

    before = kept()
    sound = client.audio.speech.create(model="tts-1", voice="alloy", input="Yes.", response_format="wav").read()
    client.audio.transcriptions.create(model="whisper-1", file=("yes.wav", sound))
    assert kept() == before


def test_speech_comes_in_events_too(client: openai.OpenAI, server: Server) -> None:
    """`stream_format: sse`: the pieces of the file, in base64, and then the end."""
    asked = {"model": "tts-1", "voice": "alloy", "input": "Good morning.", "response_format": "wav"}
    with client.audio.speech.with_streaming_response.create(**asked, stream_format="sse") as answer:  # pyright: ignore[reportArgumentType, reportCallIssue] - as above
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-nis-ignored"] == "voice"
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert [one["type"] for one in events[-1:]] == ["speech.audio.done"]
    sound = b"".join(base64.b64decode(one["audio"]) for one in events[:-1])
    assert sound.startswith(b"RIFF")


def test_speech_is_written_down_in_each_format(client: openai.OpenAI, spoken: bytes) -> None:
    """The official types hold what comes; subtitles and words have times within the sound."""
    create: Any = client.audio.transcriptions.create

    def heard(**options: Any) -> Any:  # Any: each format is of its own type
        return create(model="whisper-1", file=("speech.wav", spoken), **options)

    plain = heard()
    assert "afternoon" in plain.text.lower()
    assert plain.usage.type == "duration"
    assert heard(response_format="text").strip() == plain.text
    assert re.match(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n", heard(response_format="srt"))
    assert heard(response_format="vtt").startswith("WEBVTT")
    verbose = heard(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert (verbose.text, verbose.language) == (plain.text, "en")
    assert "".join(one.text for one in verbose.segments).strip() == plain.text
    assert [one.word for one in verbose.words] == plain.text.split()
    assert all(0 <= one.start <= one.end <= verbose.duration for one in verbose.words)
    assert verbose.duration == pytest.approx(plain.usage.seconds, abs=0.01)


def test_a_transcript_is_streamed(client: openai.OpenAI, spoken: bytes) -> None:
    """The pieces are the whole."""
    events = list(client.audio.transcriptions.create(model="whisper-1", file=("speech.wav", spoken), stream=True))
    *pieces, last = [event.model_dump() for event in events]
    assert {one["type"] for one in pieces} == {"transcript.text.delta"}
    assert last["type"] == "transcript.text.done"
    assert "".join(one["delta"] for one in pieces) == last["text"]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_a_model_of_english_alone_translates_nothing(client: openai.OpenAI, spoken: bytes) -> None:
    """What cannot be is refused by name."""
    create: Any = client.audio.translations.create  # pyright: ignore[reportDeprecated] - many still call it
    with pytest.raises(openai.BadRequestError, match=r"tiny\.en"):
        create(model="whisper-1", file=("speech.wav", spoken))


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"response_format": "aac"}, "response_format"),
        ({"instructions": "Speak sadly."}, "instructions"),
        ({"speed": 9.0}, "speed"),
        ({"input": ""}, "input"),
        ({"voice": "nobody-at-all"}, "voice"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ],
)
def test_speech_that_cannot_be_is_refused_by_name(client: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    """House rule: no parameter in silence."""
    create: Any = client.audio.speech.create
    with pytest.raises(openai.BadRequestError) as error:
        create(**{"model": "tts-1", "voice": "alloy", "input": "Good morning.", **given})
    assert error.value.param == param


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"response_format": "diarized_json"}, "response_format"),
        ({"include": ["logprobs"]}, "include"),
        ({"known_speaker_names": ["Ann"]}, "known_speaker_names"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"temperature": 3}, "temperature"),
        ({"stream": True, "response_format": "vtt"}, "stream"),
        ({"file": ("a.txt", b"words")}, "file"),
        ({"file": ("a.wav", b"")}, "file"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ],
)
def test_a_transcript_that_cannot_be_is_refused_by_name(
    client: openai.OpenAI, spoken: bytes, given: dict[str, Any], param: str
) -> None:
    """House rule: no parameter in silence."""
    create: Any = client.audio.transcriptions.create
    with pytest.raises(openai.APIStatusError) as error:
        create(**{"model": "whisper-1", "file": ("speech.wav", spoken), **given})
    assert error.value.status_code in {400, 413, 415}
    body: Any = error.value.body
    assert body["param"] == param
    assert not body["message"].startswith("audio")


def test_the_models_are_listed_and_no_other_is_taken(client: openai.OpenAI, spoken: bytes) -> None:
    """A model that is not there is refused as one, with the one that is."""
    listed = {one.id for one in client.models.list()}
    assert {"whisper-1", "tts-1"} <= listed
    assert client.models.retrieve("whisper-1").owned_by == "nis"
    with pytest.raises(openai.NotFoundError, match="There is: tts-1"):
        client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Good morning.")
    with pytest.raises(openai.NotFoundError, match="There is: whisper-1"):
        client.audio.transcriptions.create(model="gpt-4o-transcribe", file=("speech.wav", spoken))
