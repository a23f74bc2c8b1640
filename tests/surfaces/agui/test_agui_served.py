"""AG-UI as its clients call it: a run's stream, again from a place, its answers, what is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ag_ui.core import AgentCapabilities
from agui_reader import given, refused, run, stream, user, words
from conftest import Server, running_server
from keyed import holder
from node_clients import node
from rest_client import done

Json = dict[str, Any]
SCRIPT = {
    "tools": True,
    "replies": [
        {"when": "endless", "text": "And then " * 200, "pause": 10},
        {"when": "slowly", "text": "One two three four five six.", "pause": 0.05},
        {
            "when": "mile",
            "text": "Let me see.",
            "tool_calls": [{"name": "physics-convert_unit", "arguments": {"value": 1, "unit": "mile", "to": "km"}}],
        },
        {
            "when": "where and how far",
            "tool_calls": [
                {"name": "physics-convert_unit", "arguments": {"value": 1, "unit": "mile", "to": "km"}},
                {"name": "get_location"},
                {"name": "get_heading"},
            ],
        },
        {"when": "where am i", "tool_calls": [{"name": "get_location"}]},
        {"after_tool": True, "text": "It is {tool}."},
        {"reasoning": "Let me think.", "text": "I answer from a script.", "input_tokens": 3, "output_tokens": 5},
    ],
}
HERE = {"name": "get_location", "description": "Where the person is.", "parameters": {"type": "object"}}
HEADING = {"name": "get_heading", "description": "Which way the person looks."}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model says what the script holds."""
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps(SCRIPT))
    environment = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}
    with running_server(tmp_path_factory.mktemp("agui"), environment=environment) as one:
        yield one


@pytest.fixture
def url(speaking: Server) -> str:
    """Where it answers."""
    return f"{speaking.url}/agui"


def get(url: str) -> Any:
    """JSON of a GET."""
    with urllib.request.urlopen(url, timeout=120) as answer:
        return json.load(answer)


def calls(events: list[Json]) -> list[str]:
    """The ids of calls, as they were told."""
    return [event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_START"]


def answer(call: str, content: str) -> Json:
    """A tool's message."""
    return {"id": f"answer-{call}", "role": "tool", "toolCallId": call, "content": content}


def called(*names: str) -> Json:
    """The message that has made calls."""
    made = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in names]
    return {"id": "calls", "role": "assistant", "toolCalls": made}


def test_a_turn_is_told_as_the_protocol_has_it(url: str) -> None:
    """Thoughts, words, usage and the reply, of which the validator finds nothing wrong."""
    events = run(url, given("Hello", "a turn", state={"mine": 1}))
    assert words(events) == "[scripted] I answer from a script."
    assert {"threadId": "a turn", "runId": "r1"}.items() <= events[0].items()
    assert events[1]["snapshot"]["mine"] == 1
    assert events[-1]["usage"][0]["totalTokens"] == 8
    assert events[-1]["result"]["response"] == "[scripted] I answer from a script."


