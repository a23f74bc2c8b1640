"""Simulated robots of two servers on one PostgreSQL, and of a server that is told to stop."""

from __future__ import annotations

import signal
from pathlib import Path

from conftest import Serve, Server
from outliving import begun
from rest_client import Json, ask, done, followed

FAR = {"waypoints": [[3.0, -3.0], [-3.0, 3.0]], "scale": 0.1}
"""A motion of two minutes for the flat arm."""


def moving(server: Server, robot: Json) -> str:
    """The run of a motion that is under way: it has said where it is."""
    run = begun(server, f"/robots/{robot['id']}/move", FAR)
    for event in followed(server, run, 0):
        if event["body"].get("values"):
            return run
    raise AssertionError("it ended before it moved")


def moved(server: Server, run: str) -> Json:
    """What came of a motion."""
    *_, last = followed(server, run, 0)
    return last["body"]["result"]


def test_a_stop_through_one_server_halts_the_motion_of_another(serve: Serve, database: str) -> None:
    """Promise: every process of the database sees it; and when the mover dies in a motion, another one ends its run."""
    here = serve(NIS_DATABASE_URL=database, NIS_STALL_SECONDS="6")
    robots = [done(here, "POST", "/robots", {"preset": "planar 2R", "name": name}) for name in ("one", "two")]
    # Both are moved by this server: there is no other yet.
    runs = [moving(here, robot) for robot in robots]
    there = serve(NIS_DATABASE_URL=database, NIS_STALL_SECONDS="6")
    assert done(there, "GET", "/robots/one")["moving"]
    assert ask(there, "POST", "/robots/one/move", FAR)[0] == 409
    assert done(there, "POST", "/robots/one/stop", {"reason": "A hand is near."})["stopped"]
    assert "A hand is near." in moved(there, runs[0])["halt"]["because"]
    assert ask(here, "POST", "/robots/one/move", FAR)[0] == 409
    assert not done(here, "POST", "/robots/one/release", {"reason": "The hand is away."})["stopped"]
    here.kill()
    cut = moved(there, runs[1])
    assert "cut" in cut["halt"]["because"]
    state = done(there, "GET", "/robots/two")
    assert (state["moving"], state["stopped"], state["positions"]) == (False, False, cut["positions"])
    assert state["positions"] != [0.0, 0.0]


def test_a_server_that_is_told_to_stop_brakes_its_robots(serve: Serve, tmp_path: Path) -> None:
    """The motion is not gone on with where nobody can stop it, nor by the next server."""
    data = tmp_path / "data"
    server = serve(data=data)
    robot = done(server, "POST", "/robots", {"preset": "planar 2R"})
    run = moving(server, robot)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    server = serve(data=data)
    cut = moved(server, run)
    assert "cut" in cut["halt"]["because"]
    assert done(server, "GET", f"/robots/{robot['id']}")["positions"] == cut["positions"] != [0.0, 0.0]


def test_who_has_called_too_often_may_still_stop(serve: Serve) -> None:
    """Promise: stopping is never harder than moving; neither is a stop counted."""
    server = serve(NIS_CALL_LIMIT="2")
    robot = done(server, "POST", "/robots", {"preset": "planar 2R", "name": "arm"})
    assert done(server, "POST", "/robots/arm/stop", {})["stopped"]
    assert ask(server, "GET", f"/robots/{robot['id']}")[0] == 200
    assert ask(server, "POST", "/robots/arm/release", {"reason": "It is safe."})[0] == 429
    assert done(server, "POST", "/robots/arm/stop", {})["stopped"]
    # By name as well, as callers do who are offered only a few operations; whatever else they name is counted.
    named = "/operations/robots.{}/call"
    stop = {"arguments": {"id": "arm"}}
    assert done(server, "POST", named.format("stop_robot"), stop)["result"]["stopped"]
    assert ask(server, "POST", named.format("get_robot"), stop)[0] == 429
    assert ask(server, "POST", named.format("no_such"), stop)[0] == 429
