"""A response as a view of a run's log: the object, and the typed events of its stream.

Both are made of nothing but the run and its events, so a stream that is read again has the same events under the same
numbers. Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import Busy, InvalidRequest, from_problem
from nis_backend.event import (
    CancelledRun,
    Failed,
    ModelAnswered,
    ReasoningDelta,
    Started,
    StepRetried,
    Succeeded,
    TextDelta,
)
from nis_backend.surfaces.openai.body import TIER
from nis_backend.surfaces.openai.response_items import item_id, sealed
from nis_backend.surfaces.openai.response_request import PREFIX, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nis_backend.event import Body, Event
    from nis_backend.operation import Json
    from nis_backend.run import Run

CUT = "The answer was cut after words of it had been sent, and is written anew: retrieve the response to have it whole."

SPOKEN = TextDelta | ReasoningDelta
ENDED = Succeeded | Failed | CancelledRun


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a response is of: what was asked, when, and under which id."""

    suffix: str
    created: float
    model: str
    input: Json
    """The operation's request."""
    agent: bool = False
    """Whether an agent answers: what its model calls is its own matter."""
    kept: bool = True

    @property
    def labels(self) -> Json:
        """What the caller sent that is only repeated."""
        return self.input.get("labels") or {}

    def response(self, status: str, output: Sequence[Json] = (), **more: Any) -> Json:  # Any: JSON
        """The object."""
        labels, given = self.labels, self.input
        previous = given.get("previous")
        return {
            "id": f"{PREFIX}{self.suffix}",
            "object": "response",
            "created_at": int(self.created),
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": given.get("instructions") or None,
            "max_output_tokens": given.get("max_tokens"),
            "max_tool_calls": labels.get("max_tool_calls"),
            "metadata": labels.get("metadata") or {},
            "model": self.model,
            "prompt": labels.get("prompt"),
            "output": list(output),
            "parallel_tool_calls": given.get("parallel_tool_calls", True),
            "previous_response_id": previous and f"{PREFIX}{suffix_of(previous)}",
            "reasoning": {"effort": given.get("reasoning"), "summary": None},
            "background": bool(labels.get("background")),
            "completed_at": None,
            "service_tier": TIER,
            "store": self.kept,
            "temperature": given.get("temperature"),
            "text": labels.get("text") or {"format": {"type": "text"}},
            "tool_choice": _choice(given),
            "tools": [{"type": "function", **tool} for tool in given.get("tools") or ()],
            "top_logprobs": given.get("logprobs") or 0,
            "top_p": given.get("top_p"),
            "truncation": "disabled",
            "usage": None,
            "user": given.get("user"),
            **more,
        }


def _choice(given: Json) -> Any:  # Any: JSON
    named = given.get("tool_name")
    return {"type": "function", "name": named} if named else given.get("tool_choice", "auto")


