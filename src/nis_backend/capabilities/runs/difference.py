"""Where two logs differ: event by event, step by step, word by word.

Words come in as many events as time allowed, so adjacent ones of a step count as one. When an event was written and the
log's own id are no difference.
"""

from __future__ import annotations

import difflib
import json
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, cast

from pydantic import Field

from nis_backend.errors import shorten
from nis_backend.event import transcript
from nis_backend.operation import Model
from nis_backend.places import with_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.event import Event

# Any: JSON.
Json = dict[str, Any]

SHOWN = 300
"""Characters of a value that differs."""
MOST_LINES, LONGEST_LINE = 2_000, 2_000
"""Lines of a text, and characters of one, that are compared: the time that it takes grows with their product."""
MOST_CHANGES = 400
"""Lines of a text's difference."""
SELF = "{run}"
"""What stands for a log's own id."""
HOLDING = frozenset({"started", "released", "pause_requested", "resume_requested", "cancel_requested"})
"""Events that say who carried the run, not what it did."""


class Difference(Model):
    """Where two logs part."""

    seq: int | None = Field(description="The event's number in the first log; null where that has ended.")
    other_seq: int | None = Field(description="Its number in the second log; null where that has ended.")
    type: str | None = Field(description="What the first log has there.")
    other_type: str | None = Field(description="What the second log has there.")
    path: str = Field(description="The field that differs, from the event's body; empty for another kind of event.")
    value: str | None = Field(description="Its value in the first log, as JSON; long ones are cut.")
    other_value: str | None = Field(description="Its value in the second log.")


class Step(Model):
    """What one log did in one step."""

    model: str | None = None
    operations: list[str] = Field(default_factory=list[str], description="What the agent called.")
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float = Field(default=0, description="From its first event to its last.")


class StepPair(Model):
    """One step in both logs; null where there is none."""

    step: int
    first: Step | None
    other: Step | None


def first_difference(one: Sequence[Event], other: Sequence[Event]) -> Difference | None:
    """Where the two part, or None: they say the same."""
    for mine, theirs in zip_longest(_told(one), _told(other)):
        if mine is None or theirs is None or mine[1]["type"] != theirs[1]["type"]:
            return _another_kind(mine, theirs)
        for path, value, other_value in _parted(mine[1], theirs[1], ""):
            return Difference(
                seq=mine[0],
                other_seq=theirs[0],
                type=mine[1]["type"],
                other_type=theirs[1]["type"],
                path=path,
                value=_shown(value),
                other_value=_shown(other_value),
            )
    return None


def _another_kind(mine: tuple[int, Json] | None, theirs: tuple[int, Json] | None) -> Difference:
    return Difference(
        seq=mine and mine[0],
        other_seq=theirs and theirs[0],
        type=mine and mine[1]["type"],
        other_type=theirs and theirs[1]["type"],
        path="",
        value=_shown(mine and mine[1]),
        other_value=_shown(theirs and theirs[1]),
    )


def _told(events: Sequence[Event]) -> Iterator[tuple[int, Json]]:
    """What a log says: number and body of each event, adjacent words of a step as one."""
    held: tuple[int, Json] | None = None
    for event in events:
        body = _unnamed(event.body.model_dump(mode="json"), event.run_id)
        if body["type"] in HOLDING:
            continue
        if held and _spoken(body) and _spoken(held[1]) == _spoken(body):
            held[1]["text"] += body["text"]
            continue
        if held:
            yield held
        held = event.seq, body
    if held:
        yield held


def _spoken(body: Json) -> tuple[str, int] | None:
    """What a model says as it comes, and in which step: where it was cut into events is a matter of time."""
    return (body["type"], body["step"]) if body["type"] in {"text_delta", "reasoning_delta"} else None


def _unnamed(value: Any, run_id: str) -> Any:  # Any: JSON
    """The value, with `SELF` for the log's own id."""
    return with_texts(value, lambda text: text.replace(run_id, SELF))


def _parted(one: Any, other: Any, path: str) -> Iterator[tuple[str, Any, Any]]:  # Any: JSON
    """Each innermost value that differs, with its path."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("Json", one), cast("Json", other)
        for name in dict.fromkeys([*mine, *theirs]):
            yield from _parted(mine.get(name), theirs.get(name), f"{path}.{name}" if path else name)
    elif isinstance(one, list) and isinstance(other, list):
        for place, pair in enumerate(zip_longest(cast("list[Any]", one), cast("list[Any]", other))):
            yield from _parted(*pair, f"{path}.{place}")
    elif one != other:
        yield path, one, other


def _shown(value: Any) -> str | None:  # Any: JSON
    return None if value is None else shorten(json.dumps(value, ensure_ascii=False), SHOWN)


def paired_steps(one: Sequence[Event], other: Sequence[Event]) -> list[StepPair]:
    """Every step that either log has."""
    mine, theirs = _steps(one), _steps(other)
    return [StepPair(step=step, first=mine.get(step), other=theirs.get(step)) for step in sorted({*mine, *theirs})]


def _steps(events: Sequence[Event]) -> dict[int, Step]:
    steps: dict[int, Json] = {}
    for event in events:
        number = getattr(event.body, "step", None)
        if number is None:
            continue
        step = steps.setdefault(number, {"operations": [], "began": event.time})
        step["ended"] = event.time
        match event.body.model_dump():
            case {"type": "model_called", "provider": provider, "model": model}:
                step["model"] = f"{provider}:{model}"
            case {"type": "model_answered", "input_tokens": given, "output_tokens": made}:
                step |= {"input_tokens": given, "output_tokens": made}
            case {"type": "tool_called", "operation": operation}:
                step["operations"].append(operation)
            case _:
                pass
    return {
        number: Step(**{key: value for key, value in step.items() if key not in {"began", "ended"}},
                     seconds=step["ended"] - step["began"])
        for number, step in steps.items()
    }  # fmt: skip


def text_difference(one: Sequence[Event], other: Sequence[Event]) -> list[str]:
    """The answers' lines that differ, each with one before and after it, as a unified diff writes them."""
    lines = difflib.unified_diff(_lines(one), _lines(other), "first", "other", lineterm="", n=1)
    return list(islice(lines, MOST_CHANGES))


def _lines(events: Sequence[Event]) -> list[str]:
    return [line[:LONGEST_LINE] for line in transcript(events).splitlines()[:MOST_LINES]]
