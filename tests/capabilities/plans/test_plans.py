"""Plans by a server of their own: what is refused, what goes on together, and what a death leaves."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from outliving import begun, check_whole, prove
from rest_client import done, followed

Json = dict[str, Any]
DIARY = Path(__file__).parents[2] / "durable_app.py"


def line(id_: str, **more: Any) -> Json:
    """A step that writes a line into the diary, which names the step."""
    return {"id": id_, "operation": "diary.write_line", "arguments": {"text": f"Line {id_}."}, **more}


def lines(data: Path) -> list[str]:
    """What was written, in that order."""
    with closing(sqlite3.connect(data / "nis.db")) as database:
        return [row[0] for row in database.execute("select comment from feedback order by created, id")]


TEN: Json = {
    "name": "ten",
    "steps": [
        line("a"),
        *(line(one, needs=["a"]) for one in "bcd"),
        line("e", needs=["b", "c", "d"], approve="It is half way."),
        *(line(one, needs=["e"]) for one in "fgh"),
        line("i", arguments={"text": "After {f.id}, {g.id} and {h.id}."}),
        line("j", needs=["i"]),
    ],
}


def read(server: Server, run_id: str, seen: list[Json], most: int) -> str:
    """Read on from the last number seen, at most so many events; the kind of the last."""
    for event in islice(followed(server, run_id, seen[-1]["seq"] if seen else 0), most):
        seen.append(event)
        if event["body"]["type"] in {"succeeded", "failed", "cancelled", "released"}:
            break
    return str(seen[-1]["body"]["type"])


def test_ten_steps_with_an_approval_survive_kills(serve: Serve, tmp_path: Path) -> None:
    """Promise: after each kill -9 the run goes on; each step's effect is there exactly once, none before its needs."""
    chance = random.Random(3)  # noqa: S311 - the same moments each time
    data, seen = tmp_path / "data", list[Json]()
    server = serve("--app", str(DIARY), data=data)
    done(server, "POST", "/plans", TEN)
    run_id = begun(server, "/plans/ten/run", {})
    last, kills = "", 0
    while kills < 4 and last != "succeeded":
        last = read(server, run_id, seen, chance.randint(2, 14))
        server.kill()
        kills += 1
        server = serve("--app", str(DIARY), data=data)
        run = done(server, "GET", f"/runs/{run_id}")
        if run["state"] == "waiting":
            assert len(lines(data)) == 4
            assert run["waiting"]["reason"] == "It is half way."
            done(server, "POST", f"/runs/{run_id}/approve", {"call_id": run["waiting"]["call_id"]})
    while last != "succeeded":
        last = read(server, run_id, seen, 1000)
        run = done(server, "GET", f"/runs/{run_id}")
        if run["state"] == "waiting":
            done(server, "POST", f"/runs/{run_id}/approve", {"call_id": run["waiting"]["call_id"]})
    check_whole(seen)
    written = lines(data)
    assert len(written) == 10
    assert written[0] == "Line a."
    assert sorted(written[1:4]) == ["Line b.", "Line c.", "Line d."]
    assert written[4] == "Line e."
    assert sorted(written[5:8]) == ["Line f.", "Line g.", "Line h."]
    assert written[8].startswith("After feedback-")
    assert written[9] == "Line j."
    again = done(server, "GET", f"/runs/{run_id}/replay")
    assert again["identical"], again
    result = done(server, "GET", f"/runs/{run_id}")["result"]
    assert [one["state"] for one in result["steps"]] == ["done"] * 10
    assert set(result["output"]) == {"j"}


def test_no_effect_of_plans_side_by_side_is_lost_or_done_twice() -> None:
    """Promise of docs/plans.md; `make prove-plans` is the long form."""
    assert "| 3 kills in" in prove("plans.py", "--kills", "3", "--most", "1", "--seed", "5")
