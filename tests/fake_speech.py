"""What OpenAI's `/audio` endpoints answer, byte for byte; each shape is read by the official client's own types.

Source: https://platform.openai.com/docs/api-reference/audio
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from fake_server import Canned
from made_sounds import file_of, tone
from openai.types.audio import TranscriptionDiarized, TranscriptionVerbose
from openai.types.audio.transcription import Transcription

if TYPE_CHECKING:
    from fake_server import Asked, Json

RATE = 24_000
"""Of OpenAI's voices."""
WORDS = ("The", "kettle", "is", "on.")


def sound(form: str = "wav", seconds: float = 0.5) -> bytes:
    """A tone as a file; a WAV file has the sizes that one has which is sent while it is made."""
    samples = tone(440, seconds, rate=RATE, peak=0.5)
    match form:
        case "wav":
            data = file_of(samples, rate=RATE)
            at = data.index(b"data") + 4
            return data[:4] + b"\xff\xff\xff\xff" + data[8:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
        case "mp3":
            return file_of(samples, rate=RATE, container="MP3", codec="MPEG_LAYER_III")
        case _:
            return file_of(samples, rate=RATE, container="OGG", codec="OPUS")


KINDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/opus"}


def speaks(asked: Asked) -> Canned:
    """The sound, in the format that is asked for, in two pieces."""
    form = str(asked.body.get("response_format", "mp3"))
    data = sound(form)
    return Canned(pieces=[data[:1000], data[1000:]], content_type=KINDS[form])


def speaks_in_events(asked: Asked) -> Canned:
    """The same as events, whose last states the tokens."""
    assert asked.body["stream_format"] == "sse"
    data = sound(str(asked.body["response_format"]))
    halves = (data[: len(data) // 2], data[len(data) // 2 :])
    deltas = [{"type": "speech.audio.delta", "audio": base64.b64encode(one).decode()} for one in halves]
    usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
    events = [*deltas, {"type": "speech.audio.done", "usage": usage}]
    return Canned(pieces=[b"data: " + json.dumps(one).encode() + b"\n\n" for one in events])


def whole(body: Json) -> Canned:
    """One object."""
    return Canned(pieces=[json.dumps(body).encode()], content_type="application/json")


def hears(asked: Asked) -> Canned:
    """A transcript with times, as `whisper-1` gives it: the language by its name, segments, words where asked for."""
    (form,) = asked.body["response_format"]
    assert form == "verbose_json"
    segments: list[Json] = [
        {
            "id": number,
            "seek": 0,
            "start": 0.25 * number,
            "end": 0.25 * (number + 1),
            "text": f" {text}",
            "tokens": [50364, 440],
            "temperature": 0.0,
            "avg_logprob": -0.25,
            "compression_ratio": 0.8,
            "no_speech_prob": 0.01,
        }
        for number, text in enumerate(("The kettle", "is on."))
    ]
    body: Json = {
        "task": "transcribe",
        "language": "english",
        "duration": 0.5,
        "text": " ".join(WORDS),
        "segments": segments,
        "usage": {"type": "duration", "seconds": 1},
    }
    if "word" in asked.body.get("timestamp_granularities[]", ()):
        steps = np.linspace(0, 0.5, len(WORDS) + 1).tolist()
        body["words"] = [
            {"word": word.strip("."), "start": start, "end": end}
            for word, start, end in zip(WORDS, steps[:-1], steps[1:], strict=True)
        ]
    TranscriptionVerbose.model_validate(body, strict=True)
    return whole(body)


def hears_text(asked: Asked) -> Canned:
    """A transcript without times, with tokens, as `gpt-4o-transcribe` gives it and no other."""
    assert asked.body["response_format"] == ["json"]
    details = {"text_tokens": 4, "audio_tokens": 10}
    usage = {
        "type": "tokens",
        "input_tokens": 14,
        "input_token_details": details,
        "output_tokens": 8,
        "total_tokens": 22,
    }
    body: Json = {"text": " ".join(WORDS), "usage": usage}
    Transcription.model_validate(body, strict=True)
    return whole(body)


def hears_speakers(asked: Asked) -> Canned:
    """A transcript with speakers, as `gpt-4o-transcribe-diarize` gives it."""
    assert (asked.body["response_format"], asked.body["chunking_strategy"]) == (["diarized_json"], ["auto"])
    said = (("A", 0.0, 0.25, " The kettle"), ("B", 0.25, 0.5, " is on."))
    segments = [
        {"type": "transcript.text.segment", "id": f"seg_{at}", "speaker": who, "start": start, "end": end, "text": text}
        for at, (who, start, end, text) in enumerate(said)
    ]
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 8, "total_tokens": 22}
    body: Json = {
        "task": "transcribe",
        "duration": 0.5,
        "text": " ".join(WORDS),
        "segments": segments,
        "usage": usage,
    }
    TranscriptionDiarized.model_validate(body, strict=True)
    return whole(body)


def sent_file(asked: Asked) -> tuple[str, str, bytes]:
    """The file of a form."""
    given: Any = asked.body["file"]
    return given
