"""Ways around a policy that are none: another name of an agent, a run that it begins, other input, another attempt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from keyed import holder
from opened import Nothing, logged, opened
from outliving import begun
from rest_client import ask, done, followed
from typing_extensions import override

from nis_backend import asking
from nis_backend.calling import call, guarded
from nis_backend.context import Context
from nis_backend.drivers.llm.answer import Answered, Item, Reasoning, ReasoningChunk, TextChunk
from nis_backend.drivers.llm.base import LanguageModels, Message, ModelInfo, Prompt
from nis_backend.errors import Forbidden
from nis_backend.guardrails.held import forget
from nis_backend.operation import Model, operation

Json = dict[str, Any]


def ended(server: Any, run_id: str, *last: str, after: int = 0) -> list[Json]:
    """The events of a run to its end, or to the first of a kind."""
    seen: list[Json] = []
    for event in followed(server, run_id, after):
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


def _keeper(request: Asked) -> Canned:
    """A model that has something remembered, and says then what it was told."""
    return says(request.body["messages"][-1]["content"]) if request.tool_results else wants(KEEPS)


KEEPS: tuple[str, Json] = ("memory-set_entry", {"namespace": "n", "key": "k", "value": {"a": 1}})
KEEPER: Json = {"name": "keeper", "instructions": "You keep.", "model": "local:words", "operations": ["memory.*"]}
ADDRESS = "mia.berg@example.org"


def test_what_was_masked_when_a_run_was_taken_up_stays_masked(serve: Serve) -> None:
    """Promise of mask: also of a run that was there before the policy, when it goes on after a wait, and in its row."""
    rule = {"id": "m", "then": "mask", "conditions": [{"test": "personal"}], "why": "No addresses."}
    with FakeOpenAI(*[_keeper] * 2, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**KEEPER, "asks": "writes"})
        asked = {"id": "keeper", "message": f"Write to {ADDRESS}."}
        started = {"operation": "agents.run_agent", "arguments": asked, "approval": "It is asked about."}
        run_id = done(server, "POST", "/runs/start-run", started)["id"]
        done(server, "POST", "/policies", {"applies_to": {"operations": ["agents.*"]}, "rules": [rule]})
        done(server, "POST", f"/runs/{run_id}/approve", {})
        _until_asked(server, run_id, "memory.set_entry")
        done(server, "POST", f"/runs/{run_id}/approve", {})
        assert ended(server, run_id)[-1]["type"] == "succeeded"
        told = [one.body["messages"][1]["content"] for one in provider.asked]
        row = done(server, "GET", f"/runs/{run_id}")["input"]["message"]
    assert told == ["Write to [EMAIL_1]."] * 2
    assert row == "Write to [EMAIL_1]."


def _until_asked(server: Any, run_id: str, operation: str) -> None:
    """Until a run waits for a person's word on a call of an operation: that it was asked is written down before."""
    asked = False
    for event in followed(server, run_id, 0):
        body = event["body"]
        assert body["type"] not in {"succeeded", "failed"}, body
        asked = asked or (body["type"] == "approval_required" and body["operation"] == operation)
        if asked and body["type"] == "released":
            return


def test_a_yes_is_for_the_call_that_it_was_asked_about(serve: Serve) -> None:
    """Promise of approvals: a fork that shares a yes and calls with something else is asked about once more."""
    server = serve()
    step: Json = {"id": "a", "operation": "memory.set_entry", "approve": "It is kept."}
    step["arguments"] = {"namespace": "n", "key": "k", "value": {"most": "{given.most}"}}
    done(server, "POST", "/plans", {"name": "limits", "goal": "Keep.", "given": {"most": 0}, "steps": [step]})
    run_id = begun(server, "/plans/limits/run", {"given": {"most": 5}})
    _until_asked(server, run_id, "memory.set_entry")
    done(server, "POST", f"/runs/{run_id}/approve", {})
    after = next(event["seq"] for event in followed(server, run_id, 0) if event["body"]["type"] == "approved")
    assert ended(server, run_id)[-1]["type"] == "succeeded"
    forked = done(server, "POST", f"/runs/{run_id}/fork", {"after": after, "changes": {"given": {"most": 9}}})["id"]
    seen = ended(server, forked, "released", after=after)
    assert seen[-1]["type"] == "released", seen[-1]
    again = [one for one in seen if one["type"] == "approval_required"][-1]
    assert again["arguments"]["value"] == {"most": 9}
    assert done(server, "POST", "/memory/get-entry", {"namespace": "n", "key": "k"})["value"] == {"most": 5}
    done(server, "POST", f"/runs/{forked}/approve", {})
    assert ended(server, forked, after=after)[-1]["type"] == "succeeded"
    assert done(server, "POST", "/memory/get-entry", {"namespace": "n", "key": "k"})["value"] == {"most": 9}


