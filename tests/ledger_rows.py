"""Rows of the ledger, as tests write them."""

from __future__ import annotations

from nis_backend.drivers.store.base import Row

DAY = 86_400.0
NOON = 1_764_072_000.0
"""2025-11-25 12:00 UTC."""


def ledger_row(call_id: str, **given: object) -> Row:
    """A row of a call that was answered."""
    row: Row = {
        "id": f"{call_id}-1",
        "owner": "ann",
        "call_id": call_id,
        "attempt": 1,
        "key_id": None,
        "end_user": "",
        "run_id": None,
        "conversation_id": None,
        "operation": "models.complete_chat",
        "kind": "chat",
        "route": "",
        "provider": "openai",
        "model": "m",
        "state": "ok",
        "problem": "",
        "status": 200,
        "streamed": 0,
        "wait_ms": 0.5,
        "first_ms": 12.25,
        "total_ms": 40.0,
        "input": 10,
        "cached": 2,
        "written": 0,
        "output": 5,
        "reasoning": 1,
        "counted": "stated",
        "over": 0,
        "priced": 1,
        "cost": 7,
        "worst": 0,
        "cache": "",
        "saved": 0,
        "caps": None,
        "holder": "me",
        "created": NOON,
        "updated": NOON,
    }
    return {**row, **given}
