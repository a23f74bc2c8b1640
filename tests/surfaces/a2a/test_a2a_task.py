"""A run's log as a task: which update each event is, and that updates and snapshots agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2a.types import Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent
from a2a.utils.proto_utils import validate_proto_required_fields
from a2a_process import DRAWING, answer_of
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.event import (
    CancelledRun,
    CancelRequested,
    Event,
    Failed,
    InputRequired,
    ModelAnswered,
    ModelCalled,
    Progressed,
    Started,
    StepRetried,
    Succeeded,
    Surface,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    Warned,
    transcript,
)
from nis_backend.run import Run
from nis_backend.surfaces.a2a.drawing import draw_a2ui, draw_text
from nis_backend.surfaces.a2a.task import TaskFold, listed
from nis_backend.surfaces.a2ui import BASIC, CATALOG

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN = Run(
    id="run-1",
    operation="chat.send_message",
    state="running",
    attempt=1,
    last_seq=0,
    format=1,
    conversation_id="conversation-1",
    created=1_700_000_000.25,
    updated=1_700_000_000.25,
    input={"message": "Hello"},
)

TURN = [
    Started(operation="chat.send_message", attempt=1),
    ModelCalled(step=1, provider="p", model="m"),
    TextDelta(step=1, text="Let me "),
    TextDelta(step=1, text="see. "),
    ModelAnswered(step=1, finish_reason="tool_calls"),
    ToolCalled(step=1, call_id="c", operation="throws.toss_ball", arguments={"speed": 20.0}),
    Progressed(fraction=0.5, message="half"),
    ToolAnswered(step=1, call_id="c", operation="throws.toss_ball", result={"distance": 40.25, "note": None}),
    ToolAnswered(step=1, call_id="d", operation="throws.toss_ball", problem={"detail": "No.", "remedy": "Else."}),
    Surface(views=DRAWING),
    TextDelta(step=2, text="It lands at 41"),
    StepRetried(step=2, attempt=2, reason="the worker was lost"),
    TextDelta(step=2, text="It lands at 40 m."),
    Warned(message="A demonstration model."),
    CancelRequested(),
    Succeeded(result={"response": "…"}),
]


def _events(bodies: Sequence[Any]) -> list[Event]:  # Any: every kind of body
    return [
        Event(run_id="run-1", seq=index, time=1_700_000_000 + index, attempt=1, body=body)
        for index, body in enumerate(bodies, 1)
    ]


def _fold(bodies: Sequence[Any], run: Run = RUN) -> tuple[TaskFold, list[dict[str, Any]]]:  # Any: see _events; JSON
    """The fold after these events, and the updates on the way, as the wire has them."""
    fold = TaskFold(run, draw_text)
    frames: list[dict[str, Any]] = [{"result": {"task": MessageToDict(fold.task())}}]
    for event in _events(bodies):
        update = fold.apply(event)
        if update is not None:
            validate_proto_required_fields(update)
            name = "artifactUpdate" if isinstance(update, TaskArtifactUpdateEvent) else "statusUpdate"
            frames.append({"seq": event.seq, "result": {name: MessageToDict(update)}})
    return fold, frames


def test_each_event_is_the_update_it_should_be() -> None:
    """Words are the artifact, tools and progress the status, the end the final status."""
    _, frames = _fold(TURN)
    shown = {frame["seq"]: frame["result"] for frame in frames[1:]}
    assert sorted(set(range(1, 17)) - set(shown)) == [2, 5, 15]
    states = {seq: one["statusUpdate"]["status"]["state"] for seq, one in shown.items() if "statusUpdate" in one}
    assert states == {**dict.fromkeys((1, 6, 7, 8, 9, 14), "TASK_STATE_WORKING"), 16: "TASK_STATE_COMPLETED"}
    said = {
        seq: one["statusUpdate"]["status"]["message"]["parts"][0]["text"]
        for seq, one in shown.items()
        if "message" in one.get("statusUpdate", {}).get("status", {})
    }
    assert said == {
        6: "Calling throws.toss_ball.",
        7: "50% half",
        8: "throws.toss_ball answered.",
        9: "throws.toss_ball failed: No. Else.",
        14: "A demonstration model.",
    }
    called, answered = (shown[seq]["statusUpdate"]["status"]["message"]["metadata"] for seq in (6, 8))
    assert called["arguments"] == {"speed": 20.0}
    assert answered["result"] == {"distance": 40.25, "note": None}


def test_the_first_words_make_the_artifact_and_the_next_are_appended() -> None:
    """Appending to an artifact that was never sent is an error for clients (specification, 4.2.2)."""
    _, frames = _fold(TURN)
    first, second = (frame["result"]["artifactUpdate"] for frame in frames if frame.get("seq") in (3, 4))
    assert "append" not in first
    assert second["append"]
    assert first["artifact"]["artifactId"] == second["artifact"]["artifactId"] == "answer"


def test_a_retried_step_takes_back_its_words_and_no_others() -> None:
    """The artifact is replaced by what the other steps have said; the reason is told."""
    _, frames = _fold(TURN)
    retried = next(frame["result"]["artifactUpdate"] for frame in frames if frame.get("seq") == 12)
    assert "append" not in retried
    assert retried["artifact"]["parts"] == [{"text": "Let me see. "}]
    assert retried["metadata"]["reason"] == "the worker was lost"
    assert answer_of(frames) == "Let me see. It lands at 40 m."


def test_surfaces_are_artifacts_of_their_own() -> None:
    """Results are artifacts, not messages (specification, 3.7)."""
    fold, frames = _fold(TURN)
    surface = next(frame["result"]["artifactUpdate"] for frame in frames if frame.get("seq") == 10)
    assert surface["artifact"]["artifactId"] == "surface-10"
    assert [one.artifact_id for one in fold.task().artifacts] == ["answer", "surface-10"]


def test_in_words_no_value_of_a_drawing_is_lost() -> None:
    """A client that asked for nothing gets lines with every cell, point and field."""
    text = "\n".join(part.text for part in draw_text(DRAWING, "s", {}))
    for wanted in (
        "It lands at 40 m.",
        "distance, m | 40.25",
        "x (m) | height (m)",
        "20 | 8.5",
        "speed: 20.0",
        "angle: wanted",
    ):
        assert wanted in text


def test_a_client_of_a2ui_gets_the_list_of_messages() -> None:
    """One data part with the media type of v0.9; the catalog is the one the client draws."""
    for catalogs, wanted in ((), CATALOG), ((BASIC,), BASIC):
        (part,) = draw_a2ui(catalogs)(DRAWING, "surface-9", {})
        shown = MessageToDict(part)
        assert shown["metadata"] == {"mimeType": "application/json+a2ui"}
        assert shown["data"][0]["createSurface"] == {"surfaceId": "surface-9", "catalogId": wanted}


def test_a_question_ends_the_task_and_is_its_last_message() -> None:
    """The log of a turn is closed, so its task is COMPLETED; the next message begins another one."""
    fold, frames = _fold(
        [Started(operation="o", attempt=1), InputRequired(operation="o", missing=["angle"]), Succeeded(result={})]
    )
    status = frames[-1]["result"]["statusUpdate"]["status"]
    assert status["state"] == "TASK_STATE_COMPLETED"
    assert "angle" in status["message"]["parts"][0]["text"]
    assert status["message"]["metadata"] == {"operation": "o", "missing": ["angle"]}
    assert MessageToDict(fold.task())["status"] == status


def test_failures_and_cancels_say_so() -> None:
    """The problem document travels whole."""
    problem = {"code": "unavailable", "detail": "The model is missing.", "remedy": "Pull it."}
    _, failed = _fold([Failed(problem=problem)])
    status = failed[-1]["result"]["statusUpdate"]["status"]
    assert status["state"] == "TASK_STATE_FAILED"
    assert status["message"]["parts"] == [{"text": "The model is missing. Pull it."}]
    assert status["message"]["metadata"]["problem"] == problem
    _, cancelled = _fold([CancelledRun()])
    assert cancelled[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_CANCELED"


def test_a_run_without_words_shows_its_result() -> None:
    """A simulation or a training is a task as well, and its context is itself."""
    run = RUN.model_copy(update={"conversation_id": None, "input": {}, "operation": "physics.solve_heat"})
    fold, frames = _fold(
        [Started(operation="physics.solve_heat", attempt=1), Succeeded(result={"temperature": [1.5]})], run
    )
    assert frames[-1]["result"]["statusUpdate"]["status"]["message"]["parts"] == [{"data": {"temperature": [1.5]}}]
    assert fold.task().context_id == "run-1"
    assert not fold.task().history


def test_a_listed_task_agrees_with_the_whole_one() -> None:
    """ListTasks reads rows and GetTask the log: the state is the same."""
    for state, end in {"succeeded": Succeeded(result={"response": ""}), "cancelled": CancelledRun()}.items():
        fold, _ = _fold([Started(operation="o", attempt=1), TextDelta(step=1, text="x"), end])
        row = RUN.model_copy(update={"state": state, "updated": 1_700_000_003.0})
        assert listed(row).status == fold.task().status


def test_history_is_as_long_as_asked() -> None:
    """0 leaves it out, more keeps the last ones (specification, 3.2.4)."""
    fold, _ = _fold([])
    assert [len(fold.task(length).history) for length in (None, 0, 1, 5)] == [1, 0, 1, 1]


_WORDS = st.builds(TextDelta, step=st.integers(1, 3), text=st.text("ab ", min_size=1, max_size=3))
_CUTS = st.builds(StepRetried, step=st.integers(1, 3), attempt=st.integers(2, 3), reason=st.just("cut"))


@given(st.lists(_WORDS | _CUTS, max_size=12), st.data())
def test_whoever_follows_shows_the_transcript(bodies: list[Any], data: st.DataObject) -> None:
    """From any event on, the task as it was then and the updates after it make the words of the log."""
    events = _events(bodies)
    start = data.draw(st.integers(0, len(events)))
    fold = TaskFold(RUN, draw_text)
    for event in events[:start]:
        fold.apply(event)
    frames: list[dict[str, Any]] = [{"result": {"task": MessageToDict(fold.task())}}]
    for event in events[start:]:
        update = fold.apply(event)
        assert isinstance(update, TaskArtifactUpdateEvent)
        frames.append({"result": {"artifactUpdate": MessageToDict(update)}})
    assert answer_of(frames) == transcript(events) == fold.text


def test_a_task_is_valid_after_every_event() -> None:
    """A snapshot may be asked for at any time."""
    for length in range(len(TURN) + 1):
        fold, _ = _fold(TURN[:length])
        task = fold.task()
        assert isinstance(task, Task)
        validate_proto_required_fields(task)
        assert MessageToDict(task)["metadata"]["urn:nis:a2a-replay:v1"] == {"lastSeq": length}


def test_an_update_is_one_of_two_kinds() -> None:
    """The stream after its first item has status and artifact updates alone (specification, 3.1.2)."""
    fold = TaskFold(RUN, draw_text)
    kinds = {type(fold.apply(event)) for event in _events(TURN)}
    assert kinds == {TaskStatusUpdateEvent, TaskArtifactUpdateEvent, type(None)}
