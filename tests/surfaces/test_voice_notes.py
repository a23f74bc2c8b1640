"""A voice note: a sound that comes without words, whose words are the message, whatever surface it came by."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from conftest import Server, running_server
from fake_openai import FakeOpenAI, says
from made_sounds import file_of
from made_sounds import said as spoken
from rest_client import done

Json = dict[str, Any]

WORDS = "The committee will meet on Thursday afternoon."
HEARD = re.compile(r"committee.*meet.*thursday", re.IGNORECASE | re.DOTALL)
"""What the small model understands of it."""


@pytest.fixture(scope="module")
def note() -> str:
    """The words, spoken, as a WAV file in base64."""
    return base64.b64encode(file_of(spoken(WORDS, 16_000), rate=16_000)).decode()


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeOpenAI]:
    """A model that hears nothing itself."""
    with FakeOpenAI(models=["fake-large"]).in_thread() as one:
        yield one


@pytest.fixture(scope="module")
def server(upstream: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model is that one."""
    environment = {"NIS_LOCAL_URL": upstream.url, "NIS_LOCAL_MODEL": "fake-large"}
    with running_server(tmp_path_factory.mktemp("notes"), (), environment) as one:
        yield one


def by_rest(server: Server, note: str) -> str:
    """REST, base64 in JSON; what is answered."""
    attached = {"base64": note, "name": "note.wav"}
    return str(done(server, "POST", "/chat", {"message": "", "attachments": [attached]})["response"])


def by_completions(server: Server, note: str) -> str:
    """OpenAI's client, an audio part alone."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, timeout=120) as client:
        content: Any = [{"type": "input_audio", "input_audio": {"data": note, "format": "wav"}}]
        said = client.chat.completions.create(model="agent:chat", messages=[{"role": "user", "content": content}])
    return str(said.choices[0].message.content)


def by_a2a(server: Server, note: str) -> str:
    """A2A 1.0, a part with bytes."""
    message = {"messageId": "m", "role": "ROLE_USER", "parts": [{"raw": note, "mediaType": "audio/wav"}]}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
    task = done(server, "POST", "/a2a", body, {"a2a-version": "1.0", "content-type": "application/json"})["result"][
        "task"
    ]
    return " ".join(part.get("text", "") for one in task["artifacts"] for part in one["parts"])


@pytest.mark.parametrize("way", [by_rest, by_completions, by_a2a], ids=lambda way: way.__name__)
def test_what_is_said_in_a_voice_note_is_the_message(
    server: Server, upstream: FakeOpenAI, note: str, way: Callable[[Server, str], str]
) -> None:
    """Promise: the model is asked what was said; the answer begins with it; the call is in the log, and its own answer.

    Source: docs/decisions/0067, "A voice note is the question".
    """
    upstream.replies[:] = [says("I will note it.")]
    upstream.asked.clear()
    answer = way(server, note)
    assert answer.startswith("You said: ")
    assert HEARD.search(answer)
    assert answer.endswith("I will note it.")
    (asked,) = [one for one in upstream.asked if one.path.endswith("/chat/completions")]
    last = asked.body["messages"][-1]
    assert last["role"] == "user"
    assert HEARD.search(str(last["content"]))
    offered = [one["function"]["name"] for one in asked.body["tools"]]
    assert offered[0] == "voice-transcribe_audio"
    run = done(server, "GET", "/runs?limit=1")["runs"][0]
    log = done(server, "GET", f"/runs/{run['id']}/events")["items"]
    called = [one["body"]["operation"] for one in log if one["body"]["type"] == "tool_called"]
    assert called == ["voice.transcribe_audio"]


def test_a_sound_with_a_question_is_attached_and_not_the_question(
    server: Server, upstream: FakeOpenAI, note: str
) -> None:
    """Promise: what a person has typed is what is asked; a rule has the sound listened to for it."""
    upstream.replies[:] = [says("Nobody should ask.")]
    attached = {"base64": note, "name": "note.wav"}
    answer = done(server, "POST", "/chat", {"message": "How long is this recording?", "attachments": [attached]})
    run = done(server, "GET", f"/runs/{answer['run_id']}")
    log = done(server, "GET", f"/runs/{run['id']}/events")["items"]
    assert run["input"]["message"] == "How long is this recording?"
    called = [one["body"]["operation"] for one in log if one["body"]["type"] == "tool_called"]
    assert "voice.transcribe_audio" not in called