def test_the_operations_it_calls_and_their_surfaces_are_told(url: str) -> None:
    """A call, its result, and its views as A2UI where the client draws them."""
    events = run(url, given("How many km is a mile?", "calls", forwardedProps={"nis": {"surfaces": True}}))
    result = next(event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT")
    assert json.loads(result)["value"] == pytest.approx(1.609344)
    activity = next(event for event in events if event["type"] == "ACTIVITY_SNAPSHOT")
    assert [next(iter(one.keys() - {"version"})) for one in activity["content"]["a2ui_operations"]] == [
        "createSurface",
        "updateComponents",
        "updateDataModel",
    ]
    # Whoever wants none is sent none; the run is the same one.
    again = run(url, given("How many km is a mile?", "calls"))
    assert again == [event for event in events if event["type"] != "ACTIVITY_SNAPSHOT"]


def test_a_run_asked_for_twice_is_one_and_a_stream_goes_on_after_any_event(url: str) -> None:
    """The same events under the same numbers for each reader, and from each number on the rest."""
    body = given("How many km is a mile?", "twice")
    first = list(stream(url, body))
    assert list(stream(url, body)) == first
    assert [int(name.partition(".")[0]) for name, _ in first] == sorted(
        int(name.partition(".")[0]) for name, _ in first
    )
    assert len({name for name, _ in first}) == len(first)
    for place in (0, 1, 6, len(first) - 2, len(first) - 1):
        assert list(stream(url, body, {"Last-Event-ID": first[place][0]})) == first[place + 1 :]
    watched = dict(stream(f"{url}?threadId=twice&runId=r1", None))
    own = dict(first)
    assert watched.pop("1.3")["type"] == "MESSAGES_SNAPSHOT"
    assert watched == own
    status, problem = refused(url, {**body, "messages": [user("Something else", "m2")]})
    assert (status, problem["field"]) == (409, "runId")


def test_two_who_read_while_it_speaks_read_the_same(url: str) -> None:
    """One begins it, one watches it from its middle on; a reader who leaves takes nothing from the other."""
    body = given("Speak slowly", "both")
    reading = stream(url, body)
    begun = [next(reading), next(reading)]
    leaving = stream(f"{url}?threadId=both", None)
    next(leaving)
    leaving.close()
    watching = stream(url, body, {"Last-Event-ID": begun[-1][0]})
    assert list(watching) == list(reading)


def test_two_runs_may_begin_a_thread_at_once(url: str) -> None:
    """Neither finds the conversation there, and both write it down: the later one goes on with the earlier's."""
    for number in range(3):
        bodies = [given("Speak slowly", f"at once {number}", f"r{one}") for one in range(4)]
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(run, [url] * 4, bodies))
        assert [events[-1]["outcome"] for events in answers] == [{"type": "success"}] * 4


def test_it_goes_on_when_its_reader_leaves_and_ends_when_it_is_told_to(url: str) -> None:
    """A dropped connection is no cancel; one is asked for by name, or wished for in advance."""
    reading = stream(url, given("An endless story", "left"))
    while next(reading)[1]["type"] != "TEXT_MESSAGE_CONTENT":
        pass
    reading.close()
    watching = stream(f"{url}?threadId=left&runId=r1", None)
    assert next(watching)[1]["type"] == "RUN_STARTED"
    request = urllib.request.Request(f"{url}/cancel", json.dumps({"threadId": "left", "runId": "r1"}).encode())
    with urllib.request.urlopen(request, timeout=120) as told:
        assert json.load(told)["nis"]["id"].startswith("run-")
    *_, (_, last) = watching
    assert last["outcome"] == {"type": "cancelled"}
    assert refused(f"{url}/cancel", {"threadId": "left", "runId": "r1"})[0] == 409
    assert refused(f"{url}/cancel", {"threadId": "nowhere"})[0] == 404

    wished = given("An endless story", "wished", forwardedProps={"nis": {"onDisconnect": "cancel"}})
    reading = stream(url, wished)
    next(reading)
    reading.close()
    *_, (_, last) = stream(f"{url}?threadId=wished&runId=r1", None)
    assert last["outcome"] == {"type": "cancelled"}


def test_what_is_kept_is_remembered_and_told_to_whoever_has_not_seen_it(url: str, speaking: Server) -> None:
    """A thread goes on from another surface's turn; a client without the turns before is given them."""
    first = run(url, given("Hello", "kept"))
    conversation = first[-1]["result"]["conversation_id"]
    body = {"message": "And I?", "conversation_id": conversation}
    request = urllib.request.Request(
        f"{speaking.url}/chat", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=120).close()
    events = run(url, {**given("And now?", "kept", "r2"), "messages": [user("And now?", "m9")]})
    snapshot = next(event for event in events if event["type"] == "MESSAGES_SNAPSHOT")
    assert [one["content"] for one in snapshot["messages"]] == [
        "Hello",
        "[scripted] I answer from a script.",
        "And I?",
        "[scripted] I answer from a script.",
        "And now?",
    ]
    assert snapshot["messages"][-1]["id"] == "m9"
    # By the conversation's own name it is the same thread.
    assert (
        run(f"{url}?threadId={conversation}&runId={events[-1]['result']['run_id']}", None)[-1]["type"] == "RUN_FINISHED"
    )


