"""Rules on the reading of runs, by a server of its own: each view of a log is held against them, older logs too."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fake_openai import Asked, Canned, FakeOpenAI, says
from opened import RUN, opened
from outliving import begun
from over_mcp import post
from rest_client import ask, done, followed, send

from nis_backend.calling import call
from nis_backend.capabilities.metacognition.policy.operations import CreatePolicy, create_policy
from nis_backend.capabilities.runs.operations import get_run, stream_events
from nis_backend.event import Succeeded, TextDelta, Warned

if TYPE_CHECKING:
    from conftest import Serve, Server

Json = dict[str, Any]
ADDRESS = "mia.berg@example.org"
LONG = "Please keep for later what I tell you now, which is longer than any title of a conversation, for this is it:"
MASK: Json = {
    "id": "addresses",
    "when": "after",
    "conditions": [{"test": "personal", "value": ["EMAIL"]}],
    "then": "mask",
    "why": "Not to be read.",
}


def a2a(server: Server, method: str, params: Json) -> Json:
    """What A2A answers."""
    wanted = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return done(server, "POST", "/a2a", wanted, {"A2A-Version": "1.0"})


def views(server: Server, run_id: str, thread: str, other: str) -> dict[str, str]:
    """What each view tells of a run, as text."""
    artifacts = {"contextId": thread, "includeArtifacts": True}
    paths = {
        "rest": f"/runs/{run_id}",
        "events": f"/runs/{run_id}/events",
        "thread": f"/agui?threadId={thread}",
        "conversation": f"/conversations/{thread}",
        "explained": f"/metacognition/explain-answer?run={run_id}",
        "compared": f"/runs/compare-runs?first={run_id}&other={other}",
        "exported": f"/runs/{run_id}/export",
    }
    return {
        **{name: send(server, "GET", path)[2].decode() for name, path in paths.items()},
        "task": json.dumps(a2a(server, "GetTask", {"id": run_id})),
        "tasks": json.dumps(a2a(server, "ListTasks", {"contextId": thread})),
        "tasks whole": json.dumps(a2a(server, "ListTasks", artifacts)),
        "resource": json.dumps(post(server.url, "resources/read", {"uri": f"nis://runs/{run_id}"})),
    }


def test_what_may_not_be_read_of_a_run_is_in_no_view_of_its_log(serve: Serve) -> None:
    """Promise of policies: one rule, one meaning: also of a log that was written before the rule was there."""

    def model(request: Asked) -> Canned:
        return says(f"Noted: {request.body['messages'][-1]['content']}")

    with FakeOpenAI(*[model] * 5, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        said = {"message": f"{LONG} {ADDRESS}", "model": "words", "provider": "local"}
        run_id = begun(server, "/chat/send-message", said)
        assert [one["body"]["type"] for one in followed(server, run_id, 0)][-1] == "succeeded"
        other = done(server, "POST", "/chat/send-message", {**said, "message": "Hello there"})["run_id"]
        thread = done(server, "GET", f"/runs/{run_id}")["conversation_id"]
        before = views(server, run_id, thread, other)
        assert {name: ADDRESS in text for name, text in before.items()} == dict.fromkeys(before, True)
        done(server, "POST", "/policies", {"name": "read", "applies_to": {"operations": ["runs.*"]}, "rules": [MASK]})
        masked = views(server, run_id, thread, other)
        assert {name for name, text in masked.items() if ADDRESS in text} == set()
        assert {name for name, text in masked.items() if "[EMAIL_1]" in text} >= {"task", "tasks", "thread", "events"}
        # Who begins a run reads of it what rules leave, too.
        assert ADDRESS not in json.dumps(done(server, "POST", "/chat/send-message", said))
        refused = {"change": {"rules": [{"id": "no", "then": "refuse", "why": "No."}]}}
        done(server, "PATCH", "/policies/read", refused)
        hidden = views(server, run_id, thread, other)
        assert {name for name, text in hidden.items() if ADDRESS in text} == set()
        # It is no answer's matter that nobody may look a run up.
        assert "Noted" in done(server, "POST", "/chat/send-message", {**said, "message": "Hello there"})["response"]
        told = a2a(
            server, "SendMessage", {"message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "Hi"}]}}
        )
        assert told["result"]["task"]["status"]["state"] == "TASK_STATE_COMPLETED"


def test_a_task_that_may_not_be_read_is_listed_by_its_state_alone(serve: Serve) -> None:
    """Promise: rules on runs.list_runs hold for a list of tasks, and of a run that is held back it has the line."""
    server = serve()
    run_id = begun(server, "/chat/send-message", {"message": f"Is {ADDRESS} a lever?"})
    assert [one["body"]["type"] for one in followed(server, run_id, 0)][-1] == "succeeded"
    rule = {**MASK, "then": "refuse"}
    done(server, "POST", "/policies", {"name": "got", "applies_to": {"operations": ["runs.get_run"]}, "rules": [rule]})
    [listed] = a2a(server, "ListTasks", {})["result"]["tasks"]
    assert (listed["id"], listed["status"]["state"]) == (run_id, "TASK_STATE_COMPLETED")
    assert "history" not in listed
    said = [{"test": "matches", "value": "succeeded|chat"}]
    done(server, "PATCH", "/policies/got", {"change": {"rules": [{**rule, "then": "mask", "conditions": said}]}})
    [listed] = a2a(server, "ListTasks", {})["result"]["tasks"]
    assert listed["status"]["state"] == "TASK_STATE_COMPLETED"
    assert a2a(server, "GetTask", {"id": run_id})["result"]["metadata"]["operation"] == "[masked]"
    change = {"applies_to": {"operations": ["runs.list_runs"]}, "rules": [{"id": "no", "then": "refuse", "why": "No."}]}
    done(server, "PATCH", "/policies/got", {"change": change})
    assert "refuses runs.list_runs" in json.dumps(a2a(server, "ListTasks", {})["error"])


def test_words_that_came_in_parts_are_looked_at_as_wholes(tmp_path: Path) -> None:
    """Promise: a rule finds in a log what it finds in its words, wherever they were cut or one begins to read."""

    async def body() -> None:
        async with opened(tmp_path, operations=(create_policy, get_run, stream_events)) as ctx:
            first, second = (TextDelta(step=1, text=text) for text in ("She is at mia.be", "rg@e"))
            for one in (first, Warned(message="So."), second):
                await ctx.run.write(one)
                await ctx.run.flush()
            reader = replace(ctx, journal=None)
            asked = CreatePolicy.model_validate({"applies_to": {"operations": ["runs.*"]}, "rules": [MASK]})
            await reader.call(create_policy, asked)
            # What is not whole yet nobody reads.
            assert await reader.runs.events(RUN) == []
            assert [one async for one in reader.runs.follow(RUN, seconds=0)] == []
            await ctx.run.write(TextDelta(step=1, text="xample.org."))
            await ctx.run.commit(Succeeded(result=None), state="succeeded", result="null")
            told = [(one.seq, getattr(one.body, "text", "")) for one in await reader.runs.events(RUN)]
            assert told == [(2, ""), (4, "She is at [EMAIL_1]."), (5, "")]
            for after in range(5):
                rest = [one for one in told if one[0] > after]
                followed = [one async for one in reader.runs.follow(RUN, after)]
                streamed = await call(stream_events, {"id": RUN, "after": after}, reader)
                paged = await reader.runs.events(RUN, after, 1)
                for events in (followed, [one async for one in streamed]):
                    assert [(one.seq, getattr(one.body, "text", "")) for one in events] == rest
                assert [one.seq for one in paged] == [one[0] for one in rest][: len(paged)]
                assert paged

    asyncio.run(body())


def test_who_was_let_in_by_a_person_reads_all_of_a_task(serve: Serve) -> None:
    """Promise of review: a look that a person has let in is one, however many pages of a log it takes."""
    server = serve()
    run_id = begun(server, "/chat/send-message", {"message": "What is 2 + 2?"})
    assert [one["body"]["type"] for one in followed(server, run_id, 0)][-1] == "succeeded"
    rule = {"id": "asked", "then": "review", "why": "It is looked at."}
    reads = {"operations": ["runs.stream_events"]}
    done(server, "POST", "/policies", {"name": "read", "applies_to": reads, "rules": [rule]})
    assert "waits for the review" in json.dumps(a2a(server, "GetTask", {"id": run_id})["error"])
    [review] = done(server, "GET", "/reviews")["reviews"]
    done(server, "POST", f"/reviews/{review['id']}/decide", {"approved": True})
    assert a2a(server, "GetTask", {"id": run_id})["result"]["status"]["state"] == "TASK_STATE_COMPLETED"
    assert "error" in a2a(server, "GetTask", {"id": run_id})


def test_a_response_answers_whoever_asked_for_it(serve: Serve) -> None:
    """Promise: who begins a run hears of it what rules leave, and is not asked whether the run may be looked up."""
    server = serve()
    agent = done(server, "POST", "/agents", {"instructions": "Answer.", "max_tokens": 4})["id"]
    rule = {"id": "no", "then": "refuse", "why": "No."}
    done(
        server,
        "POST",
        "/policies",
        {"applies_to": {"operations": ["runs.get_run", "runs.stream_events"]}, "rules": [rule]},
    )
    for model in ("embedded", f"agent:{agent}"):
        asked = {"model": model, "input": "What is a lever?"} | ({} if agent in model else {"max_output_tokens": 4})
        whole = done(server, "POST", "/v1/responses", asked)
        assert whole["status"] in {"completed", "incomplete"}, whole
        assert whole["output"][0]["content"][0]["text"]
        behind = done(server, "POST", "/v1/responses", {**asked, "background": True})
        assert behind["status"] in {"queued", "in_progress", "completed", "incomplete"}
        _, _, streamed = send(server, "POST", "/v1/responses", {**asked, "stream": True})
        assert re.search(rb"event: response.(completed|incomplete)", streamed)
        status, _, problem = ask(server, "GET", f"/v1/responses/{whole['id']}")
        assert (status, "refuses runs." in str(problem)) == (403, True)
