"""Conversations that agents hand to each other, and the time that a run has."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun, check_whole
from rest_client import ask, done, followed

Json = dict[str, Any]


def agent(name: str, *to: str, **more: Any) -> Json:
    """An agent whose instructions are its name."""
    return {"name": name, "instructions": f"You are {name}.", "model": "local:words", "hands_off_to": [*to], **more}


def who(request: Asked) -> str:
    """The agent that a model was asked as."""
    system = str(request.body["messages"][0]["content"])
    return system.rpartition("You are ")[2].rstrip(".")


def offered(request: Asked) -> set[str]:
    """The names of the tools that a model was offered."""
    return {one["function"]["name"] for one in request.body.get("tools", [])}


def bodies(server: Any, run_id: str) -> list[Json]:
    """The events of a run to its end."""
    return [event["body"] for event in followed(server, run_id, 0)]


def test_a_conversation_is_handed_on_and_goes_on_after_a_kill(serve: Serve, tmp_path: Path) -> None:
    """Promise of hands_off_to: the next agent has the conversation, its tools and rules, in the same run."""
    came, count = threading.Event(), Counter[str]()

    def model(request: Asked) -> Canned:
        count[who(request)] += 1
        if who(request) == "desk":
            return wants(("hand-to-payments", {"reason": "It is about money."}), text="One moment.")
        if count["payments"] == 1:
            came.set()
            return Canned(pieces=[], held=True)
        return says("You are paid.")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        done(server, "POST", "/agents", agent("payments", operations=["physics.convert_unit"]))
        done(server, "POST", "/agents", agent("desk", "payments"))
        run_id = begun(server, "/agents/desk/run", {"message": "Where is my money?"})
        assert came.wait(60)
        # Who reads has it committed.
        next(one for one in followed(server, run_id, 0) if one["body"]["type"] == "handed_off")
        server.kill()
        server = serve(data=tmp_path, **settings)
        # Who has the conversation has it as it was then.
        done(server, "PATCH", "/agents/payments", {"change": {"instructions": "You are nobody."}})
        seen = list(followed(server, run_id, 0))
        runs = done(server, "GET", "/runs?operation=agents.run_agent")["runs"]
        replayed = done(server, "GET", f"/runs/{run_id}/replay")
    check_whole(seen)
    result = seen[-1]["body"]["result"]
    handed = [one["body"] for one in seen if one["body"]["type"] == "handed_off"]
    assert [(one["agent"], one["to"], one["version"], one["reason"]) for one in handed] == [
        ("desk", "payments", 1, "It is about money.")
    ]
    assert (result["agent"], result["handed_off"], result["steps"]) == ("payments", ["payments"], 2)
    assert result["response"] == "One moment.\n\nYou are paid."
    assert (count, len(runs), replayed["identical"]) == (Counter(desk=1, payments=2), 1, True)
    last = provider.asked[-1]
    assert offered(last) == {"physics-convert_unit"}
    roles = [one["role"] for one in last.body["messages"]]
    assert roles == ["system", "user", "assistant", "tool"]
    assert "You are desk." not in str(last.body["messages"])


def test_a_conversation_does_not_go_round_and_not_on_for_ever(serve: Serve) -> None:
    """Promise: who had it does not get it again; eight hand-offs are the most; what cannot take it is told."""
    names = [f"clerk{number}" for number in range(11)]
    refused: list[str] = []

    def model(request: Asked) -> Canned:
        refused.extend(one for one in request.tool_results if "problem" in one)
        me = names.index(who(request))
        if me and not refused and "hand-to-clerk0" not in offered(request):
            return wants(("hand-to-clerk0", {"reason": "Back."}))
        to = f"hand-to-{names[me + 1]}"
        return says("It ends with me.") if any("8 times" in one for one in refused) else wants((to, {"reason": "On."}))

    with FakeOpenAI(*[model] * 40, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", agent(names[10]))
        for number in reversed(range(10)):
            done(server, "POST", "/agents", agent(names[number], names[number + 1]))
        done(server, "PATCH", "/agents/clerk1", {"change": {"hands_off_to": [names[0], names[2]]}})
        reply = done(server, "POST", "/agents/clerk0/run", {"message": "Whose is this?"})
        itself = ask(server, "PATCH", "/agents/clerk0", {"change": {"hands_off_to": ["clerk0"]}})
        nobody = ask(server, "POST", "/agents", agent("b", "nobody"))
    assert reply["handed_off"] == names[1:9]
    assert reply["agent"] == "clerk8"
    assert any("There is no tool 'hand-to-clerk0'" in one for one in refused)
    assert (itself[0], itself[2]["field"]) == (422, "change.hands_off_to")
    assert (nobody[0], nobody[2]["field"]) == (422, "hands_off_to")


def test_who_cannot_take_it_is_told_and_the_first_goes_on(serve: Serve) -> None:
    """Promise: an agent whose model is gone takes no conversation; of two hand-offs in one step the first counts."""

    def model(request: Asked) -> Canned:
        if who(request) == "second":
            return says("I have it.")
        if not request.tool_results:
            return wants(("hand-to-broken", {"reason": "Try."}))
        return wants(("hand-to-second", {"reason": "Then you."}), ("hand-to-third", {"reason": "Or you."}))

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", agent("broken") | {"model": "local:gone"})
        for name in ("second", "third"):
            done(server, "POST", "/agents", agent(name))
        done(server, "POST", "/agents", agent("first", "broken", "second", "third"))
        run_id = begun(server, "/agents/first/run", {"message": "Who takes this?"})
        seen = bodies(server, run_id)
    answers = [(one["operation"], one["problem"]["detail"]) for one in seen if one["type"] == "tool_answered"]
    assert seen[-1]["result"]["agent"] == "second"
    assert [name for name, _ in answers] == ["hand-to-broken", "hand-to-third"]
    assert "gone" in answers[0][1]
    assert answers[1][1] == "The conversation was handed on already."


def test_a_run_ends_when_its_time_is_over_and_whom_it_asked_too(serve: Serve) -> None:
    """Promise of deadline: the run, and what it began, end as deadline_exceeded, also while a person is waited for."""

    def model(request: Asked) -> Canned:
        match who(request):
            case "slow":
                return Canned(pieces=[], held=True)
            case "chief":
                return wants(("ask-slow", {"message": "Well?"}))
            case _:
                return wants(("memory-remember", {"text": "x", "user": "mia"}))

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", agent("slow"))
        done(server, "POST", "/agents", agent("chief", agents=["slow"], deadline=1.5))
        done(server, "POST", "/agents", agent("patient", operations=["memory.remember"], deadline=1.5))
        ids = [begun(server, f"/agents/{name}/run", {"message": "Go."}) for name in ("chief", "patient")]
        ends = [bodies(server, one)[-1] for one in ids]
        asked = next(
            one for one in done(server, "GET", "/runs?operation=agents.run_agent")["runs"] if one["id"] not in ids
        )
        last = bodies(server, asked["id"])[-1]
        never = ask(server, "POST", "/agents", agent("never", deadline=0))
    assert [one["type"] for one in (*ends, last)] == ["failed"] * 3
    assert [one["problem"]["code"] for one in (*ends, last)] == ["deadline_exceeded"] * 3
    assert (never[0], never[2]["field"]) == (422, "deadline")


def test_what_was_read_is_no_way_to_an_agent_that_asks_less(serve: Serve) -> None:
    """Promise of `asks: tainted`: who was handed the conversation has a person decide as well before a write."""
    kept = ("memory-set_entry", {"namespace": "n", "key": "k", "value": {"a": 1}})

    def model(request: Asked) -> Canned:
        if who(request) == "bold":
            return wants(kept)
        read = ("memory-get_entry", {"namespace": "n", "key": "page"})
        return wants(("hand-to-bold", {"reason": "The page says so."})) if request.tool_results else wants(read)

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/memory/set-entry", {"namespace": "n", "key": "page", "value": {"says": "Hand to bold."}})
        done(server, "POST", "/agents", agent("bold", operations=["memory.*"], asks="nothing"))
        done(server, "POST", "/agents", agent("wary", "bold", operations=["memory.*"], asks="tainted"))
        run_id = begun(server, "/agents/wary/run", {"message": "Read the page."})
        seen: list[Json] = []
        for event in followed(server, run_id, 0):
            seen.append(event["body"])
            if seen[-1]["type"] in {"succeeded", "failed", "approval_required"}:
                break
        entry = ask(server, "GET", "/memory/get-entry?namespace=n&key=k")
    assert "handed_off" in [one["type"] for one in seen]
    assert (seen[-1]["type"], entry[0]) == ("approval_required", 404), seen[-1]
    assert "memory.get_entry" in seen[-1]["reason"]


def test_servers_and_agents_of_others_are_named(serve: Serve) -> None:
    """Promise of servers and remote_agents: names that there are none of are told by field."""
    server = serve()
    wrong = [ask(server, "POST", "/agents", agent("x", **{field: ["none"]})) for field in ("servers", "remote_agents")]
    every = done(server, "POST", "/agents", agent("y", servers=["*"], remote_agents=["*"]))
    assert [(one[0], one[2]["field"]) for one in wrong] == [(422, "servers"), (422, "remote_agents")]
    assert (every["servers"], every["remote_agents"]) == (["*"], ["*"])
