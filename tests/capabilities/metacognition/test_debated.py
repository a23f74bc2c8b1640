"""Debates beside a vote of the same cost, and answers that are revised: what stands, and why."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, fails, says
from outliving import begun, check_whole
from rest_client import ask, done, followed

Json = dict[str, Any]
DEBATE, REFLECT = "/metacognition/run-debate", "/metacognition/reflect-on-answer"
ASKED: Json = {"question": "What is 6 times 7?", "answer": {"kind": "number"}}
CHECK: Json = {"answer_schema": {"const": 42}}


def last(request: Asked) -> str:
    """The last words that a model was asked."""
    return str(request.body["messages"][-1]["content"])


def test_members_hear_each_other_and_the_vote_costs_no_more(serve: Serve) -> None:
    """Promise of run_debate: each is shown the others' answers, changes are told, the vote is of no more tokens."""
    heard: dict[str, list[list[Json]]] = {"a": [], "b": [], "c": []}
    lock = threading.Lock()

    def model(request: Asked) -> Canned:
        name = request.body["model"]
        with lock:
            heard[name].append(request.body["messages"])
        return says("42" if name == "a" and "Others have answered" not in last(request) else "41")

    with FakeOpenAI(*[model] * 40, models=["a", "b", "c"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        members = ["local:a", "local:b", "local:c"]
        told = done(server, "POST", DEBATE, {**ASKED, "members": members, "rounds": 2})
        plain = done(server, "POST", DEBATE, {**ASKED, "members": members, "rounds": 1, "beside": False})
        replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
        words = {**ASKED, "answer": {"kind": "boolean"}, "members": members, "rounds": 1, "beside": False}
        unread = done(server, "POST", DEBATE, words)
        one = ask(server, "POST", DEBATE, {**ASKED, "members": members[:1]})
    assert [[turn["change"] for turn in turns] for turns in told["rounds"]] == [
        ["first"] * 3,
        ["to the most", "kept", "kept"],
    ]
    second = heard["a"][1]
    assert [one["role"] for one in second] == ["user", "assistant", "user"]
    assert second[1]["content"] == "42"
    assert re.findall(r"Answer (\d):\n==== [0-9a-f]{16} ====\n41", second[2]["content"]) == ["2", "3"]
    assert (told["answer"], told["debate"]["spent"]["calls"]) == ("41", 6)
    assert (told["matched_by"], told["vote"]["spent"]["tokens"]) == ("tokens", told["debate"]["spent"]["tokens"])
    assert (told["vote"]["spent"]["calls"], told["vote"]["answer"]) == (6, "41")
    assert any("took the one that most had" in one for one in told["warnings"])
    assert (plain["vote"], plain["answer"]) == (None, "41")
    assert unread["answer"] is None
    assert any("In 3 of 3 last answers none of the form" in one for one in unread["warnings"])
    assert replayed["identical"], replayed
    assert (one[0], one[2]["field"]) == (422, "members")


def test_a_member_that_fails_is_named_and_two_have_to_answer(serve: Serve) -> None:
    """Promise: who is silent is told with its reason, and nobody debates alone."""

    def model(request: Asked) -> Canned:
        return fails(400, "Not today.") if request.body["model"] == "b" else says("42")

    with FakeOpenAI(*[model] * 40, models=["a", "b", "c"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", DEBATE, {**ASKED, "members": ["local:a", "local:b", "local:c"], "beside": False})
        alone = ask(server, "POST", DEBATE, {**ASKED, "members": ["local:a", "local:b"]})
    assert told["answer"] == "42"
    assert [one for one in told["warnings"] if "local:b has not answered in round 1" in one]
    assert told["debate"]["votes"] == [{"answer": "42", "votes": 2, "share": 1.0}]
    assert (alone[0], alone[2]["code"]) == (502, "upstream_failed")


def test_a_vote_whose_members_all_fail_is_over(serve: Serve) -> None:
    """Promise of run_debate: the vote costs no more than the debate, also in calls that take no tokens."""
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(last(request))
        return says("42") if len(asked) <= 4 else fails(400, "Not today.")

    with FakeOpenAI(*[model] * 80, models=["a", "b"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", DEBATE, {**ASKED, "members": ["local:a", "local:b"], "rounds": 2})
    assert len(asked) == 6
    assert (told["vote"]["answer"], told["vote"]["spent"]["calls"], told["matched_by"]) == ("42", 4, "tokens")


def test_a_debate_that_was_killed_goes_on(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 in the second round nobody is asked again who had answered."""
    came, lock, asked = threading.Event(), threading.Lock(), [0]

    def model(request: Asked) -> Canned:
        with lock:
            asked[0] += 1
            number = asked[0]
        if number == 4:
            came.set()
            return Canned(pieces=[], held=True)
        return says(f"4{'1' if request.body['model'] == 'a' else '2'}")

    with FakeOpenAI(*[model] * 40, models=["a", "b"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        run_id = begun(server, DEBATE, {**ASKED, "members": ["local:a", "local:b"], "beside": False})
        assert came.wait(60)
        answered = 0
        for event in followed(server, run_id, 0):
            answered += event["body"]["type"] == "model_answered"
            if answered == 3:
                break
        server.kill()
        server = serve(data=tmp_path, **settings)
        seen = list(followed(server, run_id, 0))
    check_whole(seen)
    assert asked[0] == 5
    assert any("ended in a tie" in one for one in seen[-1]["body"]["result"]["warnings"])


def test_a_check_makes_a_revision_stand(serve: Serve) -> None:
    """Promise of reflect_on_answer: the model is told what was found, the first version that passes is the answer."""
    asked: list[str] = []
    replies = ["41", "43", "42", "41", "40", "39"]

    def model(request: Asked) -> Canned:
        asked.append(last(request))
        return says(replies[len(asked) - 1])

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        given = {**ASKED, "model": "local:words", "check": CHECK}
        mended = done(server, "POST", REFLECT, given)
        never = done(server, "POST", REFLECT, given)
        at_once = done(server, "POST", REFLECT, {**given, "first": "42"})
        replayed = done(server, "GET", f"/runs/{mended['run_id']}/replay")
    assert (mended["response"], mended["stands"], mended["verified"]) == ("42", "revision", True)
    assert "did not pass a check" in asked[1]
    assert "42 was expected" in asked[1]
    assert (never["response"], never["stands"], never["verified"]) == ("41", "original", False)
    assert (at_once["stands"], at_once["verified"], at_once["spent"]["calls"]) == ("original", True, 0)
    assert replayed["identical"], replayed


def test_without_a_check_a_revision_has_to_win_in_both_orders(serve: Serve) -> None:
    """Promise: a judge who does not know which is which; one who goes by the place changes nothing."""
    prefers: list[Callable[[str], str]] = []

    def model(request: Asked) -> Canned:
        if "response_format" in request.body or "Answer 1" in last(request):
            return says(json.dumps({"label": prefers[-1](last(request))}))
        return says("43")

    def better(text: str) -> str:
        return "answer 1" if text.index("43") < text.index("41") else "answer 2"

    def always(label: str) -> Callable[[str], str]:
        return lambda text: label if text else ""

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        given = {**ASKED, "model": "local:words", "judge": "local:words", "first": "41"}
        told: list[Json] = []
        for one in (better, always("answer 1"), always("as good")):
            prefers.append(one)
            told.append(done(server, "POST", REFLECT, given))
        same = done(server, "POST", REFLECT, {**given, "first": "43"})
    assert [one["stands"] for one in told] == ["revision", "original", "original"]
    assert [(one["compared"]["first_order"], one["compared"]["other_order"]) for one in told] == [
        ("revision", "revision"),
        ("original", "revision"),
        ("neither", "neither"),
    ]
    assert all(one["verified"] is None for one in told)
    assert any("went by the order" in one for one in told[1]["warnings"])
    assert (same["compared"], same["stands"]) == (None, "original")