class Items:
    """The items of an output as they come; each entry of the log answers the events of the stream that it is."""

    def __init__(self, asked: Asked) -> None:
        self.output: list[Json] = []
        self._asked = asked
        self._open: Json | None = None

    def of(self, body: Body) -> Iterator[Json]:
        """The events of one entry."""
        if isinstance(body, TextDelta):
            yield from self._delta("message", body.text)
        elif isinstance(body, ReasoningDelta):
            yield from self._delta("reasoning", body.text)
        elif isinstance(body, ModelAnswered) and not self._asked.agent and body.problem is None:
            if self._open is not None and body.logprobs and self._open["type"] == "message":
                self._open["content"][0]["logprobs"] = [_chance(one) for one in body.logprobs]
            yield from self.close()
            yield from self._thoughts(body)
            for call in body.tool_calls:
                yield from self._call(call.id, call.name, call.arguments)

    def close(self, status: str = "completed") -> Iterator[Json]:
        """The end of the item that is open."""
        item, self._open = self._open, None
        if item is None:
            return
        at, part = self._at(item), item["content"][0]
        kind = "output_text" if item["type"] == "message" else "reasoning_text"
        logprobs: Json = {"logprobs": part.get("logprobs", [])} if kind == "output_text" else {}
        yield {"type": f"response.{kind}.done", **at, "content_index": 0, "text": part["text"], **logprobs}
        yield {"type": "response.content_part.done", **at, "content_index": 0, "part": {**part}}
        item["status"] = status
        yield _done(at, item)

    def _delta(self, kind: str, text: str) -> Iterator[Json]:
        if self._open is None or self._open["type"] != kind:
            yield from self.close()
            yield from self._begin(kind)
        assert self._open is not None
        part = self._open["content"][0]
        part["text"] += text
        at = self._at(self._open)
        logprobs: Json = {"logprobs": []} if kind == "message" else {}
        name = "output_text" if kind == "message" else "reasoning_text"
        yield {"type": f"response.{name}.delta", **at, "content_index": 0, "delta": text, **logprobs}

    def _begin(self, kind: str) -> Iterator[Json]:
        if kind == "message":
            item = self._add("msg", {"type": "message", "role": "assistant"})
            part: Json = {"type": "output_text", "text": "", "annotations": []}
        else:
            item = self._add("rs", {"type": "reasoning", "summary": []})
            part = {"type": "reasoning_text", "text": ""}
        at = self._at(item)
        yield {
            "type": "response.output_item.added",
            "output_index": at["output_index"],
            "item": {**item, "content": []},
        }
        yield {"type": "response.content_part.added", **at, "content_index": 0, "part": {**part}}
        item["content"] = [part]
        self._open = item

    def _thoughts(self, body: ModelAnswered) -> Iterator[Json]:
        """What the model wants to see again: with what it has thought aloud, or an item of its own."""
        if not body.reasoning:
            return
        item = next((one for one in reversed(self.output) if one["type"] == "reasoning"), None)
        if item is None:
            words = "\n\n".join(one["text"] for one in body.reasoning if one.get("text"))
            yield from self._delta("reasoning", words)
            item = self.output[-1]
            self._seal(item, body)
            yield from self.close()
        else:
            self._seal(item, body)

    def _seal(self, item: Json, body: ModelAnswered) -> None:
        if "reasoning.encrypted_content" in (self._asked.labels.get("include") or ()):
            item["encrypted_content"] = sealed(body.reasoning)

    def _call(self, call_id: str, name: str, arguments: str) -> Iterator[Json]:
        item = self._add("fc", {"type": "function_call", "call_id": call_id, "name": name, "arguments": ""})
        at = self._at(item)
        yield {"type": "response.output_item.added", "output_index": at["output_index"], "item": {**item}}
        yield {"type": "response.function_call_arguments.delta", **at, "delta": arguments}
        yield {"type": "response.function_call_arguments.done", **at, "name": name, "arguments": arguments}
        item |= {"arguments": arguments, "status": "completed"}
        yield _done(at, item)

    def _add(self, kind: str, item: Json) -> Json:
        whole = {"id": item_id(kind, self._asked.suffix, len(self.output)), **item, "status": "in_progress"}
        self.output.append(whole)
        return whole

    def _at(self, item: Json) -> Json:
        return {"item_id": item["id"], "output_index": self.output.index(item)}


def _chance(one: Json) -> Json:
    """A token as this format has it; of the words that come its chances follow with the last one."""
    told = {"token": one["token"], "logprob": one["logprob"], "bytes": list(one["bytes"] or one["token"].encode())}
    others: list[Json] = one.get("alternatives", [])
    return {**told, "top_logprobs": [_chance(other) for other in others]} if "alternatives" in one else told