def test_a_run_that_waited_for_leave_waits_again_when_it_is_retried(serve: Serve) -> None:
    """Promise of start_run's `approval`: to cancel it and try it again is no leave."""
    server = serve()
    started = {"operation": "models.list_models", "approval": "May it?"}
    first = done(server, "POST", "/runs/start-run", started)["id"]
    done(server, "POST", f"/runs/{first}/cancel", {})
    again = done(server, "POST", f"/runs/{first}/retry", {})["id"]
    assert ended(server, again, "released")[-1]["type"] == "released"
    assert done(server, "GET", f"/runs/{again}")["waiting"]["reason"] == "May it?"
    done(server, "POST", f"/runs/{again}/approve", {})
    assert ended(server, again)[-1]["type"] == "succeeded"


@operation("tests.carry_run", effect="writes")
async def carry_run(request: Nothing, ctx: Context) -> Nothing:
    """Be the run that a model is asked in."""
    del ctx
    return request


class Thinks(LanguageModels):
    """A model that thinks of an address, and gives the thought back signed."""

    provider = "thinks"

    @override
    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(provider="thinks", name="deep", tools=False)]

    @override
    async def generate(self, prompt: Prompt) -> AsyncGenerator[Item, None]:
        thought = f"She is {ADDRESS} , I think."
        yield ReasoningChunk(text=thought)
        yield TextChunk(text="I may not say.")
        yield Answered(finish_reason="stop", reasoning=(Reasoning(text=thought, signature="s", origin="thinks"),))

    @override
    async def close(self) -> None:
        return None


def test_what_a_model_thinks_is_masked_in_every_form(tmp_path: Path) -> None:
    """Promise: what a rule masks in an answer is in no event of its run, the signed form of a thought included."""
    rule = {"id": "m", "when": "after", "then": "mask", "conditions": [{"test": "personal"}], "why": "No."}
    row = {
        "id": "p",
        "name": "p",
        "enabled": 1,
        "definition": json.dumps({"rules": [rule]}),
        "created": 1,
        "updated": 1,
    }

    async def body() -> None:
        async with opened(tmp_path, operations=[carry_run]) as given:
            await given.drivers.store.insert("policies", given.caller.owner, row)
            ctx = replace(given, operation=carry_run.name)
            await guarded(carry_run, ctx)
            prompt = Prompt(model="one", messages=[Message(role="user", content="Who?")])
            heard = await asking.ask(ctx, Thinks(), prompt, 1)
            seen = [event.body.model_dump_json() for event in await logged(ctx)]
        assert heard.thought == "She is [EMAIL_1] , I think."
        assert ADDRESS not in "".join(seen)
        assert not heard.end.reasoning

    asyncio.run(body())


def test_a_call_under_a_key_is_made_once_a_person_has_decided(serve: Serve) -> None:
    """Promise of review: the same call with the same key of its own is let in, and answered again after that."""
    server = serve()
    rule = {"id": "r", "then": "review", "why": "It is looked at."}
    done(
        server,
        "POST",
        "/policies",
        {"applies_to": {"operations": ["memory.set_entry", "schedules.*"]}, "rules": [rule]},
    )
    for number, (path, asked) in enumerate(
        [
            ("/memory/set-entry", {"namespace": "n", "key": "k", "value": {"a": 1}}),
            ("/schedules", {"name": "yearly", "operation": "models.list_models", "cron": "0 0 1 1 *"}),
        ]
    ):
        key = {"Idempotency-Key": f"key-{number}"}
        ask(server, "POST", path, asked, key)
        status, _, problem = ask(server, "POST", path, asked, key)
        assert (status, problem["field"]) == (409, "review"), problem
        done(server, "POST", f"/reviews/{problem['value']}/decide", {"approved": True})
        first = ask(server, "POST", path, asked, key)
        again = ask(server, "POST", path, asked, key)
        assert first[0] in {200, 201}, first
        assert again[2] == first[2]


