"""A run's log as AG-UI's events: what each entry becomes, and that what is open is closed first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from agui_reader import kinds, valid, words

from nis_backend.errors import Busy
from nis_backend.event import (
    ApprovalRequired,
    Approved,
    ArtifactMade,
    Body,
    CancelledRun,
    CancelRequested,
    Event,
    Failed,
    InputProvided,
    InputRequired,
    ModelAnswered,
    ModelCalled,
    PauseRequested,
    Progressed,
    ReasoningDelta,
    Rejected,
    Released,
    ResumeRequested,
    RetryScheduled,
    Started,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    WantedCall,
    Warned,
)
from nis_backend.surfaces.agui.events import Asked, View
from nis_backend.view import Text

Json = dict[str, Any]
BEGUN = Started(operation="chat.send_message", attempt=1)
CALLED = ModelCalled(step=1, provider="openai", model="gpt-x")
DONE = ModelAnswered(step=1, finish_reason="stop")
ENDED = Succeeded(result={"response": "Yes.", "views": []})
QUESTION = {"id": "m1", "role": "user", "content": "Is it?"}


def told(bodies: Sequence[Body], **asked: Any) -> list[list[Json]]:
    """The events of each entry of a log."""
    view = View(Asked(thread="t", run="r", run_id="run-1", conversation="conversation-1", before=[QUESTION], **asked))
    return [
        view.of(Event(run_id="run-1", seq=seq, time=1.5 * seq, attempt=1, body=body), [{"version": "v0.9"}])
        for seq, body in enumerate(bodies, 1)
    ]


def flat(bodies: Sequence[Body], **asked: Any) -> list[Json]:
    """All of them, in order, valid by the protocol's own rules."""
    events = [event for entry in told(bodies, **asked) for event in entry]
    valid(events)
    return events


def test_a_turn_is_a_run_with_steps_thoughts_and_words() -> None:
    """The order that the protocol's clients enforce, from one log entry after the other."""
    events = flat(
        [
            BEGUN,
            CALLED,
            ReasoningDelta(step=1, text="Hm"),
            ReasoningDelta(step=1, text="."),
            TextDelta(step=1, text="Y"),
            TextDelta(step=1, text="es."),
            DONE,
            ENDED,
        ]
    )
    assert kinds(events) == [
        "RUN_STARTED",
        "STATE_SNAPSHOT",
        "STEP_STARTED",
        "REASONING_START",
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
        "REASONING_END",
        "TEXT_MESSAGE_START",
        "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END",
        "STEP_FINISHED",
        "RUN_FINISHED",
    ]
    assert words(events) == "Yes."
    assert events[0]["protocolVersion"] == "1.0"
    assert events[-1]["outcome"] == {"type": "success"}
    assert events[-1]["result"] == {"response": "Yes."}
    assert events[0]["timestamp"] == 1500


