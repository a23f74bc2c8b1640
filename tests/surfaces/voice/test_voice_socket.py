"""A conversation by voice with a real server: real speech in, real speech back, and what may go wrong between."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from conftest import Server, running_server
from rest_client import done
from spoken import PATIENCE, Json, Talk, called, got, opened, speech, waved
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

QUESTION = "What is the weather like in London today?"
ANSWER = "It is fine in the morning. It will rain in the afternoon."
SCRIPT = {
    "replies": [
        {"when": "london", "text": ANSWER},
        {"when": "story", "text": "The ship sails over the sea again. " * 40, "pause": 0.02},
        {"when": "slowly", "text": "One two three four five six. Seven.", "pause": 0.15},
        {"text": "Yes, certainly."},
    ]
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A model that says what the script holds."""
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps(SCRIPT))
    return {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Server]:
    """A server that hears and speaks."""
    with running_server(tmp_path_factory.mktemp("voice"), environment=environment) as one:
        yield one


@pytest.fixture(scope="module")
def question(server: Server) -> bytes:
    """The question, spoken."""
    return speech(server.url, QUESTION)


def begun(socket: ClientConnection, **members: Any) -> Talk:  # Any: JSON
    """A conversation that has begun, and is talk alone: no model is loaded to choose operations by."""
    talk = Talk(socket)
    talk.send("start", operations=False, **members)
    talk.until("ready")
    return talk


def test_a_spoken_question_is_answered_aloud(server: Server, question: bytes) -> None:
    """Speech in, a run of chat, speech back that says what the answer says: every part of it real."""
    with opened(server.url) as socket:
        talk = begun(socket, language="en")
        talk.say(question)
        ended = talk.until("turn_completed")
    assert talk.kinds()[:2] == ["ready", "speech_started"]
    heard = next(one for one in talk.told if one["type"] == "transcript")
    assert "london" in heard["text"].lower()
    assert ANSWER in ended["text"]
    assert (ended["status"], ended["heard"], ended["interrupted"]) == ("succeeded", ended["text"], False)
    stages = [ended["latency"][name] for name in ("vad", "transcription", "first_token", "first_audio")]
    assert ended["latency"]["total"] == pytest.approx(sum(stages), abs=0.005)

    # The log is the truth: what was told of the turn is what it holds.
    run = got(server.url, f"/runs/{ended['run_id']}")
    assert (run["input"]["message"], run["state"]) == (heard["text"], "succeeded")
    assert run["input"]["labels"]["voice"] == heard["latency"]
    assert (
        run["result"]["response"]
        == ended["text"]
        == "".join(one["text"] for one in talk.told if one["type"] == "text_delta")
    )
    assert run["last_seq"] == ended["last_event"]

    # The sound: numbered through, each sentence where it says that it begins, and it says what the text says.
    assert [(turn, number) for turn, number, _ in talk.sounds] == [
        (1, number) for number in range(1, len(talk.sounds) + 1)
    ]
    sentences = [one for one in talk.told if one["type"] == "sentence"]
    assert "".join(one["text"] for one in sentences) == ended["text"]
    first, second = sentences[:2]
    sound = b"".join(pcm for _, number, pcm in talk.sounds if number < second["sequence"])
    assert len(sound) == pytest.approx(2 * first["sample_rate"] * first["seconds"], abs=50)
    whole = waved(b"".join(pcm for _, _, pcm in talk.sounds), first["sample_rate"])
    said = called(server.url, "/voice/transcribe-audio", {"audio": {"base64": base64.b64encode(whole).decode()}})
    assert "afternoon" in said["text"].lower()


def test_who_speaks_interrupts_the_answer(server: Server, question: bytes) -> None:
    """Barge-in: the sound ends, the run is cancelled, and the next turn's model is told what was heard of it."""
    with opened(server.url) as socket:
        talk = begun(socket, partials=False)
        talk.send("text_input", text="Tell me a story")
        talk.until_sound()
        talk.say(question)
        cut = talk.until("interrupted")
        assert (cut["turn"], cut["reason"]) == (1, "speech")
        assert talk.until("turn_completed")["interrupted"]
        assert talk.until("turn_started")["turn"] == 2
        answered = talk.until("text_completed")
        assert ANSWER in answered["text"]
    assert "turn_started" in talk.kinds()[talk.kinds().index("interrupted") :]
    frames = [turn for turn, _, _ in talk.sounds]
    assert frames == sorted(frames), "a piece of an answer came after it was interrupted"
    first, second = (got(server.url, f"/runs/{one['run_id']}") for one in (cut, answered))
    assert first["state"] == "cancelled"
    assert "Tell me a story" in second["input"]["context"]["interruption"]
    assert first["conversation_id"] == second["conversation_id"]


