"""Why a run answered as it did: what it was asked, recalled, called and decided, each by the event that has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.metacognition.debug.explanation import (
    MOST_EVENTS,
    Decision,
    Evidence,
    Explanation,
    Question,
)
from nis_backend.capabilities.metacognition.debug.given import parted
from nis_backend.capabilities.metacognition.debug.grounding import grounded, words_of
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.errors import shorten
from nis_backend.event import (
    Approved,
    InputProvided,
    ModelAnswered,
    ModelCalled,
    Noted,
    Rejected,
    StepRetried,
    ToolAnswered,
    ToolCalled,
    Warned,
    transcript,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import Run

SHOWN = 600
"""Characters of one piece of evidence."""
MEMORIES = {"recalled": "text", "agent": "remembered"}
"""Notes that hold what was recalled, and where."""


def explain(run: Run, events: Sequence[Event], schema: Json) -> Explanation:
    """The explanation, from the log alone; the schema of its request says what of that is as by default."""
    given, defaults = parted(run.input, schema)
    asked, answer = words_asked(run.input), words_answered(run.result, events)
    evidence = [
        Evidence(seq=0, kind="input", what=run.operation, detail=_shown(given)),
        *([Evidence(seq=0, kind="default", what=run.operation, detail=_shown(defaults))] if defaults else []),
        *(one for event in events for one in _evidence(event)),
    ]
    questions = _questions(events)
    tokens, costs = [one.tokens for one in questions], [one.cost for one in questions]
    return Explanation(
        run=run.id,
        operation=run.operation,
        state=run.state,
        asked=asked,
        answer=answer,
        evidence=evidence,
        questions=questions,
        numbers=grounded(answer, [(0, words_of(given)), *_readings(events)], defaults),
        decision=_decision(run.result),
        tokens=None if None in tokens else sum(one or 0 for one in tokens),
        cost=None if None in costs else sum(one or 0 for one in costs),
        complete=len(events) < MOST_EVENTS,
    )


def words_asked(given: Json) -> str:
    """What a run was asked, in words."""
    said = given.get("message") or given.get("question")
    return said if isinstance(said, str) else ""


def words_answered(result: Any, events: Sequence[Event]) -> str:  # Any: JSON
    """What a run answered, in words: its response, else what it said."""
    said = cast("Json", result).get("response") if isinstance(result, dict) else None
    return said if isinstance(said, str) else transcript(events)


def _evidence(event: Event) -> Iterator[Evidence]:
    body, seq = event.body, event.seq
    match body:
        case Noted(name=name, value=value) if name in MEMORIES:
            yield from (Evidence(seq=seq, kind="memory", what="recalled", detail=one) for one in memories(name, value))
        case ToolAnswered(problem=None):
            yield Evidence(seq=seq, kind="operation", what=body.operation, detail=_shown(body.result))
        case ToolAnswered():
            yield Evidence(seq=seq, kind="problem", what=body.operation, detail=_shown(body.problem))
        case Approved() | Rejected():
            yield Evidence(seq=seq, kind="person", what=body.type, detail=getattr(body, "reason", ""))
        case InputProvided():
            yield Evidence(seq=seq, kind="person", what="input", detail=_shown(body.values))
        case StepRetried():
            yield Evidence(seq=seq, kind="retry", what=f"step {body.step}", detail=body.reason)
        case Warned():
            yield Evidence(seq=seq, kind="warning", what="warning", detail=body.message)
        case _:
            pass


def memories(name: str, value: Any) -> list[str]:  # Any: JSON
    """What a note says was recalled; none where it is no note of memories."""
    if name == "recalled" and isinstance(value, list):
        return [str(one["text"]) for one in cast("list[Json]", value) if "text" in one]
    if name == "agent" and isinstance(value, dict):
        return [str(one) for one in cast("Json", value).get(MEMORIES[name], ())]
    return []


def _questions(events: Sequence[Event]) -> list[Question]:
    called: dict[int, ModelCalled] = {}
    questions: list[Question] = []
    for event in events:
        body = event.body
        if isinstance(body, ModelCalled):
            called[body.step] = body
        elif isinstance(body, ModelAnswered) and body.step in called:
            asked = called.pop(body.step)
            both = (body.input_tokens, body.output_tokens)
            questions.append(
                Question(
                    step=body.step,
                    model=body.answered_by or f"{asked.provider}:{asked.model}",
                    digest=asked.digest,
                    tokens=None if None in both else sum(one or 0 for one in both),
                    cost=None if body.cost is None else body.cost / DOLLAR,
                    called=[one.name for one in body.tool_calls],
                    problem=str((body.problem or {}).get("detail", "")),
                )
            )
    return sorted(questions, key=lambda one: one.step)


def called_operations(events: Sequence[Event]) -> list[str]:
    """The operations that were called, in their order, each once."""
    return list(dict.fromkeys(event.body.operation for event in events if isinstance(event.body, ToolCalled)))


def _readings(events: Sequence[Event]) -> Iterator[tuple[int, str]]:
    """What the model was given to read, by event."""
    for event in events:
        body = event.body
        if isinstance(body, ToolAnswered) and body.problem is None:
            yield event.seq, words_of(body.result)
        elif isinstance(body, Noted) and body.name in MEMORIES:
            yield event.seq, words_of(memories(body.name, body.value))
        elif isinstance(body, InputProvided):
            yield event.seq, words_of(body.values)


def _decision(result: Any) -> Decision | None:  # Any: JSON
    """Where a result has votes, or the classes of what was sampled; what else may be called so is neither."""
    if not isinstance(result, dict):
        return None
    told = cast("Json", result)
    inner = told["debate"] if isinstance(told.get("debate"), dict) else told
    votes, answer = inner.get("votes") or inner.get("classes"), told.get("answer")
    if not isinstance(votes, list) or not isinstance(answer, str | None):
        return None
    several = cast("list[Any]", votes)
    if not several or not all(isinstance(one, dict) and {"answer", "votes"} <= {*cast("Json", one)} for one in several):
        return None
    return Decision(
        by=str(told.get("decided_by") or told.get("formula") or "vote"),
        answer=answer,
        votes=[f"{one['answer']}: {one['votes']}" for one in several],
    )


def _shown(value: Any) -> str:  # Any: JSON
    return shorten(json.dumps(value, ensure_ascii=False), SHOWN)
