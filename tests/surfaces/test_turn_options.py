"""What a turn can be told beyond a protocol is told in each that begins one: here, to remember, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from ground import Ground
from rest_client import ask, done, send

Json = dict[str, Any]
SAYS = "Remember that I row on {}."


def chat(text: str, options: Json) -> tuple[str, Json]:
    """By OpenAI's completions."""
    return "/v1/chat/completions", {
        "model": "agent:chat",
        "messages": [{"role": "user", "content": text}],
        "nis": options,
    }


def responses(text: str, options: Json) -> tuple[str, Json]:
    """By OpenAI's responses."""
    return "/v1/responses", {"model": "agent:chat", "input": text, "nis": options}


def agui(text: str, options: Json) -> tuple[str, Json]:
    """By AG-UI."""
    messages = [{"id": "1", "role": "user", "content": text}]
    told: Json = {"threadId": f"t-{text}", "runId": "r", "state": {}, "messages": messages, "tools": [], "context": []}
    return "/agui", {**told, "forwardedProps": {"nis": options}}


def a2a(text: str, options: Json) -> tuple[str, Json]:
    """By A2A."""
    message = {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": text}], "metadata": {"nis": options}}
    return "/a2a", {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}


@pytest.mark.parametrize("asked", [chat, responses, agui, a2a])
def test_a_caller_of_each_protocol_can_have_it_remembered(ground: Ground, asked: Any) -> None:
    """Memory is off unless it is asked for, by one object that is the same in each."""
    headers = {"content-type": "application/json", "a2a-version": "1.0"}
    for day, options in (("Monday", {"userId": "row"}), ("Friday", {"memory": True, "userId": "row"})):
        path, body = asked(SAYS.format(day), options)
        assert send(ground, "POST", path, body, headers)[0] == 200
    kept = done(ground, "GET", "/memory?user=row")["memories"]
    assert [one["text"] for one in kept] == ["I row on Friday."]
    path, body = asked("Hello.", {"memori": True})
    assert "nis.memori" in str(ask(ground, "POST", path, body, headers)[2])
