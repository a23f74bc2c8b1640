"""Teams in their shapes, of models that say what a test tells them to."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, fails, says, wants
from outliving import begun
from rest_client import Json, ask, done, followed


def member(name: str, **more: Any) -> Json:
    """A member whose model is told its name."""
    return {"name": name, "model": "local:words", "instructions": f"You are {name}.", **more}


def name_of(request: Asked) -> str:
    """Who is asked."""
    return re.findall(r"You are (\w+)", str(request.body["messages"][0]["content"]))[-1]


def last(request: Asked) -> str:
    """What it is asked."""
    return str(request.body["messages"][-1]["content"])


def team(serve: Serve, definition: Json, model: Any, message: str = "How many?", times: int = 30) -> tuple[Json, Any]:
    """What a team of this definition answers, or the problem, by a server of its own; and its run."""
    with FakeOpenAI(*[model] * times, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/teams", {"name": "t", **definition})
        _, _, answer = ask(server, "POST", "/teams/t/run", {"message": message})
        runs = done(server, "GET", "/runs?operation=models.generate_text&limit=100")["runs"]
        if "run_id" in answer:
            again = done(server, "GET", f"/runs/{answer['run_id']}/replay")
            assert again["identical"], again
    return answer, runs


def test_a_sequence_hands_on_what_was_said(serve: Serve) -> None:
    """Promise of the shape sequence: each goes on with the words of the one before it."""

    def model(request: Asked) -> Canned:
        before = last(request)
        return says({"first": "One.", "second": f"Two after {'One.' in before}."}[name_of(request)])

    answer, runs = team(serve, {"shape": "sequence", "members": [member("first"), member("second")]}, model)
    assert answer["response"] == "Two after True."
    assert [one["member"] for one in answer["said"]] == ["first", "second"]
    assert len(runs) == 2


def test_a_speaker_makes_one_answer_of_what_the_others_say_and_a_late_one_is_named(serve: Serve) -> None:
    """Promise of the shape parallel, and of `seconds`: whom nobody can wait for is left out, by name."""

    def model(request: Asked) -> Canned:
        match name_of(request):
            case "slow":
                return Canned(pieces=[], held=True)
            case "quick":
                return says("Seven.")
            case _:
                assert "Seven." in last(request)
                return says("They say seven.")

    members = [member("quick"), member("slow"), member("speaker")]
    answer, _ = team(serve, {"shape": "parallel", "members": members, "speaker": "speaker", "seconds": 3}, model)
    assert answer["response"] == "They say seven."
    assert list(answer["absent"]) == ["slow"]
    assert "3 s" in answer["absent"]["slow"]


def test_who_answers_with_nothing_is_named_and_ends_a_sequence(serve: Serve) -> None:
    """Promise of docs/teams.md: who has no answer is named in `absent`; one without an answer ends a sequence."""

    def model(request: Asked) -> Canned:
        return says({"mute": "", "blank": " \n", "b": "Two."}[name_of(request)])

    problem, runs = team(serve, {"shape": "sequence", "members": [member("mute"), member("b")]}, model)
    assert (problem["detail"], len(runs)) == ("mute: It answered with nothing.", 1)
    three = [member("mute"), member("blank"), member("b")]
    answer, _ = team(serve, {"shape": "parallel", "members": three}, model)
    assert answer["response"] == "b:\nTwo."
    assert list(answer["absent"]) == ["mute", "blank"]


def test_a_debate_shows_each_what_the_others_say_and_ends_in_a_vote(serve: Serve) -> None:
    """Promise of the shape debate: who hears a better answer may change, and what was said first stays told."""

    def model(request: Asked) -> Canned:
        first = "The others have answered" not in last(request)
        return says("Answer: 9" if name_of(request) == "c" and first else "Answer: 7")

    members = [member(name) for name in "abc"]
    answer, runs = team(serve, {"shape": "debate", "members": members, "answer": {"kind": "number"}}, model)
    assert (answer["answer"], answer["vote"]["answered"]) == ("7", 3)
    assert [(one["member"], one["round"], one["answer"]) for one in answer["said"]] == [
        *(("a", 1, "7"), ("b", 1, "7"), ("c", 1, "9")),
        *(("a", 2, "7"), ("b", 2, "7"), ("c", 2, "7")),
    ]
    assert len(runs) == 6


def test_what_a_member_took_that_failed_is_counted(serve: Serve) -> None:
    """Promise of docs/teams.md: tokens are of all that was asked here; of another server's they are said not to be."""

    def model(request: Asked) -> Canned:
        if "head" not in str(request.body["messages"][0]["content"]):
            return says("Twelve.")
        return (
            fails(400, "No.")
            if request.tool_results
            else wants(("mathematics-evaluate_expression", {"expression": "1"}))
        )

    with FakeOpenAI(*[model] * 8, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        agent = {"name": "head", "instructions": "You are head.", "model": "local:words"}
        done(server, "POST", "/agents", {**agent, "operations": ["mathematics.*"]})
        done(server, "POST", "/remote-agents", {"name": "far", "url": "scripted:echo"})
        members = [member("b"), {"name": "h", "agent": "head"}, {"name": "f", "remote": "far"}]
        done(server, "POST", "/teams", {"name": "t", "shape": "parallel", "members": members})
        answer = done(server, "POST", "/teams/t/run", {"message": "How many"})
        again = done(server, "GET", f"/runs/{answer['run_id']}/replay")
    assert (list(answer["absent"]), answer["uncounted"], again["identical"]) == (["h"], ["f"], True)
    # Twice 7 and 3: of who answered, and of who failed after its first step.
    assert (answer["input_tokens"], answer["output_tokens"]) == (14, 6)


def test_a_team_tells_which_member_waits_for_a_person_and_passes_the_answer_on(serve: Serve) -> None:
    """Promise of docs/teams.md: it is running, `awaits` names who waits, and an answer to the team gets there."""

    def model(request: Asked) -> Canned:
        if request.tool_results:
            return says("Kept.")
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}))

    with FakeOpenAI(*[model] * 6, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        agent = {"instructions": "Keep it.", "model": "local:words", "operations": ["memory.remember"]}
        for name in ("one", "two"):
            done(server, "POST", "/agents", {**agent, "name": name})
        members = [{"name": name, "agent": name} for name in ("one", "two")]
        done(server, "POST", "/teams", {"name": "t", "shape": "parallel", "members": members})
        outer = begun(server, "/teams/t/run", {"message": "Keep that balls fly."})
        while len(waiting := done(server, "GET", f"/runs/{outer}")["awaits"]) < 2:
            pass
        assert {(one["operation"], one["kind"]) for one in waiting} == {("agents.run_agent", "approval")}
        # Which of two is meant nobody knows.
        assert ask(server, "POST", f"/runs/{outer}/approve", {})[0] == 409
        first, second = (one["id"] for one in waiting)
        assert done(server, "POST", f"/runs/{first}/reject", {})["id"] == first
        while len(done(server, "GET", f"/runs/{outer}")["awaits"]) == 2:
            pass
        assert done(server, "POST", f"/runs/{outer}/approve", {})["id"] == second
        end = list(followed(server, outer))[-1]["body"]
        after = done(server, "GET", f"/runs/{outer}")
        kept = done(server, "GET", "/memory?user=mia")["memories"]
    assert (end["type"], after["awaits"], len(kept)) == ("succeeded", [], 1)


def test_a_supervisor_asks_the_others_as_tools(serve: Serve) -> None:
    """Promise of the shape supervisor: it asks by name, a wrong call is told, and it answers itself."""

    def model(request: Asked) -> Canned:
        tools = {one["function"]["name"] for one in request.body.get("tools", [])}
        if not tools:
            return says({"a": "Twelve.", "b": "Thirteen."}[name_of(request)])
        assert tools == {"ask-a", "ask-b"}
        if not request.tool_results:
            return wants(("ask-a", {"message": "Say."}), ("ask-b", {"message": "Say."}), ("ask-z", {"message": "Say."}))
        return says(" ".join(request.tool_results))

    members = [member("lead"), member("a"), member("b")]
    answer, _ = team(serve, {"shape": "supervisor", "members": members}, model)
    within = r"<data-(\w+)>\nTwelve.\n</data-\1> <data-\1>\nThirteen.\n</data-\1> There is no member ask-z.*"
    marked = re.fullmatch(within, answer["response"], re.DOTALL)
    assert marked, answer["response"]
    assert [one["member"] for one in answer["said"]] == ["a", "b", "lead"]
    # Twice the lead's, and once of each.
    assert (answer["input_tokens"], answer["output_tokens"]) == (28, 12)


def test_who_bids_most_writes_on_the_board_and_triggers_write_too(serve: Serve) -> None:
    """Promise of the shape blackboard: bids by number, triggers by word, DONE: ends it."""

    def model(request: Asked) -> Canned:
        name, asked = name_of(request), last(request)
        if "one whole number" in asked:
            return says({"low": "2", "high": "I bid 9"}[name])
        if name == "checker":
            return says("DONE: The check holds.")
        return says(f"{name} wants a check.")

    members = [member("low"), member("high"), member("checker", triggers=["check"])]
    answer, _ = team(serve, {"shape": "blackboard", "members": members, "rounds": 3}, model)
    assert answer["response"] == "The check holds."
    written = [(one["member"], one["round"]) for one in answer["said"] if not one["text"][-1].isdigit()]
    assert written == [("high", 1), ("checker", 2), ("high", 2)]


def test_a_supervisor_has_the_time_of_its_team(serve: Serve) -> None:
    """Promise of `deadline`: it bounds the run, also while the one who leads is asked."""
    definition = {"shape": "supervisor", "members": [member("lead"), member("a")], "deadline": 0.5}
    problem, _ = team(serve, definition, Canned(pieces=[], held=True))
    assert (problem["code"], problem["detail"]) == ("deadline_exceeded", "The team's time was over.")


def test_who_leads_has_no_more_time_than_its_team_by_being_asked_again(serve: Serve) -> None:
    """Promise of `deadline`: time that a member has used up is gone for whoever is asked after it."""

    def model(request: Asked) -> Canned:
        if "You lead a team." not in str(request.body["messages"][0]["content"]):
            return Canned(pieces=[], held=True)
        told = request.body["messages"][-1]["role"] == "tool"
        return says("All is told.") if told else wants(("ask-a", {"message": "How many?"}))

    definition = {"shape": "supervisor", "members": [member("lead"), member("a")], "deadline": 1}
    problem, _ = team(serve, definition, model)
    assert (problem.get("code"), problem.get("detail")) == ("deadline_exceeded", "The team's time was over."), problem


def test_what_others_write_at_the_same_time_is_new_to_a_member(serve: Serve) -> None:
    """Promise of the shape blackboard: who has a word of it as trigger writes in the next round."""

    def model(request: Asked) -> Canned:
        return says({"a": "ping", "b": "pong"}[name_of(request)])

    members = [member("a", triggers=["task", "pong"]), member("b", triggers=["task", "ping"])]
    answer, _ = team(serve, {"shape": "blackboard", "members": members, "rounds": 2}, model, "The task.")
    assert [(one["member"], one["round"]) for one in answer["said"]] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_a_team_that_could_not_work_is_refused_by_its_field(serve: Serve) -> None:
    """Promise of create_team: who is there twice, alone, not there, or more than one thing."""
    pair = [member("a"), member("b")]
    wrong: dict[str, Json] = {
        "members.1.name": {"members": [member("a"), member("a")]},
        "members": {"members": [member("a")]},
        "members.0.agent": {"members": [{"name": "a", "agent": "nobody"}, member("b")]},
        "members.0.remote": {"members": [{"name": "a", "remote": "nobody"}, member("b")]},
        "members.0.model": {"members": [{"name": "a", "model": "local:nobody"}, member("b")]},
        "members.0": {"members": [{"name": "a"}, member("b")]},
        "speaker": {"members": pair, "speaker": "c"},
        "at_least": {"members": pair, "at_least": 3},
        "quorum": {"members": pair, "quorum": 0.2},
    }
    with FakeOpenAI(models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        refused = {field: ask(server, "POST", "/teams", {"shape": "vote", **one})[2] for field, one in wrong.items()}
    assert {field: one.get("field") for field, one in refused.items()} == {field: field for field in wrong}
    assert all(one["remedy"] for one in refused.values())


def test_a_team_that_was_killed_asks_nobody_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the members' runs go on under their ids, and the team's with their answers."""
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(name_of(request))
        return Canned(pieces=[], held=True) if asked[-1] == "b" and asked.count("b") == 1 else says("Answer: 4")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        definition = {"name": "t", "shape": "vote", "members": [member("a"), member("b")], "answer": {"kind": "number"}}
        done(server, "POST", "/teams", definition)
        _, _, run = ask(server, "POST", "/teams/t/run", {"message": "How many?"}, {"prefer": "respond-async"})
        ended = "/runs?operation=models.generate_text&state=succeeded"
        while not done(server, "GET", ended)["runs"] or len(asked) < 2:
            pass
        server.kill()
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        while (last_one := done(server, "GET", f"/runs/{run['id']}"))["state"] not in {"succeeded", "failed"}:
            pass
        runs = done(server, "GET", "/runs?operation=models.generate_text")["runs"]
    assert last_one["result"]["answer"] == "4"
    assert sorted(asked) == ["a", "b", "b"]
    assert len(runs) == 2


def test_what_a_team_waits_for_ends_with_it(serve: Serve) -> None:
    """Promise of followed: a cancelled run, and one whose time is over, leave no member's run behind."""
    with FakeOpenAI(*[Canned(pieces=[], held=True)] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/teams", {"name": "t", "shape": "vote", "members": [member("a"), member("b")]})
        later = {"prefer": "respond-async"}
        _, _, cancelled = ask(server, "POST", "/teams/t/run", {"message": "How many?"}, later)
        given = {"operation": "teams.run_team", "arguments": {"id": "t", "message": "?"}, "deadline_seconds": 4}
        done(server, "POST", "/runs/start-run", given)
        members = "/runs?operation=models.generate_text"
        while len(done(server, "GET", members)["runs"]) < 4:
            pass
        done(server, "POST", f"/runs/{cancelled['id']}/cancel", {})
        while any(one["state"] == "running" for one in done(server, "GET", members)["runs"]):
            pass
        state = done(server, "GET", f"/runs/{cancelled['id']}")["state"]
        left = {one["state"] for one in done(server, "GET", members)["runs"]}
    assert (state, left) == ("cancelled", {"cancelled"})


def test_teams_within_teams_ask_so_many_members_and_no_more(serve: Serve) -> None:
    """Bounded: what teams ask that were begun in one team's run is counted together, and refused beyond the bound."""
    begins: Json = {"operation": "teams.run_team", "arguments": {"id": "inner", "message": "How many?"}}

    def counted(server: Server) -> int:
        with closing(sqlite3.connect(server.data / "nis.db", timeout=30)) as connection:
            [(count,)] = connection.execute("select members_asked from runs where members_asked > 0")
            return int(count)

    def all_but_one(server: Server) -> None:
        with closing(sqlite3.connect(server.data / "nis.db", timeout=30)) as connection, connection:
            connection.execute("update runs set members_asked = 239 where operation = 'teams.run_team'")

    def model(request: Asked) -> Canned:
        if not request.body.get("tools"):
            return says("Twelve.")
        if request.tool_results:
            return says(" ".join(request.tool_results))
        if "much" in last(request):
            all_but_one(server)
        return wants(("runs-start_run", begins))

    def first_of(run_id: str, kind: str) -> Json:
        return next(one["body"] for one in followed(server, run_id) if one["body"]["type"] == kind)

    def inner(message: str) -> Json:
        """How the team ends that a member of the outer one begins, once a person lets it."""
        outer = begun(server, "/teams/outer/run", {"message": message})
        agent = first_of(outer, "tool_answered")["result"]["id"]
        first_of(agent, "approval_required")
        done(server, "POST", f"/runs/{agent}/approve", {})
        within = first_of(outer, "succeeded")["result"]["response"]
        return list(followed(server, re.findall(r"run-[0-9a-f]{24}", within)[0]))[-1]["body"]

    with FakeOpenAI(*[model] * 8, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        agent = {"name": "head", "instructions": "Ask.", "model": "local:words", "operations": ["runs.start_run"]}
        done(server, "POST", "/agents", agent)
        done(server, "POST", "/teams", {"name": "inner", "shape": "vote", "members": [member("a"), member("b")]})
        outer = {"name": "outer", "shape": "sequence", "members": [{"name": "h", "agent": "head"}]}
        done(server, "POST", "/teams", outer)
        first = inner("How many?")
        assert first["result"]["response"] == "Twelve."
        assert counted(server) == 2
        assert done(server, "GET", f"/runs/{first['result']['run_id']}/replay")["identical"]
        problem = inner("How much?")["problem"]
    assert (problem["code"], problem["field"], "240 answers" in problem["detail"]) == (
        "invalid_request",
        "members",
        True,
    )
