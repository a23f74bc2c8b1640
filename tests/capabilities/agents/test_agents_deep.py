"""How many agents ask each other: in a row, and in one run in all, whatever began the first."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from rest_client import done

from nis_backend.capabilities.agents.running import bound
from nis_backend.errors import InvalidRequest
from nis_backend.loop.breadth import MOST_WITHIN

RUN, PLAN, TEST = "agents.run_agent", "plans.run_plan", "agents.test_agent"


class Runs:
    """The runs in which another begins, by what they are."""

    def __init__(self, *operations: str) -> None:
        self.within = tuple(("run", str(place)) for place, _ in enumerate(operations))
        self._operations = operations

    async def get(self, _table: str, id_: str) -> dict[str, str]:
        """One of them."""
        return {"operation": self._operations[int(id_)]}


class Counting:
    """Drivers whose store has room for whoever is asked."""

    def __init__(self) -> None:
        self.store = self

    async def get(self, *_: str) -> None:
        """No run."""


@pytest.mark.parametrize(
    ("runs", "refused"),
    [
        (Runs(*[RUN] * 4), False),
        (Runs(*[RUN] * 5), True),
        (Runs(TEST, "evaluations.create_evaluation", *[RUN] * 4), False),
        (Runs(PLAN, "teams.run_team", *[RUN] * 5), True),
    ],
)
def test_what_began_the_first_agent_is_none_of_them(runs: Runs, *, refused: bool) -> None:
    """Promise of docs/agents.md: at most four in a row; an agent that is tested does as it does elsewhere."""
    ctx = cast(
        "Any",
        SimpleNamespace(
            within=runs.within, store=runs, run_id=None, drivers=Counting(), caller=SimpleNamespace(owner="o")
        ),
    )
    if refused:
        with pytest.raises(InvalidRequest, match="4 deep"):
            asyncio.run(bound(ctx, 4))
    else:
        asyncio.run(bound(ctx, 4))


def test_agents_that_ask_agents_meet_one_bound_for_the_whole_tree(serve: Serve) -> None:
    """Promise of docs/agents.md: 240 in one run, however deep and whoever asks; the model hears why, and answers."""
    heard: list[str] = []

    def set_asked(server: Server, count: int) -> None:
        with closing(sqlite3.connect(server.data / "nis.db", timeout=30)) as connection, connection:
            connection.execute("update runs set members_asked = ? where members_asked > 0", (count,))

    def asked() -> list[int]:
        with closing(sqlite3.connect(server.data / "nis.db", timeout=30)) as connection:
            return [one for (one,) in connection.execute("select members_asked from runs order by members_asked")]

    def model(request: Asked) -> Canned:
        offered = sorted(one["function"]["name"] for one in request.body.get("tools", []))
        if not offered:
            return says("Leaf.")
        if request.tool_results:
            heard.extend(request.tool_results)
            return says("Asked.")
        if offered == ["ask-leaf"] and "full" in str(request.body["messages"][-1]["content"]):
            set_asked(server, MOST_WITHIN - 1)
        calls = ("ask-middle", {"message": "full"}), ("ask-leaf", {"message": "?"})
        return wants(*(calls[:1] if "ask-middle" in offered else (calls[1], calls[1])))

    with FakeOpenAI(*[model] * 12, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        for name, agents in (("leaf", []), ("middle", ["leaf"]), ("top", ["middle"])):
            agent = {"name": name, "instructions": name, "model": "local:words", "agents": agents}
            done(server, "POST", "/agents", agent)
        answer = done(server, "POST", "/agents/middle/run", {"message": "few"})
        assert answer["response"] == "Asked."
        counts = asked()
        heard.clear()
        answer = done(server, "POST", "/agents/top/run", {"message": "?"})
    refused = [one for one in heard if "240 answers" in one]
    assert counts == [0, 0, 2]
    assert (answer["response"], len(refused)) == ("Asked.", 1)
    assert '"invalid_request"' in refused[0]
