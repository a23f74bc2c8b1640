"""Feedback: one for each answer, changed and taken back by its owner, gone with the conversation."""

from __future__ import annotations

from typing import Any

import pytest
from ground import Ground
from rest_client import Json, done
from stored import cells

from nis_backend.errors import Conflict, InvalidRequest, NotFound


def say(ground: Ground, message: str, **given: Any) -> Json:
    """A turn, to its end."""
    return ground.call("chat.send_message", {"message": message, **given})


def test_feedback_is_given_read_changed_and_taken_back(ground: Ground) -> None:
    """Promise: a rating and a comment on an answer, readable by its run and by its kind."""
    run_id = say(ground, "rate me")["run_id"]
    made = ground.call("feedback.create_feedback", {"run_id": run_id, "rating": "good", "comment": "clear"})
    assert ground.call("feedback.get_feedback", {"id": made["id"]}) == made
    changed = ground.call("feedback.update_feedback", {"id": made["id"], "rating": "bad"})
    assert (changed["rating"], changed["comment"]) == ("bad", "clear")
    for where in ({"run_id": run_id}, {"rating": "bad", "limit": 1}):
        assert [one["id"] for one in ground.call("feedback.list_feedback", where)["feedback"]] == [made["id"]]
    assert ground.call("feedback.list_feedback", {"run_id": run_id, "rating": "good"})["feedback"] == []
    ground.call("feedback.delete_feedback", {"id": made["id"]})
    for name in ("get_feedback", "delete_feedback"):
        with pytest.raises(NotFound):
            ground.call(f"feedback.{name}", {"id": made["id"]})


def test_an_answer_has_one_feedback(ground: Ground) -> None:
    """Promise: a second is a conflict that names the first; an unknown answer, or one under way, is refused."""
    run_id = say(ground, "rate me once")["run_id"]
    made = ground.call("feedback.create_feedback", {"run_id": run_id, "rating": "good"})
    with pytest.raises(Conflict, match=made["id"]):
        ground.call("feedback.create_feedback", {"run_id": run_id, "rating": "bad"})
    with pytest.raises(NotFound):
        ground.call("feedback.create_feedback", {"run_id": "run-0", "rating": "bad"})
    with pytest.raises(InvalidRequest, match="Nothing"):
        ground.call("feedback.update_feedback", {"id": made["id"]})
    story = ground.call("chat.send_message", {"message": "Write a long story."}, wait=False)["id"]
    with pytest.raises(Conflict, match="has not ended"):
        ground.call("feedback.create_feedback", {"run_id": story, "rating": "bad"})
    ground.call("runs.cancel_run", {"id": story})


def test_nothing_of_a_deleted_conversation_is_left_in_any_table(ground: Ground) -> None:
    """Promise: delete means gone: no message, answer, event, feedback, kept reply or word of an index.

    The ledger keeps what was spent, and in which run: ids, and nothing that was said.
    """

    def post(path: str, body: Json, key: str) -> Json:
        return done(ground, "POST", path, body, {"idempotency-key": key})

    hidden = "Kwisatz4711"
    turn = post("/chat", {"message": f"{hidden} is hidden", "context": {"fact": hidden}}, "key-1")
    one = turn["conversation_id"]
    judged = {"run_id": turn["run_id"], "rating": "bad", "comment": f"about {hidden}"}
    post("/feedback", judged, "key-2")
    post(f"/conversations/{one}/regenerate-answer", {"message": f"again {hidden}"}, "key-3")
    ground.call("conversations.update_conversation", {"id": one, "title": f"on {hidden}"})
    assert any(hidden.lower() in cell.lower() for cell in cells(ground.data))
    ground.call("conversations.delete_conversation", {"id": one})
    gone = (hidden.lower(), one, turn["run_id"])
    assert [cell for cell in cells(ground.data, but="ledger") if any(word in cell.lower() for word in gone)] == []
    assert not any(hidden.lower() in cell.lower() for cell in cells(ground.data))