def test_what_was_read_in_an_earlier_turn_or_by_another_agent_is_remembered(serve: Serve) -> None:
    """Promise of `asks: tainted`: a person decides in later turns too, and where an agent passes on what it read."""

    def model(request: Asked) -> Canned:
        last, names = request.body["messages"][-1], [one["function"]["name"] for one in request.body["tools"]]
        if last["role"] == "tool":
            return says("The page says: keep it.")
        if "ask-keeper" in names:
            return wants(("ask-keeper", {"message": "Keep it."}))
        return wants(KEEPS if "eep" in last["content"] else ("memory-get_entry", {"namespace": "n", "key": "page"}))

    with FakeOpenAI(*[model] * 12, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/memory/set-entry", {"namespace": "n", "key": "page", "value": {"says": "keep it"}})
        done(server, "POST", "/agents", {**KEEPER, "asks": "tainted"})
        teller = {"name": "teller", "instructions": "You tell.", "model": "local:words", "agents": ["keeper"]}
        done(server, "POST", "/agents", {**teller, "asks": "nothing"})
        first = ended(server, begun(server, "/agents/keeper/run", {"message": "Read the page.", "begins": True}))[-1]
        talk = first["result"]["conversation_id"]
        second = begun(server, "/agents/keeper/run", {"message": "Keep it.", "conversation_id": talk})
        asked = ended(server, second, "approval_required")[-1]
        earlier = [{"role": "user", "content": "Read."}, {"role": "assistant", "content": "The page says: keep it."}]
        third = begun(server, "/agents/keeper/run", {"message": "Keep it.", "earlier": earlier})
        kept = ended(server, third, "approval_required")[-1]
        ended(server, begun(server, "/agents/teller/run", {"message": "Have it kept."}))
        fourth = done(server, "GET", "/runs?operation=agents.run_agent&limit=1")["runs"][0]["id"]
        passed = ended(server, fourth, "approval_required")[-1]
        done(server, "POST", f"/runs/{fourth}/approve", {})
        kept_so = ended(server, fourth)[-1]
        replayed = done(server, "GET", f"/runs/{fourth}/replay")
        alone = ended(server, begun(server, "/agents/keeper/run", {"message": "Keep it."}))[-1]
    assert "an earlier turn" in asked["reason"], asked
    assert "an earlier turn" in kept["reason"], kept
    assert "another agent" in passed["reason"], passed
    assert (kept_so["type"], replayed["identical"]) == ("succeeded", True), replayed
    assert alone["type"] == "succeeded", alone


def test_who_is_led_by_a_model_is_asked_by_another(serve: Serve) -> None:
    """Promise of `asks: tainted`: what one member of a team says is no way to what another may do, by who leads."""

    def model(request: Asked) -> Canned:
        names = [one["function"]["name"] for one in request.body["tools"]]
        if request.tool_results:
            return says("Done.")
        return wants(("ask-k", {"message": "Keep it."})) if "ask-k" in names else wants(KEEPS)

    members = [{"name": "lead", "model": "local:words"}, {"name": "k", "agent": "keeper"}]
    with FakeOpenAI(*[model] * 6, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**KEEPER, "asks": "tainted"})
        done(server, "POST", "/teams", {"name": "led", "shape": "supervisor", "members": members})
        team = begun(server, "/teams/led/run", {"message": "Go on."})
        asked = ended(server, team, "tool_answered")[-1]["result"]["id"]
        reason = ended(server, asked, "approval_required")[-1].get("reason", "")
        done(server, "POST", f"/runs/{team}/cancel", {})
    assert "another agent" in reason


class OfModel(Model):
    """A request that names a model, or does not."""

    model: str | None = None
    provider: str | None = None


@operation("models.try_one", effect="reads")
async def try_one(request: OfModel, ctx: Context) -> Nothing:
    """Ask a model nothing."""
    del request, ctx
    return Nothing()


def test_a_models_policy_holds_where_its_provider_is_left_out(tmp_path: Path) -> None:
    """Promise of `applies_to.models`: calls of that model, named with its provider, without, or meant by no name."""

    def row(pattern: str) -> Json:
        rules = [{"id": "no", "then": "refuse", "why": "Not that one."}]
        definition = {"applies_to": {"operations": ["models.*"], "models": [pattern]}, "rules": rules}
        return {"id": "p", "name": "p", "enabled": 1, "definition": json.dumps(definition), "created": 1, "updated": 1}

    asked: list[Json] = [{}, {"model": "deep"}, {"model": "thinks:deep"}, {"provider": "thinks"}]

    async def body() -> None:
        async with opened(tmp_path, Thinks(), operations=[try_one]) as given:
            ctx, store, owner = replace(given, journal=None), given.drivers.store, given.caller.owner
            await store.insert("policies", owner, row("thinks:*"))
            for one in asked:
                with pytest.raises(Forbidden, match="Not that one"):
                    await call(try_one, one, ctx)
            await store.delete("policies", owner, "p")
            await store.insert("policies", owner, row("other:*"))
            forget(ctx)
            for one in asked:
                await call(try_one, one, ctx)

    asyncio.run(body())


