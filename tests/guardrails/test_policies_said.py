"""What a run says on its way: nothing that a rule about its result masks or refuses is in an event of it."""

from __future__ import annotations

import json
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun
from rest_client import done, followed

Json = dict[str, Any]
ADDRESS = "mia.berg@example.org"
LOOK: tuple[str, Json] = ("memory-list_memories", {"user": "mia"})
PERSONAL: Json = {"test": "personal"}


def _rule(then: str, *conditions: Json) -> Json:
    return {"id": "out", "when": "after", "then": then, "conditions": [*(conditions or (PERSONAL,))], "why": "No."}


def _kept(server: Any, operation: str, rule: Json) -> None:
    body = {"name": f"of-{operation.partition('.')[0]}", "applies_to": {"operations": [operation]}, "rules": [rule]}
    done(server, "POST", "/policies", body)


def _ended(server: Any, run_id: str) -> list[Json]:
    seen: list[Json] = []
    for event in followed(server, run_id, 0):
        seen.append(event["body"])
        if seen[-1]["type"] in {"succeeded", "failed", "cancelled"}:
            break
    return seen


def test_what_another_servers_agent_says_is_told_when_it_is_whole(serve: Serve) -> None:
    """Promise of rules after a call: neither words nor states of a remote agent are told before they were looked at."""
    server = serve()
    agent = done(server, "POST", "/remote-agents", {"url": "scripted:echo"})["id"]
    _kept(server, "remote_agents.send_message", _rule("mask"))
    seen = _ended(server, begun(server, f"/remote-agents/{agent}/send-message", {"message": f"She is at {ADDRESS} ."}))
    assert seen[-1]["type"] == "succeeded", seen[-1]
    # What was asked is the caller's own.
    said = [one for one in seen if one["type"] != "tool_called"]
    assert ADDRESS not in json.dumps(said)
    words = "".join(one["text"] for one in seen if one["type"] == "text_delta")
    assert words == seen[-1]["result"]["text"]
    assert "[EMAIL_1]" in words
    done(server, "PATCH", "/policies/of-remote_agents", {"change": {"rules": [_rule("refuse")]}})
    seen = _ended(server, begun(server, f"/remote-agents/{agent}/send-message", {"message": f"She is at {ADDRESS} ."}))
    assert seen[-1]["problem"]["code"] == "forbidden"
    assert ADDRESS not in json.dumps([one for one in seen if one["type"] != "tool_called"])


def test_what_an_agents_tools_answer_is_looked_at_before_it_is_told(serve: Serve) -> None:
    """Promise of rules after a call: results and views of tools are masked as the answer is, for its model too."""
    told: list[str] = []
    server: Any = None

    def model(request: Asked) -> Canned:
        told.append(json.dumps(request.body["messages"]))
        looks = len(request.tool_results)
        if "later" not in told[-1]:
            return says("I have looked.") if looks else wants(LOOK)
        if looks == 1:
            _kept(server, "agents.run_agent", _rule("mask"))
        return says(f"Her address is {ADDRESS} , as I know.") if looks > 1 else wants(LOOK)

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        clerk = {"name": "clerk", "instructions": "You look.", "model": "local:words", "operations": ["memory.*"]}
        done(server, "POST", "/agents", clerk)
        done(server, "POST", "/memory/remember", {"text": f"Mia is at {ADDRESS} .", "user": "mia"})
        # A policy that is made while the run goes on holds from then on.
        late = _ended(server, begun(server, "/agents/clerk/run", {"message": "later"}))
        masked_id = begun(server, "/agents/clerk/run", {"message": "Where?"})
        masked = _ended(server, masked_id)
        # Whether its other condition holds is not known before the end: it is no way around the rule.
        both = _rule("mask", PERSONAL, {"test": "equals", "field": "agent", "value": "clerk"})
        done(server, "PATCH", "/policies/of-agents", {"change": {"rules": [both]}})
        also = _ended(server, begun(server, "/agents/clerk/run", {"message": "Where?"}))
        done(server, "PATCH", "/policies/of-agents", {"change": {"rules": [_rule("refuse")]}})
        refused = _ended(server, begun(server, "/agents/clerk/run", {"message": "Where?"}))
        replayed = done(server, "GET", f"/runs/{masked_id}/replay")
    assert late[-1]["result"]["response"] == "Her address is [EMAIL_1] , as I know."
    assert ADDRESS not in "".join(one["text"] for one in late if one["type"] == "text_delta")
    for seen in (masked, also):
        assert seen[-1]["result"]["response"] == "I have looked."
        assert ADDRESS not in json.dumps(seen)
        assert {one["type"] for one in seen if "[EMAIL_1]" in json.dumps(one)} >= {"tool_answered", "surface"}
    answered = next(one for one in refused if one["type"] == "tool_answered")
    assert answered["problem"]["code"] == "forbidden"
    assert (refused[-1]["type"], refused[-1]["result"]["response"]) == ("succeeded", "I have looked.")
    assert ADDRESS not in json.dumps(refused)
    assert [ADDRESS in one for one in told].count(True) == 2, "the run that had begun before there was a rule"
    assert replayed["identical"] is True


