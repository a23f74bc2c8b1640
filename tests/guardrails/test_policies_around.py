"""Ways around a policy that are none: another name of an agent, a run that it begins, other input, another attempt."""

from __future__ import annotations

from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun
from rest_client import ask, done, followed

Json = dict[str, Any]


def ended(server: Any, run_id: str, *last: str) -> list[Json]:
    """The events of a run to its end, or to the first of a kind."""
    seen: list[Json] = []
    for event in followed(server, run_id, 0):
        seen.append(event["body"])
        if seen[-1]["type"] in {"succeeded", "failed", "cancelled", *last}:
            break
    return seen


def test_an_agents_policy_holds_by_its_id_and_in_what_it_begins(serve: Serve) -> None:
    """Promise of `applies_to.agents`: calls in its runs, however it is named there, and in those that it begins."""
    keeping: Json = {"namespace": "n", "key": "k", "value": {"bird": "heron"}}

    def model(request: Asked) -> Canned:
        if request.tool_results:
            return says(f"It was tried: {request.tool_results[-1]}")
        names = [one["function"]["name"] for one in request.body["tools"]]
        return wants(
            ("ask-helper", {"message": "Keep it."}) if "ask-helper" in names else ("memory-set_entry", keeping)
        )

    rules = [{"id": "no", "conditions": [{"test": "contains", "value": "heron"}], "then": "refuse", "why": "No birds."}]
    agent: Json = {"instructions": "You keep.", "model": "local:words", "asks": "nothing"}
    with FakeOpenAI(*[model] * 4, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**agent, "name": "helper", "operations": ["memory.set_entry"]})
        clerk = done(server, "POST", "/agents", {**agent, "name": "clerk", "agents": ["helper"]})
        done(server, "POST", "/policies", {"applies_to": {"agents": ["clerk"]}, "rules": rules})
        for which in ("clerk", clerk["id"]):
            assert ask(server, "POST", f"/agents/{which}/run", {"message": "A heron."})[0] == 403
        seen = ended(server, begun(server, f"/agents/{clerk['id']}/run", {"message": "Do keep it."}))
        entry = ask(server, "POST", "/memory/get-entry", {"namespace": "n", "key": "k"})
    assert seen[-1]["type"] == "succeeded", seen[-1]
    assert entry[0] == 404
