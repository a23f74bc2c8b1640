"""What tests of runs that outlive their process share: how one is begun, and how its log looks when all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rest_client import Json, Served, ask

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def begun(server: Served, path: str, request: Json) -> str:
    """The id of a run that goes on behind the answer."""
    status, _, told = ask(server, "POST", path, request, {"prefer": "respond-async"})
    assert status == 202, told
    return str(told["id"])


def check_whole(events: Sequence[Json]) -> None:
    """No number is lost or doubled, and it has succeeded, after more than one attempt."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["body"]["type"] == "succeeded", events[-1]
    assert max(event["attempt"] for event in events) > 1


def prove(script: str, *size: str, **environment: str) -> str:
    """What a proof of `benchmarks` prints that finds nothing amiss."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *size],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was lost, and nothing was done twice." in done.stdout
    return done.stdout
