"""The events of a stream: whatever comes of a model, blocks begin and end one after another and add up to it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nis_backend.capabilities.models.completion import ChatAnswer, ChatCompletion, ChatPart, FunctionCall, Thought
from nis_backend.errors import UpstreamFailed
from nis_backend.surfaces.anthropic.events import Events, message, usage
from nis_backend.surfaces.anthropic.thoughts import opened, read

MODEL: dict[str, Any] = {"model": "local:one", "demonstration": False}  # Any: fields of several models
Said = list[tuple[str, str]]


def completion(answer: ChatAnswer, **counts: Any) -> ChatCompletion:
    """A whole answer; Any: the counts differ in type."""
    given = {**MODEL, "answers": [answer], "input_tokens": 9, "output_tokens": 3, **counts}
    return ChatCompletion.model_validate(given)


def streamed(said: Said, calls: list[FunctionCall]) -> list[dict[str, Any]]:
    """The data of the events; Any: JSON."""
    events = Events("request")
    reason = "tool_calls" if calls else "stop"
    answer = ChatAnswer(
        text="".join(text for kind, text in said if kind == "text"), tool_calls=calls, finish_reason=reason
    )
    parts = [ChatPart.model_validate({**MODEL, kind: text}) for kind, text in said]
    parts += [ChatPart(**MODEL, ended=answer), ChatPart(**MODEL, whole=completion(answer))]
    written = b"".join(piece for part in parts for piece in events.of(part))
    frames = [frame.split("\ndata: ") for frame in written.decode().split("\n\n")[:-1]]
    data = [json.loads(one) for _, one in frames]
    assert [name for name, _ in frames] == [f"event: {one['type']}" for one in data]
    return data


WORDS = st.lists(st.tuples(st.sampled_from(["text", "thought"]), st.text(min_size=1)), max_size=8)
CALLS = st.lists(
    st.builds(
        FunctionCall,
        id=st.text("abc", min_size=1, max_size=4),
        name=st.text("abc", min_size=1, max_size=4),
        arguments=st.one_of(st.just(""), st.just('{"a": 1}'), st.just("[1"), st.just("7")),
    ),
    max_size=3,
)


@given(WORDS, CALLS)
def test_blocks_add_up_to_what_was_said(said: Said, calls: list[FunctionCall]) -> None:
    """Promise: one block at a time, numbered from 0; words and thoughts in their order; calls with objects."""
    first, *blocks, ended, stop = streamed(said, calls)
    assert (first["type"], ended["type"], stop["type"]) == ("message_start", "message_delta", "message_stop")
    assert ended["delta"]["stop_reason"] == ("tool_use" if calls else "end_turn")
    seen: list[tuple[str, str]] = []
    inside: int | None = None
    for event in blocks:
        if event["type"] == "content_block_start":
            assert inside is None
            assert event["index"] == len(seen)
            inside = event["index"]
            seen.append((event["content_block"]["type"], ""))
        elif event["type"] == "content_block_stop":
            assert event["index"] == inside
            inside = None
        else:
            assert event["index"] == inside
            kind, text = seen[-1]
            given = event["delta"]
            seen[-1] = (kind, text + given.get("text", "") + given.get("thinking", "") + given.get("partial_json", ""))
    assert inside is None
    whole = [(kind.replace("thinking", "thought"), text) for kind, text in seen if kind != "tool_use"]
    assert "".join(f"<{kind}>{text}" for kind, text in whole) == _joined(said)
    inputs = [json.loads(text) for kind, text in seen if kind == "tool_use"]
    assert len(inputs) == len(calls)
    assert all(isinstance(one, dict) for one in inputs)


def _joined(said: Said) -> str:
    text, last = "", ""
    for kind, words in said:
        text += words if kind == last else f"<{kind}>{words}"
        last = kind
    return text


def test_the_count_tells_the_cache_apart() -> None:
    """The tokens of the input stand alone that the cache had no part in; what is not stated is no negative number."""
    answer = ChatAnswer(text="", tool_calls=[], finish_reason="length", refused=True)
    counted = completion(answer, input_tokens=100, cached_tokens=60, written_tokens=30, reasoning_tokens=2)
    assert usage(counted) == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
        "output_tokens": 3,
        "output_tokens_details": {"thinking_tokens": 2},
    }
    assert usage(completion(answer, input_tokens=None, output_tokens=None))["input_tokens"] == 0
    assert message(counted)["stop_reason"] == "refusal"


def test_a_thought_without_a_proof_bears_whose_it_is() -> None:
    """So that it goes back to nobody else."""
    answer = ChatAnswer(text="Yes", tool_calls=[], finish_reason="stop", thought="hm")
    (told, _) = message(completion(answer))["content"]
    assert (told["type"], told["thinking"], opened(told["signature"])) == ("thinking", "hm", Thought(origin="local"))
    own = [
        Thought(text="hm", signature="c2ln", origin="a"),
        Thought(redacted="eHl6", origin="a"),
        Thought(text="ho", signature="rs_1", redacted="eHl6", origin="b"),
    ]
    proved = message(completion(answer.model_copy(update={"reasoning": own})))["content"][:3]
    read_back = [
        read(one.get("thinking", ""), one.get("signature") or one["data"], "c", redacted="data" in one)
        for one in proved
    ]
    assert [Thought(**one) for one in read_back] == own


def test_a_failure_is_the_last_event() -> None:
    """In the words of the vendor's own."""
    name, data = Events("request").failed(UpstreamFailed("It broke off.", remedy="Again.")).decode().split("\ndata: ")
    assert name == "event: error"
    assert json.loads(data) == {
        "type": "error",
        "error": {"type": "api_error", "message": "It broke off. Again."},
        "request_id": "request",
    }
