"""Two runs side by side, and the numbers of many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ground import Ground

from nis_backend.capabilities.runs.difference import first_difference, paired_steps, text_difference
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound
from nis_backend.event import (
    Body,
    Event,
    ModelAnswered,
    ModelCalled,
    Started,
    StepRetried,
    Succeeded,
    TextDelta,
    ToolCalled,
)

Json = dict[str, Any]


def log_of(run_id: str, *bodies: Body) -> list[Event]:
    """A log in which each event took a second."""
    return [
        Event(run_id=run_id, seq=number, time=float(number), attempt=1, body=body)
        for number, body in enumerate(bodies, 1)
    ]


def answer(*words: str, result: Any = "x") -> list[Body]:  # Any: JSON
    """A run of one step that says these words."""
    return [
        Started(operation="o", attempt=1),
        ModelCalled(step=1, provider="p", model="m"),
        *(TextDelta(step=1, text=word) for word in words),
        ModelAnswered(step=1, finish_reason="stop", input_tokens=3, output_tokens=4),
        Succeeded(result=result),
    ]


def test_how_words_came_in_pieces_is_no_difference() -> None:
    """Promise: two logs that say the same are the same, whatever their ids and times."""
    one = log_of("run-a", *answer("Hello, ", "world", result={"run_id": "run-a"}))
    other = log_of("run-b", *answer("Hello, world", result={"run_id": "run-b"}))
    assert first_difference(one, other) is None
    again = [Started(operation="o", attempt=2), *answer("Hello, world", result={"run_id": "run-c"})]
    assert first_difference(one, log_of("run-c", *again)) is None, "who carried it is no difference either"


def test_the_first_difference_names_the_field_in_both() -> None:
    """Promise: where two logs part is said with both numbers, the field, and both values."""
    found = first_difference(
        log_of("run-a", *answer("a", "b", result={"list": [1, {"deep": 2}]})),
        log_of("run-b", *answer("ab", result={"list": [1, {"deep": 3}]})),
    )
    assert found
    assert (found.seq, found.other_seq, found.path) == (6, 5, "result.list.1.deep")
    assert (found.type, found.value, found.other_value) == ("succeeded", "2", "3")


def test_an_event_of_another_kind_or_none_is_a_difference() -> None:
    """A log that goes on where the other has ended, or does another thing."""
    whole = answer("a")
    shorter = first_difference(log_of("run-a", *whole), log_of("run-b", *whole[:-1]))
    assert shorter
    assert (shorter.type, shorter.other_type, shorter.other_seq) == ("succeeded", None, None)
    tool = ToolCalled(step=1, call_id="1", operation="o", arguments={})
    other = first_difference(log_of("run-a", *whole), log_of("run-b", *whole[:2], tool, *whole[2:]))
    assert other
    assert (other.type, other.other_type, other.path) == ("text_delta", "tool_called", "")


def test_steps_stand_beside_each_other() -> None:
    """Model, operations, tokens and seconds of each step; null where a log has none."""
    second = [
        ModelCalled(step=2, provider="p", model="n"),
        ToolCalled(step=2, call_id="1", operation="o", arguments={}),
    ]
    pairs = paired_steps(log_of("run-a", *answer("a")), log_of("run-b", *answer("a"), *second))
    assert [pair.step for pair in pairs] == [1, 2]
    assert pairs[0].first == pairs[0].other
    assert pairs[0].first
    assert (pairs[0].first.model, pairs[0].first.input_tokens, pairs[0].first.seconds) == ("p:m", 3, 2.0)
    assert pairs[1].first is None
    assert pairs[1].other
    assert (pairs[1].other.model, pairs[1].other.operations) == ("p:n", ["o"])


def test_the_answers_differ_by_their_lines() -> None:
    """What a retried step had left is not part of the answer."""
    retried = [TextDelta(step=1, text="lost\n"), StepRetried(step=1, attempt=2, reason="cut")]
    one = log_of("run-a", *retried, *answer("same\nhere\nend"))
    other = log_of("run-b", *answer("same\nthere\nend"))
    assert text_difference(one, other)[3:] == [" same", "-here", "+there", " end"]
    assert text_difference(one, one) == []


def say(ground: Ground, message: str) -> Json:
    """A turn, to its end."""
    return ground.call("chat.send_message", {"message": message})


def test_two_turns_are_compared(ground: Ground) -> None:
    """Promise: first difference, steps, tokens and time of two runs; the time adds up."""
    one, other = say(ground, "One."), say(ground, "Two.")
    found = ground.call("runs.compare_runs", {"first": one["run_id"], "other": other["run_id"]})
    assert not found["same"]
    # The models were asked two things, which the digests of what they were asked say first.
    assert (found["difference"]["type"], found["difference"]["path"]) == ("model_called", "digest")
    assert sum(found["first"]["spent"].values()) == pytest.approx(found["first"]["seconds"])
    assert [pair["first"]["model"] for pair in found["steps"]] == ["scripted:scripted"]
    assert ground.call("runs.compare_runs", {"first": one["run_id"], "other": one["run_id"]})["same"]
    with pytest.raises(NotFound) as refused:
        ground.call("runs.compare_runs", {"first": one["run_id"], "other": "run-0"})
    assert refused.value.field == "other"


def test_runs_are_counted(ground: Ground) -> None:
    """Promise: the numbers are those of the runs in that time."""
    run = ground.call("runs.get_run", {"id": say(ground, "Count me.")["run_id"]})
    found = ground.call("runs.get_statistics", {})
    counted = {(one["operation"], one["state"]): one["runs"] for one in found["states"]}
    assert counted["chat.send_message", "succeeded"] >= 1
    assert found["runs"] == sum(counted.values())
    assert found["since"] <= run["created"] < found["until"]
    assert {one["model"] for one in found["models"]} >= {"scripted"}
    assert ground.call("runs.get_statistics", {"since": "2001-01-01T00:00Z", "until": "2001-01-02T00:00Z"})["runs"] == 0
    for wrong in ({"since": "2001-01-01T00:00Z"}, {"since": "2001-01-02T00:00Z", "until": "2001-01-01T00:00Z"}):
        with pytest.raises(InvalidRequest, match="days"):
            ground.call("runs.get_statistics", wrong)
    with pytest.raises(InvalidRequest, match="timezone"):
        ground.call("runs.get_statistics", {"since": "2026-01-01T00:00"})


def test_a_list_is_narrowed_and_paged_within_a_time(ground: Ground) -> None:
    """Promise: operation, parent, since and until, each page within them."""
    made = [ground.call("runs.get_run", {"id": say(ground, f"Number {n}.")["run_id"]}) for n in range(3)]

    def listed(**given: Any) -> list[str]:
        return [one["id"] for one in ground.call("runs.list_runs", given)["runs"]]

    since, until = (datetime.fromtimestamp(made[n]["created"] - 1e-4, UTC).isoformat() for n in (0, 2))
    ids = [one["id"] for one in made]
    assert listed(since=since, until=until) == [ids[1], ids[0]]
    page = ground.call("runs.list_runs", {"since": since, "until": until, "limit": 1})
    assert page["runs"][0]["id"] == ids[1]
    rest = ground.call("runs.list_runs", {"since": since, "until": until, "cursor": page["next_cursor"]})
    assert ([one["id"] for one in rest["runs"]], rest["next_cursor"]) == ([ids[0]], None)
    assert listed(since=since, operation="physics.solve_heat") == []
    assert listed(since=since, parent=ids[0]) == []


def test_a_run_is_deleted_once_it_has_ended(ground: Ground) -> None:
    """Promise: one that is under way is refused and unharmed; one that has ended is gone with its feedback."""
    begun = ground.call("chat.send_message", {"message": "A long story, please."}, wait=False)["id"]
    with pytest.raises(Conflict, match="has not ended"):
        ground.call("runs.delete_run", {"id": begun})
    ground.call("runs.cancel_run", {"id": begun})
    ground.call("runs.stream_events", {"id": begun})
    turn = say(ground, "Forget this.")
    rated = ground.call("feedback.create_feedback", {"run_id": turn["run_id"], "rating": "good"})
    for run_id in (begun, turn["run_id"]):
        assert ground.call("runs.delete_run", {"id": run_id}) == {"id": run_id}
        for name in ("runs.get_run", "runs.delete_run", "runs.cancel_run", "runs.stream_events"):
            with pytest.raises(NotFound, match=run_id):
                ground.call(name, {"id": run_id})
    with pytest.raises(NisError, match="There is no feedback"):
        ground.call("feedback.get_feedback", {"id": rated["id"]})
