"""A response of which there is no run: what a model has answered, as the log of one would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.models.completion import ChatPart
from nis_backend.event import ModelAnswered, ReasoningDelta, Succeeded, TextDelta, WantedCall
from nis_backend.surfaces.openai.response_events import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.capabilities.models.completion import ChatAnswer, ChatCompletion
    from nis_backend.event import Body
    from nis_backend.operation import Json
    from nis_backend.surfaces.openai.response_events import Asked


def response_told(asked: Asked, done: ChatCompletion, at: float) -> Json:
    """The object."""
    (answer,) = done.answers
    told = ChatPart(
        model=done.model,
        demonstration=done.demonstration,
        thought=answer.thought,
        text=answer.text,
        ended=answer,
        whole=done,
    )
    seen = View(asked)
    *_, last = [event for body in bodies_of(told) for event in seen.of(body, at)]
    response: Json = last["response"]
    return response


def bodies_of(part: ChatPart) -> Iterator[Body]:
    """The entries of a log that a part of an answer is."""
    if part.thought:
        yield ReasoningDelta(step=1, text=part.thought)
    if part.text:
        yield TextDelta(step=1, text=part.text)
    if part.ended is not None:
        yield _answered(part.ended)
    if part.whole is not None:
        yield Succeeded(result=part.whole.model_dump(mode="json"))


def _answered(answer: ChatAnswer) -> ModelAnswered:
    return ModelAnswered(
        step=1,
        finish_reason=answer.finish_reason,
        reasoning=[one.model_dump() for one in answer.reasoning],
        logprobs=[one.model_dump() for one in answer.logprobs],
        tool_calls=[WantedCall(**one.model_dump()) for one in answer.tool_calls],
    )