def test_a_parent_among_the_turns_is_where_it_goes_on_from(url: str, speaking: Server) -> None:
    """Later turns are not told; a parent that is not known here is a label, which the run's events repeat."""
    first = run(url, given("Hello", "forked"))
    run(url, {**given("", "forked", "r2"), "messages": [user("More", "m2")]})
    body = {**given("", "forked", "r3", parentRunId="r1"), "messages": [user("Otherwise", "m3")]}
    forked = run(url, body)
    assert forked[0]["parentRunId"] == "r1"
    asked = get(f"{speaking.url}/runs/{forked[-1]['result']['run_id']}")["input"]
    assert asked["remembers"] is False
    assert [one["content"] for one in asked["earlier"]] == ["Hello", words(first)]
    labelled = run(url, {**given("Hello", "labelled", parentRunId="another agent's")})
    assert labelled[0]["parentRunId"] == "another agent's"


def test_a_client_that_tells_the_conversation_otherwise_is_believed(url: str, speaking: Server) -> None:
    """The messages are what the model is told; as long as they are what is kept here, they are kept once."""
    first = run(url, given("Hello", "told"))
    said = {"id": "a", "role": "assistant", "content": words(first)}
    same = run(url, {**given("", "told", "r2"), "messages": [user("Hello"), said, user("More", "m2")]})
    asked = get(f"{speaking.url}/runs/{same[-1]['result']['run_id']}")["input"]
    assert (asked["message"], asked["earlier"], asked["remembers"]) == ("More", [], True)
    system = {"id": "s", "role": "developer", "content": "Be brief."}
    other = {**said, "content": "Something else."}
    messages = [system, user("Hello"), other, user("More", "m3")]
    edited = run(url, {**given("", "told", "r3"), "messages": messages})
    asked = get(f"{speaking.url}/runs/{edited[-1]['result']['run_id']}")["input"]
    assert [one["content"] for one in asked["earlier"]] == ["Be brief.", "Hello", "Something else."]
    assert asked["remembers"] is False


def test_context_and_state_are_facts_for_the_model(url: str, speaking: Server) -> None:
    """Nothing is dropped: what is known is told, what nothing is made of is named in the answer's head."""
    context = [{"description": "city", "value": "Paris"}, {"description": "city", "value": "Rome"}]
    body = given("Hello", "facts", context=context, state={"cart": [1], "nis": {"old": 1}}, forwardedProps={"x": 1})
    request = urllib.request.Request(url, json.dumps({**body, "later\r\nx: ü": 1}).encode())
    with urllib.request.urlopen(request, timeout=120) as told:
        assert told.headers["x-nis-ignored"] == "later??x: ?, forwardedProps.x"
        last = json.loads(told.read().decode().rstrip().rpartition("data: ")[2])
    asked = get(f"{speaking.url}/runs/{last['result']['run_id']}")["input"]
    assert asked["context"] == {"city": "Paris", "city (2)": "Rome", "state": {"cart": [1]}}


