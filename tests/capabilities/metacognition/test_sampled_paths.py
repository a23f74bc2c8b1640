"""Questions answered several times: what a vote decides, what a check decides, and that nothing is asked twice."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, fails, says
from outliving import begun, check_whole
from rest_client import ask, done, followed

from nis_backend.capabilities.metacognition.multipath.checking import Check, filled
from nis_backend.capabilities.metacognition.multipath.sampling import by_outcomes

Json = dict[str, Any]
SAMPLE = "/metacognition/sample-paths"
ASKED: Json = {"question": "What is 6 times 7?", "model": "local:words", "answer": {"kind": "number"}}


def in_turn(*texts: str | Canned) -> list[Any]:
    """Replies of a model, one after the other; a list of them is read under a lock."""
    lock, left = threading.Lock(), list(texts)

    def model(_: Asked) -> Canned:
        with lock:
            one = left.pop(0)
        return says(one) if isinstance(one, str) else one

    return [model] * len(texts)


def test_the_vote_is_told_with_all_its_paths(serve: Serve) -> None:
    """Promise of sample_paths: the answer that most paths gave, every path kept, and a warning where one decides."""
    texts = ["It is 42.", "Surely 41", "The answer is 42.0", "41", "I do not know.", "so 42"]
    with FakeOpenAI(*in_turn(*texts), models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", SAMPLE, {**ASKED, "paths": 6})
        replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
    assert (told["answer"], told["decided_by"]) == ("42", "vote")
    assert [(one["answer"], one["votes"]) for one in told["votes"]] == [("42", 3), ("41", 2)]
    assert sorted(one["text"] for one in told["paths"]) == sorted(texts)
    assert told["spent"] == {"calls": 6, "tokens": 60, "cost": 0.0}
    assert any("near-split: 3 to 2" in one for one in told["warnings"])
    assert any("In 1 of 6 paths no answer" in one for one in told["warnings"])
    assert replayed["identical"], replayed


def test_a_check_outside_the_model_decides_before_the_vote(serve: Serve) -> None:
    """Promise: an operation's verdict wins over the majority; where none passes there is no answer."""
    check: Json = {
        "operation": "mathematics.evaluate_expression",
        "arguments": {"expression": "{value} - 42"},
        "field": "exact",
        "equals": "0",
    }
    with FakeOpenAI(*in_turn("41", "41", "42"), *in_turn("40", "40"), models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", SAMPLE, {**ASKED, "paths": 3, "check": check})
        none = done(server, "POST", SAMPLE, {**ASKED, "paths": 2, "check": check})
        replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
    assert (told["answer"], told["decided_by"], told["votes"][0]["answer"]) == ("42", "check", "41")
    assert Counter(one["verdict"]["passed"] for one in told["paths"]) == {True: 1, False: 2}
    assert (none["answer"], none["response"], none["decided_by"]) == (None, "", "nothing")
    assert any("which the check refuses" in one for one in none["warnings"])
    assert replayed["identical"], replayed


def test_schemas_and_quotations_are_checked(serve: Serve) -> None:
    """Promise of Check: words that follow a schema, and quotations that stand in the texts given."""
    schema: Json = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    source = "The keeper lit the lamp at dusk, and went below."
    texts = ['{"n": "seven"}', '{"n": 7}', 'It says "lit the fire at dawn".', "It says “lit the lamp at dusk”."]
    with FakeOpenAI(*in_turn(*texts), models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        given = {**ASKED, "answer": {"kind": "text"}, "paths": 2}
        formed = done(server, "POST", SAMPLE, {**given, "check": {"answer_schema": schema}})
        quoted = done(server, "POST", SAMPLE, {**given, "check": {"quotes": [source]}})
        wrong = {
            "none": ask(server, "POST", SAMPLE, {**given, "check": {}}),
            "writes": ask(server, "POST", SAMPLE, {**given, "check": {"operation": "memory.remember", "equals": 1}}),
            "unknown": ask(server, "POST", SAMPLE, {**given, "check": {"operation": "no.such", "equals": 1}}),
            "arguments": ask(
                server, "POST", SAMPLE, {**given, "check": {"operation": "evaluations.score_answers", "equals": 1}}
            ),
            "schema": ask(server, "POST", SAMPLE, {**given, "check": {"answer_schema": {"type": "nothing"}}}),
            "model": ask(server, "POST", SAMPLE, {**given, "model": "agent:nobody"}),
            "paths": ask(server, "POST", SAMPLE, {**given, "paths": 65}),
        }
    assert formed["response"] == '{"n": 7}'
    assert quoted["response"] == "It says “lit the lamp at dusk”."
    assert {what: (status, problem["field"]) for what, (status, _, problem) in wrong.items()} == {
        "none": (422, "check"),
        "writes": (400, "check.operation"),
        "unknown": (404, "check.operation"),
        "arguments": (422, "check.arguments.metrics"),
        "schema": (422, "check.answer_schema"),
        "model": (404, "model"),
        "paths": (422, "paths"),
    }


def test_a_vote_that_is_settled_asks_no_more(serve: Serve) -> None:
    """Promise of `stops`: with three of five the leader cannot be caught, and two paths are spared."""
    with FakeOpenAI(*in_turn("42", "42", "42"), models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", SAMPLE, {**ASKED, "paths": 5, "stops": True})
        asked = len(provider.asked)
    assert (told["answer"], told["spared"], told["spent"]["calls"], asked) == ("42", 2, 3, 3)
    assert any("same to the letter" in one for one in told["warnings"])


def test_a_run_that_was_killed_asks_no_path_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the answers that the log holds are taken from there, and the rest are asked."""
    came, lock, count = threading.Event(), threading.Lock(), Counter[str]()

    def model(_: Asked) -> Canned:
        with lock:
            count["asked"] += 1
            number = count["asked"]
        if number == 4:
            came.set()
            return Canned(pieces=[], held=True)
        return says("42")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        run_id = begun(server, SAMPLE, {**ASKED, "paths": 4})
        assert came.wait(60)
        told: set[int] = set()
        for event in followed(server, run_id, 0):
            told |= {event["body"]["step"]} if event["body"]["type"] == "model_answered" else set()
            if len(told) == 3:
                break
        server.kill()
        server = serve(data=tmp_path, **settings)
        seen = list(followed(server, run_id, 0))
    check_whole(seen)
    assert seen[-1]["body"]["result"]["votes"] == [{"answer": "42", "votes": 4, "share": 1.0}]
    assert count["asked"] == 5


def test_a_path_that_fails_is_named_and_has_no_vote(serve: Serve) -> None:
    """Promise: what a provider refuses is told with its path; the vote is over those that answered."""
    refusal = fails(400, "The prompt is refused.")
    with FakeOpenAI(*in_turn("42", refusal), refusal, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        told = done(server, "POST", SAMPLE, {**ASKED, "paths": 2})
        all_failed = ask(server, "POST", SAMPLE, {**ASKED, "paths": 1})
    assert (told["answer"], sum(bool(one["problem"]) for one in told["paths"])) == ("42", 1)
    assert any(one.startswith("1 of 2 paths have no answer") for one in told["warnings"])
    assert (all_failed[0], all_failed[2]["code"]) == (502, "upstream_failed")


def test_a_request_is_filled_with_what_was_answered() -> None:
    """Promise of Check.arguments: a place that is all of a text, and a number, becomes one; paths reach into lists."""
    given: dict[str, str | None] = {"question": "q", "answer": "so 7", "value": "7", "code": "x"}
    assert filled({"n": "{value}", "all": ["{answer}!", 3]}, given) == {"n": 7, "all": ["so 7!", 3]}
    assert filled("{value}", {**given, "value": "2.5"}) == 2.5
    with pytest.raises(ValueError, match="one of operation"):
        Check.model_validate({"operation": "code.run_code", "equals": 1, "quotes": ["x"]})


def test_all_outcomes_of_a_task_are_counted() -> None:
    """However many there are, and however many answers nobody has judged."""

    class Ctx:
        """A context whose task has 1,200 right outcomes and 4,000 wrong ones."""

        @property
        def store(self) -> Ctx:
            """Itself."""
            return self

        async def count(self, _table: str, where: Json) -> int:
            """By what became of them."""
            return {0: 4000, 1: 1200}[where["correct"]]

        async def note(self, _name: str, made: Callable[[], Awaitable[list[int]]]) -> list[int]:
            """What is made."""
            return await made()

    (told,) = asyncio.run(by_outcomes("sums", "vote", Ctx()))  # pyright: ignore[reportArgumentType] - all that it asks for
    assert told.startswith("Of 5200 recorded outcomes of the task 'sums' 1200 were right")
