"""Models put to the test: one, whether it answers and how fast; several, what each says to the same."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.capabilities.models.asking import DEMONSTRATION, LONGEST_TEXT, dollars, listen, user
from nis_backend.drivers.llm.base import Prompt, Tool
from nis_backend.errors import NisError, NotFound, UpstreamFailed
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import Answered

MOST_MODELS = 8
ENOUGH = 256
"""Tokens for one word, and for what some models think before it."""

READY = Tool(
    name="report_ready",
    description="Report that you are ready.",
    parameters={"type": "object", "properties": {"word": {"type": "string", "enum": ["ready"]}}, "required": ["word"]},
)


class Heard(Model):
    """What a model has said, and how long it took; or why it has not."""

    model: str = Field(description="The model's id; as it was given, where there is no answer.")
    demonstration: bool = Field(description=DEMONSTRATION)
    text: str = Field(description="What it said.")
    finish_reason: Literal["stop", "length", "tool_calls"] | None = Field(description="Null without an answer.")
    input_tokens: int | None = Field(description="By its own count; null when it states none.")
    output_tokens: int | None = Field(description="By its own count; null when it states none.")
    cost: float | None = Field(description="Dollars; null where no price is known.")
    first_ms: float | None = Field(description="Until its first word or thought, ms; null where it came in one piece.")
    total_ms: float = Field(description="Until its end, or its failure, ms.")
    problem: dict[str, Any] | None = Field(  # Any: a problem document
        description="Why there is no answer, or not the one that was asked for."
    )


class ModelTestRequest(Model):
    """Which model is tested, and how."""

    id: str = Field(min_length=1, max_length=512, description="As provider:name, a name, or a provider alone.")
    tools: bool = Field(default=False, description="Whether it has to call a tool.")
    stream: bool = Field(default=True, description="Whether its words are wanted as they come.")


class ModelTest(Heard):
    """Whether the model answers."""

    ok: bool = Field(description="Whether it has answered, and called the tool where it had to.")
    called: bool = Field(description="Whether it has called the tool.")


class CompareRequest(Model):
    """What several models are asked."""

    prompt: str = Field(min_length=1, max_length=LONGEST_TEXT, description="What each is to answer.")
    models: list[Annotated[str, StringConstraints(min_length=1, max_length=512)]] = Field(
        min_length=1, max_length=MOST_MODELS, description="As provider:name; all are asked at once."
    )
    max_tokens: int = Field(default=512, ge=1, le=32_768, description="Most tokens of each answer.")


class Comparison(Model):
    """What each has answered, in the order given; one that fails fails no other."""

    answers: list[Heard]


def _draw_test(_request: ModelTestRequest, result: ModelTest) -> list[View]:
    return [_table([result], "Test")]


def _draw_comparison(_request: CompareRequest, result: Comparison) -> list[View]:
    return [_table(result.answers, "Answers")]


def _table(heard: list[Heard] | list[ModelTest], title: str) -> Table:
    rows: list[list[str | float]] = [
        [
            one.model,
            str(one.problem.get("detail", "")) if one.problem else one.text,
            "" if one.first_ms is None else one.first_ms,
            one.total_ms,
            "" if one.output_tokens is None else one.output_tokens,
            "demonstration" if one.demonstration else "",
        ]
        for one in heard
    ]
    return Table(title=title, columns=["model", "says", "first word, ms", "end, ms", "tokens", "kind"], rows=rows)


@operation(
    "models.test_model",
    effect="reads",
    on="model",
    outward=True,
    view=_draw_test,
    time_limit=300,
    examples=(Example(title="Whether the default one answers", request={"id": "scripted"}),),
)
async def test_model(request: ModelTestRequest, ctx: Context) -> ModelTest:
    """Test a language model: ask it for one word, and tell whether it answers, how fast, and what it took.

    A failure is the answer too: `problem` has it, with what mends it.

    Raises:
        NotFound: no provider has it.
    """
    tool: dict[str, Any] = {"tools": [READY], "tool_choice": "required"} if request.tools else {}  # Any: fields
    words = "Report that you are ready." if request.tools else "Answer with the one word: ready."
    prompt = Prompt(model="", messages=[user(words)], max_tokens=ENOUGH, pieces=request.stream, fresh=True, **tool)
    heard, end = await _hear(request.id, prompt, ctx)
    if heard.problem is not None and heard.problem["code"] == "not_found":
        # Of the model, not of what it was asked.
        raise NotFound(str(heard.problem["detail"]), field="id", value=request.id, remedy=str(heard.problem["remedy"]))
    called = end is not None and any(one.name == READY.name for one in end.tool_calls)
    told = dict(heard)
    if end is not None and request.tools and not called:
        told["problem"] = UpstreamFailed(
            f"{heard.model} did not call the tool that it had to.", remedy="Choose another model for agents."
        ).problem()
    return ModelTest(**told, ok=told["problem"] is None, called=called)


@operation(
    "models.compare_models",
    effect="reads",
    outward=True,
    view=_draw_comparison,
    time_limit=300,
    examples=(
        Example(title="The same question", request={"prompt": "Say hello in one sentence.", "models": ["scripted"]}),
    ),
)
async def compare_models(request: CompareRequest, ctx: Context) -> Comparison:
    """Ask several language models the same, at once: what each says, how fast, with how many tokens."""
    prompt = Prompt(model="", messages=[user(request.prompt)], max_tokens=request.max_tokens, fresh=True)
    heard = await asyncio.gather(*(_hear(model, prompt, ctx) for model in request.models))
    return Comparison(answers=[one for one, _ in heard])


async def _hear(model: str, prompt: Prompt, ctx: Context) -> tuple[Heard, Answered | None]:
    """What the model says, and its end; None where there is none."""
    clock = _Clock()
    told: dict[str, Any] = {"model": model, "demonstration": False, "text": "", "finish_reason": None, "problem": None}
    told |= {"input_tokens": None, "output_tokens": None, "cost": None}  # Any: fields of `Heard`
    end: Answered | None = None
    try:
        driver, info = await ctx.models.choose(model)
        told |= {"model": info.id, "demonstration": info.demonstration}
        text, end = await listen(driver, replace(prompt, model=info.name), clock.hear)
        spent = end.spent()
        told |= {"text": text, "finish_reason": end.finish_reason}
        told |= {"input_tokens": spent.input, "output_tokens": spent.output, "cost": dollars(end.cost)}
    except NisError as error:
        told["problem"] = error.problem()
    first = clock.first if prompt.pieces else None
    return Heard(**told, first_ms=first, total_ms=clock.now()), end


class _Clock:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.first: float | None = None

    def now(self) -> float:
        return round(1e3 * (time.perf_counter() - self._began), 1)

    def hear(self, said: str) -> None:
        """Keep when the first word or thought came."""
        if self.first is None and said:
            self.first = self.now()


OPERATIONS = (test_model, compare_models)
