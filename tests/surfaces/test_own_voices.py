"""A voice of Piper's that a server is given: it speaks wherever text is spoken."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import openai
import piper_made
from piper_made import RATE
from rest_client import ask, done
from spoken import Talk, opened

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Serve


def test_a_voice_of_ones_own_speaks_on_every_surface(serve: Serve, tmp_path: Path) -> None:
    """Promise: REST, OpenAI's client, a conversation by voice; what it cannot do is refused, a wrong card is told."""
    piper_made.put(tmp_path)
    server = serve(NIS_VOICES=str(tmp_path))
    made = done(server, "POST", "/voice/synthesize-speech", {"text": "The kettle is on."})
    assert (made["voice"], made["engine"], made["sample_rate"]) == ("made", "piper", RATE)
    status, _, problem = ask(server, "POST", "/voice/synthesize-speech", {"text": "Yes.", "voice": "made", "pitch": 9})
    assert (status >= 400, problem["field"]) == (True, "pitch")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=60) as client:
        sound = client.audio.speech.create(model="tts-1", voice="made", input="Yes.", response_format="wav").read()
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getframerate() == RATE
    with opened(server.url) as socket:
        talk = Talk(socket)
        talk.send("start", voice="made")
        talk.send("text_input", text="Hello?")
        sentence = talk.until("sentence")
        assert sentence["sample_rate"] == RATE
    piper_made.put(tmp_path, phoneme_type="pinyin")
    status, _, problem = ask(server, "GET", "/voice/list-voices")
    assert (status, "NIS_VOICES" in problem["detail"]) == (503, True)
