"""A server whose log is JSON: every line an object, and a request found in it by its id."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, running_server

from nis_backend.deployment.template.reading import own_template, read
from nis_backend.drivers.telemetry.emf import line

APP = '''
"""An operation that fails inside, and one that logs."""
import logging
import warnings

from nis_backend.context import Context
from nis_backend.errors import NotFound
from nis_backend.operation import Model, operation


class Nothing(Model):
    """A request without fields."""


@operation("tests.get_broken", effect="reads", scopes=())
async def get_broken(request: Nothing, ctx: Context) -> Nothing:
    """Fail inside."""
    warnings.warn("it is old", DeprecationWarning, stacklevel=1)
    raise ZeroDivisionError("a fault\\nof two lines")


@operation("tests.carry_on", effect="writes", scopes=())
async def carry_on(request: Nothing, ctx: Context) -> Nothing:
    """Log in a run."""
    logging.getLogger("third.party").warning("it goes on")
    return Nothing()


@operation("tests.give_up", effect="writes", scopes=())
async def give_up(request: Nothing, ctx: Context) -> Nothing:
    """Fail as a run."""
    raise NotFound("there is none")


OPERATIONS = (get_broken, carry_on, give_up)
'''
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def ask(server: Server, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any, Any]:
    """Status, headers and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"{server.url}{path}", data, sent)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a server has written of a few requests, from its start to its end."""
    folder = tmp_path_factory.mktemp("json")
    app = folder / "app.py"
    app.write_text(APP)
    environment = {"NIS_LOG_FORMAT": "json", "NIS_MODLE": "x", "PYTHONWARNINGS": "default"}
    with running_server(folder / "data", ("--app", str(app)), environment) as server:
        status, headers, _ = ask(server, "/runs?limit=1&operation=secret", x_request_id="mine-1", traceparent=PARENT)
        assert (status, headers["x-request-id"]) == (200, "mine-1")
        status, headers, problem = ask(server, "/runs/run-nobody", x_request_id="has spaces")
        assert (status, problem["request_id"]) == (404, headers["x-request-id"])
        assert problem["request_id"] != "has spaces"
        assert ask(server, "/tests/get-broken", x_request_id="mine-2")[0] == 500
        status, headers, run = ask(server, "/tests/carry-on", {}, prefer="respond-async", x_request_id="mine-3")
        assert status == 202
        assert ask(server, f"/runs/{run['id']}/events?wait=30")[0] == 200
        assert ask(server, "/a/made/up/path")[0] == 404
        status, _, run = ask(server, "/tests/give-up", {}, prefer="respond-async", x_request_id="mine-4")
        assert ask(server, f"/runs/{run['id']}/events?wait=30")[0] == 200
        log = server.log
    return [json.loads(line) for line in Path(log).read_text().splitlines()]


def of(lines: list[dict[str, Any]], **members: Any) -> list[dict[str, Any]]:
    """Those that have these members."""
    return [one for one in lines if members.items() <= one.items()]


def test_every_line_is_an_object_of_this_service(lines: list[dict[str, Any]]) -> None:
    """Promise: from the first to the last, libraries' lines and warnings included."""
    assert {one["service"] for one in lines} == {"nis-backend-api"}
    assert all({"time", "level", "logger", "message", "version"} <= one.keys() for one in lines)
    assert of(lines, logger="nis.server")[0]["message"].startswith("NIS_MODLE is no setting")
    assert [one["message"] for one in of(lines, logger="py.warnings") if "it is old" in one["message"]]


def test_a_request_is_one_line_of_its_template(lines: list[dict[str, Any]]) -> None:
    """Promise: method, route, status, time and bytes; no query, no path that a caller made up, no prober."""
    told = {one.get("request_id"): one for one in of(lines, logger="nis.access")}
    first = told["mine-1"]
    assert (first["method"], first["route"], first["status"]) == ("GET", "/runs", 200)
    assert first["duration_ms"] > 0
    assert first["bytes"] > 0
    assert (first["trace_id"], first["span_id"]) == tuple(PARENT.split("-")[1:3])
    assert [one["route"] for one in told.values()].count("unmatched") == 1
    assert [one["route"] for one in told.values() if one["status"] == 404] == ["/runs/{id}", "unmatched"]
    assert not of(lines, route="/health")
    assert "secret" not in json.dumps(lines)


def test_a_fault_is_one_line_with_its_request(lines: list[dict[str, Any]]) -> None:
    """Promise: the id in a problem finds the traceback, which is a member of its line."""
    (fault,) = [one for one in lines if "exception" in one]
    assert fault["request_id"] == "mine-2"
    assert fault["level"] == "error"
    assert fault["exception"].endswith("ZeroDivisionError: a fault\nof two lines")


def test_what_a_run_logs_has_its_id(lines: list[dict[str, Any]]) -> None:
    """Promise: of a run, and of the request in which it was begun."""
    (line,) = of(lines, logger="third.party")
    assert line["run_id"].startswith("run-")
    assert line["request_id"] == "mine-3"


def test_the_alarm_for_failed_runs_counts_the_line_of_each_and_no_other(lines: list[dict[str, Any]]) -> None:
    """The pattern of the AWS stack's filter, over what a server writes; at a level that no NIS_LOG_LEVEL leaves out."""
    filters = read(own_template()).document["Resources"]["FailedRunsFilter"]["Properties"]
    pattern = re.fullmatch(r'\{ \$\.(\w+) = "([^"]+)" \}', filters["FilterPattern"])
    assert pattern, "another form of pattern wants another reading here"
    metrics = line("nis", "api", 0, {"FailedRuns": 1})
    found = [one for one in [*lines, metrics] if one.get(pattern[1]) == pattern[2]]
    assert [(one["operation"], one["problem"], one["level"]) for one in found] == [
        ("tests.give_up", found[0]["problem"], "error")
    ]