def test_an_agents_policy_holds_for_who_takes_its_conversation_over_and_for_rules(serve: Serve) -> None:
    """Promise of applies_to.agents: every call in the agent's runs, whoever chooses it, and what is said there."""

    def model(request: Asked) -> Canned:
        if "You are desk." in json.dumps(request.body["messages"]):
            return wants(("hand-to-clerk", {"reason": f"Ask {ADDRESS} ."}))
        return says(f"She is at {ADDRESS} .") if request.tool_results[1:] else wants(LOOK)

    desk: Json = {"name": "desk", "instructions": "You are desk.", "model": "local:words", "hands_off_to": ["clerk"]}
    clerk: Json = {"name": "clerk", "instructions": "You look.", "model": "local:words", "operations": ["memory.*"]}
    box: Json = {"name": "box", "instructions": "You compute.", "operations": ["physics.*"]}
    never: Json = {"id": "never", "then": "refuse", "why": "Not here."}
    with FakeOpenAI(*[model] * 6, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        small = next(one for one in done(server, "GET", "/models")["models"] if one["provider"] == "embedded")
        for one in (clerk, desk, {**box, "model": f"embedded:{small['name']}"}):
            done(server, "POST", "/agents", one)
        of_desk: Json = {"operations": ["memory.*"], "agents": ["desk", "box"]}
        done(server, "POST", "/policies", {"applies_to": of_desk, "rules": [never]})
        done(server, "POST", "/policies", {"applies_to": {"agents": ["desk"]}, "rules": [_rule("mask")]})
        done(
            server,
            "POST",
            "/policies",
            {"applies_to": {**of_desk, "operations": ["physics.simulate_projectile"]}, "rules": [never]},
        )
        seen = _ended(server, begun(server, "/agents/desk/run", {"message": "Where?"}))
        ball = {"message": "How far does a ball fly at 20 m/s and 40 degrees without drag?"}
        by_rule = _ended(server, begun(server, "/agents/box/run", ball))
    answers = [one for one in seen if one["type"] == "tool_answered"]
    assert [one["problem"]["code"] for one in answers] == ["forbidden"]
    assert seen[-1]["type"] == "succeeded", seen[-1]
    said = [one for one in seen if one["type"] in {"text_delta", "handed_off", "succeeded"}]
    assert ADDRESS not in json.dumps(said)
    refused = [one for one in by_rule if one["type"] == "tool_answered"]
    assert [one["problem"]["code"] for one in refused] == ["forbidden"]


def test_an_agents_rules_and_budget_hold_where_it_leads_a_team(serve: Serve) -> None:
    """Promise of applies_to.agents and of an agent's budget: to be asked as a team's supervisor is no way around."""

    def model(request: Asked) -> Canned:
        tools = {one["function"]["name"] for one in request.body.get("tools", [])}
        if "ask-a" in tools and not request.tool_results:
            return wants(("ask-a", {"message": "Say."}))
        return says(f"She is at {ADDRESS} .")

    boss: Json = {"name": "boss", "instructions": "You lead.", "model": "lab:gpt-4o-mini"}
    others: list[Json] = [{"name": "lead", "agent": "boss"}, {"name": "a", "model": "lab:gpt-4o-mini"}]
    with FakeOpenAI(*[model] * 9, models=["gpt-4o-mini"]).in_thread() as provider:
        server = serve()
        lab = {"name": "lab", "kind": "openai", "url": provider.url, "prices": "openai", "billed": True}
        done(server, "POST", "/providers", lab)
        done(server, "POST", "/agents", boss)
        rule = {"applies_to": {"agents": ["boss"]}, "rules": [_rule("mask")], "name": "of-boss"}
        done(server, "POST", "/policies", rule)
        done(server, "POST", "/teams", {"name": "t", "shape": "supervisor", "max_tokens": 50, "members": others})
        run_id = begun(server, "/teams/t/run", {"message": "Where is she?"})
        seen = _ended(server, run_id)
        replayed = done(server, "GET", f"/runs/{run_id}/replay")
        asked = len(provider.asked)
        done(server, "PATCH", "/agents/boss", {"change": {"budget": 1e-6}})
        over = _ended(server, begun(server, "/teams/t/run", {"message": "Where is she?"}))
    assert seen[-1]["result"]["response"] == "She is at [EMAIL_1] ."
    assert ADDRESS not in json.dumps(seen)
    assert replayed["identical"] is True
    assert over[-1]["problem"]["code"] == "budget_exceeded"
    assert len(provider.asked) == asked == 3
