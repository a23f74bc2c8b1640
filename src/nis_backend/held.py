"""A run that waits for a person before it begins: for their leave, or for what its request still wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.errors import Forbidden, InvalidRequest
from nis_backend.event import ApprovalRequired, InputRequired, Rejected
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.history import History
    from nis_backend.operation import Operation

Json = dict[str, Any]  # Any: JSON

START = "start"
"""The call that is asked about: the run's own."""


@record
class Hold:
    """What a run waits for a person to say, before it begins or on its way."""

    asked: ApprovalRequired | InputRequired
    schema: Json | None = None
    """Of what is to be given."""

    @property
    def waiting(self) -> str:
        """What the run's row says of it."""
        kind = "approval" if isinstance(self.asked, ApprovalRequired) else "input"
        told = {"kind": kind, **self.asked.model_dump(mode="json", exclude={"type"})}
        return json.dumps(told if self.schema is None else {**told, "schema": self.schema})


def for_approval(target: Operation[Any, Any], arguments: Json, reason: str) -> Hold:
    """A person has to allow it."""
    asked = ApprovalRequired(step=0, call_id=START, operation=target.name, arguments=arguments, reason=reason)
    return Hold(asked=asked)


def for_input(target: Operation[Any, Any], arguments: Mapping[str, Any]) -> Hold | None:
    """A person has to give what is missing; None where nothing is.

    Raises:
        InvalidRequest: what is there is wrong.
    """
    try:
        target.validate(arguments)
    except InvalidRequest as error:
        schema = target.request.model_json_schema()
        missing = [name for name in schema.get("required", ()) if name not in arguments]
        if not missing or {one.field for one in error.fields} - set(missing):
            raise
        fields = {name: field for name, field in schema["properties"].items() if name not in arguments}
        asked = InputRequired(operation=target.name, missing=missing, call_id=START)
        return Hold(asked=asked, schema={**schema, "properties": fields, "required": missing})
    return None


def heed(history: History) -> Hold | None:
    """What a person has still to allow before it begins, as of one that was cancelled before and is tried again.

    Raises:
        Forbidden: they have said no.
    """
    asked: ApprovalRequired | None = None
    for event in history.events:
        if isinstance(event.body, ApprovalRequired | InputRequired) and event.body.call_id == START:
            history.holds(event.body)
            asked = event.body if isinstance(event.body, ApprovalRequired) else asked
    decision = history.decision(START)
    if isinstance(decision, Rejected):
        why = f": {decision.reason}" if decision.reason else "."
        raise Forbidden(f"A person has rejected it{why}", remedy="Start it again if they change their mind.")
    return Hold(asked=asked) if asked is not None and decision is None else None
