"""Rows of a store, as tests write them."""

from __future__ import annotations

from nis_backend.drivers.store.base import Append, NewEvent, Row


def run_row(run_id: str, created: float = 1.0, **given: object) -> Row:
    """A run's row before anyone holds it."""
    row: Row = {
        "id": run_id,
        "operation": "chat.send_message",
        "state": "queued",
        "attempt": 1,
        "last_seq": 0,
        "format": 1,
        "conversation_id": None,
        "created": created,
        "updated": created,
        "input": "{}",
        "result": None,
        "problem": None,
    }
    return {**row, **given}


def events(run_id: str, *texts: str, attempt: int | None = 1, owner: str = "ann", **changes: object) -> Append:
    """An append of text events."""
    made = [NewEvent(type="text_delta", body=f'{{"step": 1, "text": "{text}"}}') for text in texts]
    return Append(owner=owner, run_id=run_id, attempt=attempt, events=made, changes=changes)


def command(run_id: str, kind: str) -> Append:
    """An append of a command."""
    return Append(owner="ann", run_id=run_id, attempt=None, events=[NewEvent(type=kind, body="{}")], changes={})


def conversation_row(conversation_id: str, title: str = "A talk", **given: object) -> Row:
    """A conversation's row."""
    return {"id": conversation_id, "title": title, "created": 1.0, "updated": 1.0, **given}