def test_an_answer_may_be_silenced_and_its_run_go_on(server: Server) -> None:
    """`stop_speaking`, by a message: what the client says that it has played was heard; the text is told to its end."""
    with opened(server.url) as socket:
        talk = begun(socket, speed=2, barge_in="stop_speaking", turn_detection={"type": "manual"})
        talk.send("text_input", text="Count slowly")
        talk.until_sound()
        talk.send("interrupt", played=0)
        assert talk.until("interrupted")["heard"] == ""
        ended = talk.until("turn_completed")
    assert (ended["status"], ended["heard"]) == ("succeeded", "")
    assert ended["text"].endswith("Seven.")


def test_push_to_talk_at_another_rate(server: Server) -> None:
    """Without a detector the client ends what it says; the sound is at the rate of a browser's microphone."""
    with opened(server.url) as socket:
        talk = begun(socket, sample_rate=48_000, speaks=False, partials=False, turn_detection={"type": "manual"})
        talk.say(speech(server.url, QUESTION, 48_000), 48_000)
        talk.send("commit")
        assert "london" in talk.until("transcript")["text"].lower()
        ended = talk.until("turn_completed")
    assert ANSWER in ended["text"]
    assert (ended["heard"], ended["latency"]["first_audio"], talk.sounds) == (ended["text"], None, [])


def test_a_turn_goes_on_after_the_server_was_killed(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> None:
    """The log is what a conversation is told from: whoever comes again hears the rest, and nothing twice."""
    folder = tmp_path_factory.mktemp("killed")
    with running_server(folder, environment=environment) as server, opened(server.url) as socket:
        talk = begun(socket, speaks=False)
        talk.send("text_input", text="Count slowly")
        begun_turn = talk.until("turn_started")
        seen = talk.until("text_delta", lambda one: "two" in one["text"])
        server.kill()
        with pytest.raises(ConnectionClosed):
            talk.until("turn_completed")
    with running_server(folder, environment=environment) as server, opened(server.url) as socket:
        known = begun_turn["conversation_id"]
        talk = begun(socket, conversation_id=known, speed=2)
        talk.send("resume", run_id=begun_turn["run_id"], last_event=seen["event"], spoken=len("[scripted] One "))
        ended = talk.until("turn_completed")
        assert (ended["run_id"], ended["status"], ended["conversation_id"]) == (
            begun_turn["run_id"],
            "succeeded",
            known,
        )
        assert all(
            one["event"] > seen["event"] for one in talk.told if one["type"].startswith("text_") and "event" in one
        )
        spoken = "".join(one["text"] for one in talk.told if one["type"] == "sentence")
        assert ended["text"].endswith(spoken)
        assert talk.sounds
        run = got(server.url, f"/runs/{ended['run_id']}")
        assert ended["text"] == run["result"]["response"]


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ("{", None),
        ("[]", None),
        ({"type": "shout"}, "type"),
        ({"type": "text_input", "text": "Hello", "loud": True}, "loud"),
        ({"type": "text_input", "text": ""}, "text"),
        ({"type": "interrupt", "played": -1}, "played"),
        ({"type": "resume", "run_id": "run-none"}, "run_id"),
        ({"type": "start"}, "type"),
        (b"\0\0\0", "frame"),
    ],
)
def test_a_frame_that_is_wrong_is_told_so_and_ends_nothing(
    server: Server, frame: str | bytes | Json, field: str | None
) -> None:
    """House rule: bad input is a typed error that names the field and the remedy; the conversation goes on."""
    with opened(server.url) as socket:
        talk = begun(socket, speaks=False, turn_detection={"type": "manual"})
        socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)
        error = talk.refusal()
        assert error.get("field") == field
        assert error["remedy"]
        talk.send("text_input", text="Hello")
        assert talk.until("turn_completed")["status"] == "succeeded"