def test_functions_of_the_clients_are_answered_in_the_next_input(url: str) -> None:
    """The run ends with the calls named, and goes on with their results; asked for twice, they are taken once."""
    tools = [HERE, HEADING]
    asked = given("Where and how far is it?", "functions", tools=tools)
    first = run(url, asked)
    pending = first[-1]["outcome"]["pendingToolCallIds"]
    own, *theirs = calls(first)
    assert theirs == pending
    assert len(pending) == 2
    results = [answer(own, "{}"), answer(pending[0], "in Paris"), answer(pending[1], "north")]
    messages = [*asked["messages"], called(own, *pending)]
    body = {**asked, "runId": "r2", "messages": [*messages, *results]}
    second = list(stream(url, body))
    assert words([event for _, event in second]) == "[scripted] It is north."
    assert list(stream(url, body)) == second
    # What it was begun with holds; what was meant to change it is named.
    late = {**body, "forwardedProps": {"nis": {"budget": 1, "userId": "x", "surfaces": False}}}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(late).encode()), timeout=120) as told:
        assert told.headers["x-nis-ignored"] == "forwardedProps.nis.budget, forwardedProps.nis.userId"
    # It is the run that asked, under the id that the state has.
    assert refused(f"{url}/cancel", {"threadId": "functions", "runId": "r2"})[0] == 404
    its_id = second[1][1]["snapshot"]["nis"]["runId"]
    assert refused(f"{url}/cancel", {"threadId": "functions", "runId": its_id})[0] == 409
    status, problem = refused(url, {**body, "runId": "r3", "messages": [*messages, *results[:2]]})
    assert (status, problem["field"], problem["value"]) == (422, "messages", pending[1])
    status, _ = refused(
        url, {**body, "runId": "r3", "messages": [*messages, *results[:2], answer(pending[1], "south")]}
    )
    assert status == 409
    # In another thread nobody has made these calls.
    assert refused(url, {**body, "threadId": "another"})[0] == 404