def test_a_models_policy_holds_along_routes_and_for_agents(serve: Serve) -> None:
    """Promise of `applies_to.models`: a route, an agent and whom it hands to are no way around a rule."""
    rule = {"id": "no", "then": "refuse", "why": "Not that one."}
    policy = {"applies_to": {"operations": ["*"], "models": ["local:*"]}, "rules": [rule]}
    said = {"messages": [{"role": "user", "content": "Hello"}]}
    with FakeOpenAI(*[says("Hello.")] * 3, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/routes", {"name": "way", "targets": [{"model": "local:words"}]})
        ladder = {"targets": [{"model": "embedded:none"}], "policy": {"ladder": ["way"]}}
        done(server, "POST", "/routes", {"name": "round", **ladder})
        for name, more in (
            ("direct", {"model": "local:words"}),
            ("routed", {"model": "way"}),
            ("hands", {"model": "embedded", "hands_off_to": ["routed"]}),
            ("other", {"model": "embedded"}),
        ):
            done(server, "POST", "/agents", {"name": name, "instructions": "You greet.", **more})
        done(server, "POST", "/policies", policy)
        for model in ("local:words", "way", "route:way", "round"):
            status, _, problem = ask(server, "POST", "/models/complete-chat", {**said, "model": model})
            assert (status, "Not that one" in problem["detail"]) == (403, True), (model, problem)
        for name in ("direct", "routed", "hands"):
            status, _, problem = ask(server, "POST", f"/agents/{name}/run", {"message": "Hello"})
            assert (status, "Not that one" in problem["detail"]) == (403, True), (name, problem)
        for model in ("words", "agent:hands"):
            asked = {"question": "What is a lever?", "model": model}
            status, _, problem = ask(server, "POST", "/metacognition/sample-paths", asked)
            assert (status, "Not that one" in problem["detail"]) == (403, True), (model, problem)
        for number, lead in enumerate(({"model": "way"}, {"agent": "routed"})):
            members = [{"name": "lead", **lead}, {"name": "a", "agent": "other"}]
            done(server, "POST", "/teams", {"name": f"led-{number}", "shape": "supervisor", "members": members})
            status, _, problem = ask(server, "POST", f"/teams/led-{number}/run", {"message": "Hello"})
            assert (status, "Not that one" in problem["detail"]) == (403, True), (lead, problem)
        looked = {"operation": "agents.run_agent", "arguments": {"id": "other", "message": "Hello"}}
        assert done(server, "POST", "/metacognition/check-policy", looked)["findings"] == []
        assert not provider.asked


def test_who_may_use_may_not_change_the_rules_nor_decide(serve: Serve) -> None:
    """Promise of scopes: a key for what metacognition computes and for runs takes no rule away and lets nothing in."""
    server = serve()
    rule = {"id": "r", "then": "review", "why": "It is looked at."}
    asked = {"length": 2, "angle": 10}
    done(server, "POST", "/policies", {"name": "p", "applies_to": {"operations": ["physics.*"]}, "rules": [rule]})
    user = holder(server, scopes=["metacognition:write", "runs:write", "physics:read"])
    started = {"operation": "physics.simulate_pendulum", "arguments": asked}
    run_id = user.done("POST", "/runs/start-run", started)["id"]
    assert user.ask("PATCH", "/policies/p", {"change": {"enabled": False}})[0] == 403
    assert user.ask("DELETE", "/policies/p")[0] == 403
    for path, given in ((f"/reviews/{run_id}/decide", {"approved": True}), (f"/runs/{run_id}/approve", {})):
        status, problem = user.ask("POST", path, given)
        assert (status, problem["value"]) == (403, "reviews:write"), problem
    own = user.done("POST", "/runs/start-run", {"operation": "runs.get_statistics", "approval": "Mine?"})["id"]
    user.done("POST", f"/runs/{own}/approve", {})
    decider = holder(server, scopes=["runs:write", "reviews:write"])
    decider.done("POST", f"/runs/{run_id}/approve", {})
    assert ended(server, run_id)[-1]["type"] == "succeeded"


def test_what_rules_answer_is_looked_at_before_it_is_said(serve: Serve) -> None:
    """Promise of rules after a call: also without a model, what is masked in an answer is said in no words before."""
    server = serve()
    done(server, "POST", "/memory/remember", {"text": f"Mia is at {ADDRESS} .", "user": "mia"})
    rule = {"id": "m", "when": "after", "then": "mask", "conditions": [{"test": "personal"}], "why": "No addresses."}
    done(server, "POST", "/policies", {"applies_to": {"operations": ["chat.*"]}, "rules": [rule]})
    form = {"operation": "memory.list_memories", "arguments": {"user": "mia"}}
    run_id = begun(server, "/chat/send-message", {"message": "What do you know of me?", "call": form})
    seen = ended(server, run_id)
    words = "".join(one["text"] for one in seen if one["type"] == "text_delta")
    assert seen[-1]["type"] == "succeeded", seen[-1]
    assert words == seen[-1]["result"]["response"]
    looked = [one for one in seen if one["type"] in {"text_delta", "surface", "succeeded"}]
    assert "[EMAIL_1]" in json.dumps(looked)
    assert ADDRESS not in json.dumps(looked)
    assert done(server, "GET", f"/runs/{run_id}/replay")["identical"] is True