def test_a_run_is_told_again_as_rules_let_it(server: Server) -> None:
    """Promise of policies: who comes again to a conversation is told of its runs what rules let be followed."""
    rule = {"id": "no", "then": "refuse", "why": "No."}
    policy = {"name": "followed", "applies_to": {"operations": ["runs.stream_events"]}, "rules": [rule]}
    with opened(server.url) as socket:
        talk = begun(socket, speaks=False, turn_detection={"type": "manual"})
        talk.send("text_input", text="Hello")
        run_id = talk.until("turn_completed")["run_id"]
        done(server, "POST", "/policies", policy)
        try:
            talk.send("resume", run_id=run_id)
            assert talk.refusal()["code"] == "forbidden"
        finally:
            done(server, "DELETE", "/policies/followed")


def test_what_is_typed_faster_than_it_is_answered_is_refused(server: Server) -> None:
    """Bounded: sixteen things wait for their turns and no more; what is left out is told so, and the others come."""
    with opened(server.url) as socket:
        talk = begun(socket, speaks=False, barge_in="stop_speaking", turn_detection={"type": "manual"})
        talk.send("text_input", text="Tell me a story")
        talk.until("turn_started")
        for _ in range(40):
            talk.send("text_input", text="Hello")
        refused, answered = list[Json](), 0
        for frame in talk.frames():
            if isinstance(frame, dict):
                refused += [frame["error"]] if frame["type"] == "error" else []
                answered += frame["type"] == "turn_completed"
            if answered + len(refused) == 41:
                break
        assert {one["code"] for one in refused} == {"busy"}
        # The first of them may have begun to wait for the story's end, and not for its turn, before the last came.
        assert len(refused) in {23, 24}


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"sample_rate": 4000}, "sample_rate"),
        ({"conversation_id": "conversation-none"}, "conversation_id"),
        ({"turn_detection": {"type": "vad", "silence_ms": 1}}, "turn_detection.silence_ms"),
    ],
)
def test_a_start_that_cannot_be_is_refused_and_another_may_follow(server: Server, start: Json, field: str) -> None:
    """The client may mend what it has asked for; before that nothing is heard."""
    with opened(server.url) as socket:
        talk = Talk(socket)
        talk.send("start", **start)
        assert talk.refusal()["field"] == field
        socket.send(b"\0\0")
        assert talk.refusal()["field"] == "frame"
        begun(socket, speaks=False)


def code_of(socket: ClientConnection) -> int | None:
    """What the socket closes with, after all that comes before."""
    try:
        while True:
            socket.recv(PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code


def test_a_socket_closes_with_the_codes_that_it_promises(server: Server) -> None:
    """A frame of sound that is too large, a client that says nothing, one too many; a foreign page does not get in."""
    with opened(server.url) as socket:
        begun(socket, speaks=False)
        socket.send(bytes(192_002))
        assert code_of(socket) == 1009
    with opened(server.url) as socket:
        begun(socket, speaks=False, idle_seconds=1)
        assert code_of(socket) == 4408
    with ExitStack() as eight:
        for _ in range(8):
            eight.enter_context(opened(server.url))
        with opened(server.url) as ninth:
            assert code_of(ninth) == 1013
    with pytest.raises(InvalidStatus, match="403"), opened(server.url, Origin="https://evil.example"):
        pass


def test_a_conversation_wants_a_key_where_one_is_wanted(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> None:
    """4401 without one, as on every socket here; 1001 when the server stops, in the midst of a turn."""
    folder = tmp_path_factory.mktemp("keyed")
    with running_server(folder, environment={**environment, "NIS_API_KEY": "a-key"}) as server:
        with opened(server.url) as socket:
            assert code_of(socket) == 4401
        with opened(server.url, Authorization="Bearer a-key") as socket:
            talk = begun(socket, speaks=False)
            talk.send("text_input", text="Tell me a story")
            talk.until("text_delta")
            os.kill(server.pid, signal.SIGTERM)
            assert code_of(socket) == 1001
