"""OpenAI's client for Node, and a suite of others for servers of its kind."""

from __future__ import annotations

import json

from conftest import Serve, Server
from node_clients import node

KEY = "a-key-of-the-tests"
MODEL = "embedded:smollm2-135m-instruct"


def test_the_client_for_node_gets_what_the_one_for_python_gets(serve: Serve) -> None:
    """Models, words, a stream and its count, a tool's call, a schema, a stream that is left, vectors, failures."""
    server = serve(NIS_API_KEY=KEY)
    got = json.loads(node("openai", "openai.mjs", f"{server.url}/v1", KEY))
    assert got["models"] == [MODEL, "agent:chat", "whisper-1", "tts-1"]
    assert "Paris" in got["plain"]
    assert got["streamed"] == got["plain"]
    assert got["usage"]["completion_tokens"] > 0
    assert got["called"]["reason"] == "tool_calls"
    (call,) = got["called"]["calls"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "Paris"})
    assert got["person"] == {"name": "Ann", "age": 31}
    assert got["heard"] == 3
    assert got["dimensions"] == [384, 384]
    assert got["failures"] == {
        "key": {"name": "AuthenticationError", "status": 401, "code": "invalid_api_key", "param": "Authorization"},
        "model": {"name": "NotFoundError", "status": 404, "code": "model_not_found", "param": "model"},
        "parameter": {"name": "BadRequestError", "status": 400, "code": "not_supported", "param": "logprobs"},
    }


def test_every_probe_of_compatcanary_passes(server: Server) -> None:
    """Its own score, 100 of 100: models, completion, stream, forced tool, strict schema, responses."""
    given = ("--base-url", f"{server.url}/v1", "--model", MODEL, "--profile", "modern", "--format", "json")
    report = json.loads(
        node("compatcanary", "node_modules/compatcanary/src/cli.js", "scan", *given, "--timeout", "60000")
    )
    assert report["score"] == 100, report