def _done(at: Json, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": at["output_index"], "item": {**item}}


class View:
    """The events of a stream; what begins it is there before the log's first entry."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._items = Items(asked)
        self._answers: list[ModelAnswered] = []
        self._spoken: set[int] = set()
        self._number = 0
        self._working = False
        self.ended = False

    def begin(self) -> Iterator[Json]:
        """What every stream begins with."""
        status = "queued" if self._asked.labels.get("background") else "in_progress"
        yield self._numbered({"type": "response.created", "response": self._asked.response(status)})
        if status == "queued":
            yield self._numbered({"type": "response.queued", "response": self._asked.response(status)})

    def of(self, body: Body, time: float) -> Iterator[Json]:
        """The events of one entry of the log; none once the stream has ended."""
        if not self.ended:
            for event in self._of(body, time):
                yield self._numbered(event)

    def failed(self, code: str, message: str) -> Json:
        """What ends a stream that cannot go on, while the response may."""
        return {"type": "error", "sequence_number": self._number, "code": code, "message": message, "param": None}

    def _of(self, body: Body, time: float) -> Iterator[Json]:
        if isinstance(body, Started) and not self._working:
            self._working = True
            yield {"type": "response.in_progress", "response": self._asked.response("in_progress")}
        elif isinstance(body, StepRetried) and body.step in self._spoken:
            yield from self._end("failed", time, error={"code": "server_error", "message": CUT})
        elif isinstance(body, ENDED):
            yield from self._last(body, time)
        else:
            if isinstance(body, SPOKEN):
                self._spoken.add(body.step)
            elif isinstance(body, ModelAnswered):
                self._answers.append(body)
            yield from self._items.of(body)

    def _last(self, body: Succeeded | Failed | CancelledRun, time: float) -> Iterator[Json]:
        end = end_of(body, self._answers)
        yield from self._end(end.pop("status"), time, **end)

    def _end(self, status: str, time: float, **more: Any) -> Iterator[Json]:  # Any: JSON
        self.ended = True
        whole = status in {"completed", "incomplete"}
        yield from self._items.close("completed" if status == "completed" else "incomplete")
        more["completed_at"] = int(time) if status == "completed" else None
        response = self._asked.response(status, self._items.output, **more)
        yield {"type": f"response.{status if whole else 'failed'}", "response": response}

    def _numbered(self, event: Json) -> Json:
        event["sequence_number"] = self._number
        self._number += 1
        return event


def view(asked: Asked, events: Iterable[Event]) -> Iterator[Json]:
    """The whole stream of a log as it is now."""
    seen = View(asked)
    yield from seen.begin()
    for event in events:
        yield from seen.of(event.body, event.time)


def response_of(asked: Asked, run: Run, events: Sequence[Event]) -> Json:
    """The object, by the log as it is now; what a step has said before it was cut is not in it."""
    items = Items(asked)
    bodies = [event.body for event in events]
    answers = [body for body in bodies if isinstance(body, ModelAnswered)]
    for number, body in enumerate(bodies):
        if not (isinstance(body, SPOKEN) and _superseded(body.step, bodies[number:])):
            list(items.of(body))
    last = bodies[-1] if bodies else None
    if not isinstance(last, ENDED):
        begun = any(isinstance(body, Started) for body in bodies)
        waits = run.state == "queued" and not begun
        return asked.response("queued" if waits else "in_progress", items.output)
    end = end_of(last, answers)
    list(items.close("completed" if end["status"] == "completed" else "incomplete"))
    end["completed_at"] = int(events[-1].time) if end["status"] == "completed" else None
    return asked.response(end.pop("status"), items.output, **end)


def _superseded(step: int, after: Sequence[Body]) -> bool:
    return any(isinstance(body, StepRetried) and body.step == step for body in after)


def end_of(body: Succeeded | Failed | CancelledRun, answers: Sequence[ModelAnswered]) -> Json:
    """How it has ended: the members of the object that say so."""
    if isinstance(body, CancelledRun):
        return {"status": "cancelled", "usage": _usage(None, answers)}
    if isinstance(body, Failed):
        return {"status": "failed", "error": _error(body.problem), "usage": _usage(None, answers)}
    if answers and answers[-1].finish_reason == "length":
        cut = {"incomplete_details": {"reason": "max_output_tokens"}}
        return {"status": "incomplete", **cut, "usage": _usage(body.result, answers)}
    return {"status": "completed", "usage": _usage(body.result, answers)}


def _error(problem: Json) -> Json:
    error = from_problem(problem)
    code = "server_error"
    if isinstance(error, Busy):
        code = "rate_limit_exceeded"
    elif isinstance(error, InvalidRequest):
        code = "invalid_prompt"
    return {"code": code, "message": f"{error.message} {error.remedy}".strip()}


def _usage(result: Any, answers: Sequence[ModelAnswered]) -> Json | None:  # Any: JSON
    """The count of tokens: by the result where it has one, else of every answer of a model; null where one has none."""
    told = cast("Json", result) if isinstance(result, dict) and "input_tokens" in result else None
    counted = [one for one in answers if one.problem is None]
    total, thought = _sum(told, counted, "output_tokens"), _sum(told, counted, "reasoning_tokens")
    given, cached = _sum(told, counted, "input_tokens"), _sum(told, counted, "cached_tokens")
    if given is None or total is None or not (told or counted):
        return None
    written = told.get("written_tokens", 0) if told else 0
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": total,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": given + total,
    }


def _sum(told: Json | None, answers: Sequence[ModelAnswered], name: str) -> int | None:
    if told is not None and name in told:
        return told[name]
    counts = [getattr(one, name) for one in answers]
    return None if None in counts else sum(counts)
