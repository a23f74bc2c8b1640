"""`kill -9` in the middle of a sweep: it goes on, and no point that was known is computed again."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from conftest import Serve
from outliving import begun, check_whole
from rest_client import ask, followed

SWEEP = {
    "operation": "physics.simulate_projectile",
    "request": {"angle": 45, "mass": 0.1, "diameter": 0.07, "tolerance": 1e-9, "max_steps": 262_144, "points": 2},
    "vary": [{"path": "speed", "low": 200, "high": 210, "points": 16}],
    "measure": [{"path": "range"}],
}
KILLED_AFTER = 5
"""Points that are known when the server is killed."""


def test_a_sweep_resumes_without_computing_again_what_it_knows(serve: Serve, tmp_path: Path) -> None:
    """Promise: each point is noted once in the log, those before the kill by the first attempt alone."""
    server = serve(data=tmp_path)
    run_id = begun(server, "/physics/sweep-parameters", SWEEP)
    before: list[dict[str, Any]] = []
    for event in followed(server, run_id, 0):
        before.append(event)
        if sum(one["body"]["type"] == "noted" for one in before) == KILLED_AFTER:
            break
    server.kill()
    server = serve(data=tmp_path)
    seen = list(before)
    for event in followed(server, run_id, before[-1]["seq"]):
        seen.append(event)
        if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
            break
    check_whole(seen)
    noted = [one["body"]["name"] for one in seen if one["body"]["type"] == "noted"]
    assert sorted(noted) == sorted(f"point {number}" for number, _ in zip(count(1), range(16), strict=False))
    again = {one["body"]["name"] for one in seen if one["body"]["type"] == "noted" and one["attempt"] > 1}
    assert again
    assert again.isdisjoint(one["body"]["name"] for one in before if one["body"]["type"] == "noted")
    result = ask(server, "GET", f"/runs/{run_id}")[2]["result"]
    ranges = [one["values"][0] for one in result["points"]]
    assert ranges == sorted(ranges)
    assert result["failed"] == 0
