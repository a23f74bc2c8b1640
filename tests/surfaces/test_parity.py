"""Each example of each operation, on each derived surface: the same request, the same answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from typing import Any

import pytest
from conftest import Server

from nis_backend.catalog import Catalog
from nis_backend.operation import Entry
from nis_backend.surfaces.rest.derive import RestRoute, routes_of

CATALOG = Catalog.from_index()
EXAMPLES = [
    pytest.param(entry, example["request"], id=f"{entry.name}-{number}")
    for entry in CATALOG.entries()
    for number, example in enumerate(entry.examples, 1)
]
MOVES = {"runs.list_runs", "system.get_info", "chat.send_message"}
"""Whose answers differ from call to call by their nature: time, counts, a new conversation."""


def over_rest(server: Server, route: RestRoute, request: dict[str, Any]) -> Any:
    """The answer of one route."""
    rest = dict(request)
    path = route.path.replace("{id}", urllib.parse.quote(str(rest.pop("id", "")), safe=":"))
    if route.method == "GET":
        body, query = None, {key: str(value) for key, value in rest.items() if value is not None}
        path += f"?{urllib.parse.urlencode(query)}" if query else ""
    else:
        body = json.dumps(rest).encode()
    asked = urllib.request.Request(f"{server.url}{path}", body, method=route.method)
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return json.load(answer)


def over_command_line(server: Server, entry: Entry, request: dict[str, Any]) -> Any:
    """The answer of `nis call`; of a stream, which it prints line by line, the last."""
    command = [sys.executable, "-m", "nis_backend", "--data", str(server.data), "call", entry.name]
    done = subprocess.run(
        [*command, "--json", "--input", "-"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=dict(os.environ),
    )
    return json.loads(done.stdout.splitlines()[-1] if entry.shape == "stream" else done.stdout)


@pytest.mark.parametrize(("entry", "request_"), EXAMPLES)
def test_an_example_answers_the_same_everywhere(server: Server, entry: Entry, request_: dict[str, Any]) -> None:
    """Every route of it, and the command line."""
    answers = [over_rest(server, route, request_) for route in routes_of(entry)]
    answers.append(over_command_line(server, entry, request_))
    if entry.name in MOVES:
        assert {frozenset(answer) for answer in answers} == {frozenset(answers[0])}
    else:
        assert all(answer == answers[0] for answer in answers)
