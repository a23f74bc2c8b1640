"""Runs that a message begins: what they are called, and where they are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.view import Form, Table, Text

if TYPE_CHECKING:
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.view import View

STANDS, EVENTS, STOPS = "runs.get_run", "runs.stream_events", "runs.cancel_run"


def drawn(run: Run) -> list[View]:
    """What was begun, under which id, and how it is followed and stopped."""
    told = (
        f"I have begun `{run.operation}`: it is the run `{run.id}` and goes on by itself. With this id `{STANDS}` "
        f"tells how it stands and what has come of it, `{EVENTS}` each step as it comes, and `{STOPS}` stops it."
    )
    return [
        Text(text=told),
        Table(title="Run", columns=["of the run", "is"], rows=[["id", run.id], ["state", run.state]]),
    ]


def offered(entry: Entry, values: Json) -> tuple[str, Form]:
    """That a run changes something, and its form: it begins when a person sends that."""
    told = f"That is `{entry.name}`, a run that changes something. Send the form, and it begins: {entry.summary}"
    return told, Form(title=entry.summary, operation=entry.name, request_schema=entry.request_schema, values=values)