def test_calls_belong_to_the_words_of_their_step_and_are_told_apart() -> None:
    """Some models use one id in each step; the second step's message begins without the blank lines between them."""
    call: Json = {"call_id": "call-0", "operation": "physics.convert_unit"}
    events = flat(
        [
            BEGUN,
            CALLED,
            TextDelta(step=1, text="Let me see."),
            DONE,
            ToolCalled(step=1, arguments={"value": 1}, **call),
            ToolAnswered(step=1, result={"value": 2}, **call),
            ModelCalled(step=2, provider="openai", model="gpt-x"),
            ToolCalled(step=2, arguments={}, **call),
            ToolAnswered(step=2, problem=Busy("Full.").problem(), **call),
            TextDelta(step=2, text="\n\nDone."),
            ENDED,
        ]
    )
    starts = [event for event in events if event["type"] == "TOOL_CALL_START"]
    assert [event["toolCallId"] for event in starts] == ["run-1:1:call-0", "run-1:2:call-0"]
    assert {event["toolCallName"] for event in starts} == {"physics-convert_unit"}
    assert starts[0]["parentMessageId"] == "run-1:1"
    results = [event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
    assert results[0] == '{"value": 2}'
    assert "Full." in results[1]
    assert [event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"] == ["Let me see.", "Done."]


def test_a_long_result_says_where_the_whole_is() -> None:
    """Clients send results back with each turn: what is left out is named with its place in the log."""
    called: Json = {"step": 1, "call_id": "c", "operation": "a.b"}
    events = flat([BEGUN, ToolCalled(arguments={}, **called), ToolAnswered(result="x" * 100_000, **called), ENDED])
    (content,) = (event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT")
    assert len(content) < 40_000
    assert "event 3 of run-1 has all" in content


def test_words_that_are_superseded_are_taken_back() -> None:
    """A snapshot without them: the protocol's one way to retract, which leaves what the client had before."""
    events = flat(
        [
            *(BEGUN, CALLED, TextDelta(step=1, text="No"), StepRetried(step=1, attempt=2, reason="cut")),
            *(CALLED, TextDelta(step=1, text="Yes."), DONE, ENDED),
        ]
    )
    (snapshot,) = (event for event in events if event["type"] == "MESSAGES_SNAPSHOT")
    assert snapshot["messages"] == [QUESTION]
    after = events[events.index(snapshot) :]
    assert words(after) == "Yes."
    silent = [BEGUN, CALLED, StepRetried(step=1, attempt=2, reason="cut"), CALLED, DONE, ENDED]
    assert "MESSAGES_SNAPSHOT" not in kinds(flat(silent))


def test_the_state_tells_progress_files_and_what_is_asked_beside_the_clients_own() -> None:
    """A snapshot that keeps what the client has, then patches of ours."""
    events = flat(
        [
            BEGUN,
            Progressed(fraction=0.5, message="half", values={"loss": 0.25}),
            ArtifactMade(blob_id="blob-1", name="a.png", media_type="image/png", size=3),
            InputRequired(operation="physics.solve_heat", missing=["length"]),
            ENDED,
        ],
        state={"theirs": 1},
    )
    snapshot = next(event["snapshot"] for event in events if event["type"] == "STATE_SNAPSHOT")
    assert snapshot["theirs"] == 1
    assert snapshot["nis"]["conversationId"] == "conversation-1"
    patches = [event["delta"][0] for event in events if event["type"] == "STATE_DELTA"]
    assert [one["path"] for one in patches] == ["/nis/progress", "/nis/artifacts/-", "/nis/pending"]
    assert patches[0]["value"] == {"fraction": 0.5, "message": "half", "values": {"loss": 0.25}}
    assert events[-1]["outcome"] == {"type": "success"}


def test_a_surface_is_an_activity_and_what_is_on_the_side_a_custom_event() -> None:
    """The activity's type and content as AG-UI's own middleware has them; our names have a namespace."""
    problem = Busy("Full.").problem()
    events = flat(
        [
            *(BEGUN, Surface(views=[Text(text="x")])),
            *(Warned(message="Careful."), RetryScheduled(at=2, problem=problem), ENDED),
        ]
    )
    activity = next(event for event in events if event["type"] == "ACTIVITY_SNAPSHOT")
    assert activity["activityType"] == "a2ui-surface"
    assert activity["content"] == {"a2ui_operations": [{"version": "v0.9"}]}
    assert [event["name"] for event in events if event["type"] == "CUSTOM"] == ["nis.warning", "nis.retry"]


def test_usage_is_by_provider_and_model_and_of_this_run_alone() -> None:
    """A route says which model answered; a count that nobody states is no zero; what follows a wait counts anew."""
    answer = ModelAnswered(step=1, finish_reason="tool_calls", input_tokens=5, output_tokens=2, cached_tokens=3)
    other = ModelAnswered(step=2, finish_reason="stop", output_tokens=7, answered_by="anthropic:claude")
    asks = InputRequired(
        operation="f",
        missing=["c"],
        call_id="functions-1",
        calls=[WantedCall(id="c", name="f", arguments="")],
    )
    bodies = [BEGUN, CALLED, answer, asks, Released(reason="waiting"), InputProvided(call_id="functions-1", values={})]
    events = flat([*bodies, ModelCalled(step=2, provider="route", model="best"), other, ENDED])
    first, second = (event for event in events if event["type"] == "RUN_FINISHED")
    counted = {"inputTokens": 5, "outputTokens": 2, "cachedInputTokens": 3, "totalTokens": 7}
    assert first["usage"] == [{"provider": "openai", "model": "gpt-x", **counted}]
    assert second["usage"] == [{"provider": "anthropic", "model": "claude", "outputTokens": 7}]


def test_functions_of_the_clients_end_its_run_and_the_answer_begins_the_next() -> None:
    """The standard shape: calls without a result, a success that names them."""
    calls = [WantedCall(id="c1", name="where", arguments=""), WantedCall(id="c2", name="when", arguments='{"a":1}')]
    asks = InputRequired(operation="when", missing=["c1", "c2"], call_id="functions-1", calls=calls)
    given = InputProvided(call_id="functions-1", values={"c1": "here", "c2": "now"})
    entries = told(
        [BEGUN, CALLED, DONE, asks, Released(reason="waiting"), given, Started(operation="o", attempt=2), ENDED]
    )
    first = [event for entry in entries[:5] for event in entry]
    second = [event for entry in entries[5:] for event in entry]
    valid(first)
    valid(second)
    assert [event["delta"] for event in first if event["type"] == "TOOL_CALL_ARGS"] == ["{}", '{"a":1}']
    assert first[-1]["outcome"] == {"type": "success", "pendingToolCallIds": ["run-1:1:c1", "run-1:1:c2"]}
    assert kinds(second) == ["RUN_STARTED", "STATE_SNAPSHOT", "RUN_FINISHED"]


@pytest.mark.parametrize("answer", [Approved(call_id="c"), Rejected(call_id="c", reason="No.")])
def test_leave_that_is_asked_for_is_an_interrupt(answer: Body) -> None:
    """It names the call it is about, says what is answered, and the answer begins the client's next run."""
    called: Json = {"step": 1, "call_id": "c", "operation": "blobs.delete_blob"}
    asks = ApprovalRequired(arguments={"id": "b"}, reason="It is gone then.", **called)
    events = flat(
        [BEGUN, CALLED, ToolCalled(arguments={"id": "b"}, **called), asks, Released(reason="waiting"), answer, ENDED]
    )
    ends = [event for event in events if event["type"] == "RUN_FINISHED"]
    (interrupt,) = ends[0]["outcome"]["interrupts"]
    assert interrupt["id"] == "run-1:4"
    assert interrupt["reason"] == "tool_call"
    assert interrupt["toolCallId"] == "run-1:1:c"
    assert interrupt["responseSchema"]["required"] == ["approved"]
    assert interrupt["metadata"]["nis"]["arguments"] == {"id": "b"}
    assert ends[1]["outcome"] == {"type": "success"}


def test_of_several_questions_the_one_that_is_waited_for_is_told() -> None:
    """Calls of one step may all want leave: the run waits for one after the other, and its row says for which."""
    calls = [{"step": 1, "call_id": name, "operation": "blobs.delete_blob"} for name in ("a", "b")]
    asks = [ApprovalRequired(arguments={}, reason="Really?", **call) for call in calls]  # pyright: ignore[reportArgumentType] - a row of a table
    view = View(Asked(thread="t", run="r", run_id="run-1", conversation=None))
    rest = Released(reason="waiting")
    bodies = [BEGUN, *asks, rest, Approved(call_id="b"), rest]
    waiting: list[Json | None] = [None, None, None, {"call_id": "b"}, None, None]
    told = [
        view.of(Event(run_id="run-1", seq=seq, time=1, attempt=1, body=body), [], row)
        for seq, (body, row) in enumerate(zip(bodies, waiting, strict=True), 1)
    ]
    ends = [event for entry in told for event in entry if event["type"] == "RUN_FINISHED"]
    assert [event["outcome"]["interrupts"][0]["id"] for event in ends] == ["run-1:3", "run-1:2"]


def test_a_run_that_waits_before_it_begins_is_an_interrupt_too() -> None:
    """Its log has no release, for nobody held it; pausing it meanwhile is no run of the client's."""
    asks = InputRequired(operation="physics.solve_heat", missing=["length"], call_id="start")
    events = flat([asks, PauseRequested(), ResumeRequested(), InputProvided(call_id="start", values={}), BEGUN, ENDED])
    ends = [event["outcome"] for event in events if event["type"] == "RUN_FINISHED"]
    assert ends[0]["interrupts"][0]["reason"] == "input_required"
    assert ends[0]["interrupts"][0]["responseSchema"]["required"] == ["length"]
    assert ends[1] == {"type": "success"}


def test_an_interrupt_has_the_schema_of_its_own_question_alone() -> None:
    """Of a run that has not begun too; who reads later, while it waits for something else, is not told that one's."""
    schema: Json = {"type": "object", "properties": {"length": {"type": "number"}}, "required": ["length"]}
    asks = InputRequired(operation="physics.solve_heat", missing=["length"], call_id="start")
    bare: Json = {**schema, "properties": {"length": {}}}
    for call_id, right in (("start", schema), ("input-1", bare)):
        waiting = {"call_id": call_id, "schema": schema}
        view = View(Asked(thread="t", run="r", run_id="run-1", conversation=None))
        events = view.of(Event(run_id="run-1", seq=1, time=1.5, attempt=0, body=asks), (), waiting)
        assert events[-1]["outcome"]["interrupts"][0]["responseSchema"] == right


def test_a_run_that_is_cancelled_closes_what_is_open() -> None:
    """The outcome of its own, while words were being said."""
    events = flat([BEGUN, CALLED, TextDelta(step=1, text="And"), CancelRequested(), CancelledRun()])
    assert kinds(events)[-3:] == ["TEXT_MESSAGE_END", "STEP_FINISHED", "RUN_FINISHED"]
    assert events[-1]["outcome"] == {"type": "cancelled"}


def test_a_run_that_fails_says_why_and_whether_to_try_again() -> None:
    """The message for a person, the code for a program, the whole problem beside them; nothing follows."""
    events = flat(
        [BEGUN, CALLED, TextDelta(step=1, text="And"), Failed(problem=Busy("Full.", remedy="Wait.").problem())]
    )
    assert events[-1]["message"] == "Full. Wait."
    assert events[-1]["code"] == "busy"
    assert events[-1]["metadata"]["nis"]["retryable"] is True
    assert told([BEGUN, Failed(problem=Busy("Full.").problem()), Warned(message="late")])[-1] == []