def test_functions_may_be_answered_elsewhere(url: str, speaking: Server) -> None:
    """What waits is the run: another surface gives what is missing, and who watches hears the rest."""
    first = run(url, given("Where am I?", "elsewhere", tools=[HERE]))
    waiting = first[1]["snapshot"]["nis"]["runId"]
    asked = get(f"{speaking.url}/runs/{waiting}")["waiting"]
    (call,) = asked["missing"]
    watching = stream(f"{url}?threadId=elsewhere", None)
    body = json.dumps({"values": {call: {"city": "Rome"}}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{speaking.url}/runs/{waiting}/provide-input", body, headers)
    urllib.request.urlopen(request, timeout=120).close()
    events = [event for _, event in watching]
    assert words(events) == '[scripted] It is {"city":"Rome"}.'
    assert [event["outcome"]["type"] for event in events if event["type"] == "RUN_FINISHED"] == ["success", "success"]


def test_functions_that_are_answered_no_more_end_their_run(url: str, speaking: Server) -> None:
    """Something else is said instead: the run that waits is cancelled, and the next one begins."""
    first = run(url, given("Where am I?", "left waiting", tools=[HERE]))
    waiting = first[1]["snapshot"]["nis"]["runId"]
    messages = [user("Where am I?"), called(*calls(first)), user("Never mind", "m2")]
    # What is refused ends nothing.
    wrong: list[Json] = [{"messages": []}, {"messages": messages, "forwardedProps": {"nis": {"model": "none"}}}]
    for one in wrong:
        refused(url, {**given("", "left waiting", "r2"), **one})
        assert get(f"{speaking.url}/runs/{waiting}")["state"] == "waiting"
    second = run(url, {**given("", "left waiting", "r2"), "messages": messages})
    assert words(second) == "[scripted] I answer from a script."
    assert get(f"{speaking.url}/runs/{waiting}")["state"] == "cancelled"


def test_a_function_may_not_have_an_operations_name(url: str) -> None:
    """The model could not tell them apart."""
    taken = {"name": "physics-convert_unit", "description": ""}
    status, problem = refused(url, given("Hello", "taken", tools=[taken]))
    assert (status, problem["field"], problem["value"]) == (422, "tools.0.name", "physics-convert_unit")


def test_what_a_run_wants_before_it_begins_is_asked_for_by_its_schema(url: str, speaking: Server) -> None:
    """A client can draw the form: each field has its type."""
    wanting = {"operation": "physics.convert_unit", "arguments": {"value": 5, "unit": "mile"}, "ask": True}
    run_id = done(speaking, "POST", "/runs/start-run", wanting)["id"]
    events = (event for _, event in stream(f"{url}?threadId=wanting&runId={run_id}", None))
    (asked,) = next(event["outcome"]["interrupts"] for event in events if event["type"] == "RUN_FINISHED")
    assert asked["responseSchema"]["properties"]["to"]["type"] == "string"


def test_a_surfaces_button_calls_its_operation(url: str) -> None:
    """As AG-UI's A2UI middleware sends an action, with the fields as the client's form holds them."""
    context = {"operation": "physics.convert_unit", "arguments": {"value": "2", "unit": "mile", "to": "km"}}
    action: Json = {"userAction": {"name": "call", "surfaceId": "s", "context": context}}
    body: Json = {**given("", "button"), "messages": [], "forwardedProps": {"a2uiAction": action}}
    events = run(url, body)
    result = next(event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT")
    assert json.loads(result)["value"] == pytest.approx(3.218688)
    assert run(url, body) == events
    action["userAction"]["name"] = "other"
    status, problem = refused(url, {**body, "runId": "r2"})
    assert (status, problem["field"]) == (422, "forwardedProps.a2uiAction.userAction.name")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"threadId": None}, 422, "threadId"),
        ({"runId": ""}, 422, "runId"),
        ({"messages": []}, 422, "messages"),
        ({"messages": [{"id": "1", "role": "wizard"}]}, 422, "messages.0.role"),
        ({"messages": [{"id": "1", "role": "user", "content": 3}]}, 422, "messages.0.content"),
        (
            {"messages": [{"id": "1", "role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}]},
            422,
            "messages.0.content.1.source",
        ),
        (
            {"messages": [{"id": "1", "role": "user", "content": [{"type": "binary", "mimeType": "image/png"}]}]},
            422,
            "messages.0.content.0",
        ),
        ({"messages": [{"id": "1", "role": "assistant", "content": "a"}]}, 422, "messages"),
        ({"messages": [answer("call-1", "x")]}, 404, "messages"),
        ({"messages": [answer("call-1", "x"), user("And?")]}, 422, "messages.0.toolCallId"),
        ({"messages": [{"id": "1", "role": "tool", "content": "x"}]}, 422, "messages.0.toolCallId"),
        ({"state": [1]}, 422, "state"),
        ({"tools": [{"name": "not a name", "description": ""}]}, 422, "tools.0.name"),
        ({"forwardedProps": {"nis": {"modle": "x"}}}, 422, "forwardedProps.nis.modle"),
        ({"forwardedProps": {"nis": {"model": "nobody"}}}, 404, "forwardedProps.nis.model"),
        ({"resume": [{"interruptId": "run-1:1", "status": "resolved"}]}, 404, "resume.0.interruptId"),
        ({"resume": [{"interruptId": "a", "status": "maybe"}]}, 422, "resume.0.status"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else str(value),
)
def test_wrong_input_is_refused_by_its_field(url: str, change: Json, status: int, field: str) -> None:
    """With the value and the remedy, as the event that ends a stream; the run is not begun."""
    got, problem = refused(url, {**given("Hello", "wrong"), **change})
    assert (got, problem["field"]) == (status, field)
    assert problem["remedy"]


def test_what_is_no_input_at_all_is_refused(url: str) -> None:
    """Not JSON, no object, a number of no event, a thread that is not there."""
    assert refused(url, b"{")[0] == 400
    assert refused(url, b"[]")[0] == 400
    assert refused(url, given("Hello", "wrong"), {"Last-Event-ID": "later"})[1]["field"] == "Last-Event-ID"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}?threadId=nowhere", timeout=120)
    with pytest.raises(urllib.error.HTTPError, match="422"):
        urllib.request.urlopen(url, timeout=120)


def test_the_capabilities_are_the_protocols_and_true(url: str) -> None:
    """Each member is one that the package knows."""
    document = get(f"{url}/capabilities")
    read = AgentCapabilities.model_validate(document)
    assert not read.model_extra
    assert read.tools is not None
    assert read.tools.items is not None
    assert "physics-convert_unit" in {one.name for one in read.tools.items}
    assert read.transport is not None
    assert read.transport.resumable


def test_other_owners_threads_are_theirs(speaking: Server, url: str) -> None:
    """The same names of thread and run under two keys are two runs; another's id is not found, scopes hold."""
    ann, bob = (holder(speaking, owner=name, scopes=["*"]) for name in ("ann", "bob"))
    runs = {
        who.id: run(url, given("Hello", "shared"), dict(who.headers))[1]["snapshot"]["nis"]["runId"]
        for who in (ann, bob)
    }
    assert runs[ann.id] != runs[bob.id]
    asked = urllib.request.Request(f"{url}?threadId=shared&runId={runs[ann.id]}", headers=dict(bob.headers))
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(asked, timeout=120)
    reader = holder(speaking, owner="ann", scopes=["runs:read"])
    assert refused(url, given("Hello", "other"), dict(reader.headers))[0] == 403


def test_a_key_is_told_no_run_that_it_may_not_read_or_begin(speaking: Server, url: str) -> None:
    """The same key has the same rights everywhere: to watch takes runs:read, to ask again what to begin takes."""
    ann, poor = holder(speaking, owner="ann"), holder(speaking, owner="ann", scopes=["physics:read"])
    run(url, given("Hello", "private"), dict(ann.headers))
    assert refused(url, given("Hello", "private"), dict(poor.headers))[0] == 403
    assert poor.ask("GET", "/agui?threadId=private")[0] == 403


def test_to_go_on_takes_a_run_and_a_place_in_it(url: str) -> None:
    """A run that is not there is not begun by whoever has read of it, and there is nothing beyond a log's end."""
    status, problem = refused(url, given("Hello", "gone on"), {"Last-Event-ID": "3.1"})
    assert (status, problem["field"], problem["value"]) == (404, "runId", "r1")
    run(url, given("Hello", "gone on"))
    status, problem = refused(url, given("Hello", "gone on"), {"Last-Event-ID": "9999.1"})
    assert (status, problem["field"], problem["value"]) == (422, "Last-Event-ID", "9999.1")


def test_the_protocols_own_client_makes_of_it_what_was_said(url: str) -> None:
    """HttpAgent, which verifies the order of events: messages, state, a function of its own, an abort, failures."""
    got = json.loads(node("@ag-ui/client", "agui.mjs", url))
    turns = got["turns"]
    assert turns["state"]["mine"] == 1
    assert [role for role, _ in turns["roles"]] == [
        *("user", "assistant", "tool", "activity", "assistant"),
        *("user", "reasoning", "assistant"),
    ]
    assert got["again"] == [one for one in turns["roles"][:5] if one[0] != "activity"]
    pending, functions = got["functions"]["pending"], got["functions"]
    assert pending == {"type": "success", "pendingToolCallIds": [functions["call"]["id"]]}
    assert functions["call"]["function"]["name"] == "get_location"
    assert functions["said"][-1] == ["assistant", "[scripted] It is in Paris."]
    *_, (_, last) = stream(f"{url}?threadId=node%20stopped&runId=r1", None)
    assert last["outcome"] == {"type": "cancelled"}
    assert got["failures"] == {
        "model": {"status": 404, "code": "not_found", "field": "forwardedProps.nis.model"},
        "tool": {"status": 422, "code": "invalid_request", "field": "tools.0.name"},
    }
