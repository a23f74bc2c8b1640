"""What a call can cost at most, before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.models.asking import dollars
from nis_backend.capabilities.models.completing import check, messages_of, prompt_of
from nis_backend.capabilities.models.completion import MOST_ANSWERS, ChatMessage, ChatRequest, OfferedFunction
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo, Prompt

MOST_TOKENS = 10_000_000


class EstimateRequest(Model):
    """What would be asked, and how long an answer may be."""

    text: str | None = Field(default=None, min_length=1, max_length=400_000, description="A text, as one turn.")
    messages: list[ChatMessage] = Field(
        default_factory=list[ChatMessage], max_length=2048, description="The turns of a conversation instead."
    )
    tools: list[OfferedFunction] = Field(
        default_factory=list[OfferedFunction], max_length=128, description="Functions that are offered with either."
    )
    input_tokens: int | None = Field(
        default=None, ge=1, le=MOST_TOKENS, description="A number of tokens instead, where it is known."
    )
    max_tokens: int = Field(ge=1, le=1_000_000, description="Most tokens of an answer.")
    answers: int = Field(default=1, ge=1, le=MOST_ANSWERS, description="How many answers, each a call.")
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="As provider:name, a name or a route; unset, the default.",
    )
    provider: str | None = Field(default=None, min_length=1, max_length=64, description="Its provider.")


class Rate(Model):
    """What a million tokens cost."""

    above: int = Field(description="From more input tokens than this on, the rate is that of all of them; -1: always.")
    dollars: float = Field(description="For a million tokens.")


class ModelEstimate(Model):
    """What it can cost by one model."""

    model: str = Field(description="As provider:name.")
    worst: float | None = Field(description="Dollars at most, of all answers; null where no price or bound is known.")
    input_bound: int | None = Field(description="Input tokens at most: a bound and no count; null when there is none.")
    output_bound: int = Field(description="Output tokens of an answer at most.")
    input_rates: list[Rate] = Field(description="Empty where no price is known.")
    output_rates: list[Rate]
    source: str = Field(description="Where the rates are from; empty where there are none.")


class CostEstimate(Model):
    """What it can cost at most: by the bounds with which a budget is kept, so that a call never costs more."""

    worst: float | None = Field(
        description="Dollars by the dearest model that may answer; null where one is not known."
    )
    estimates: list[ModelEstimate] = Field(description="One, or one for each model of a route.")


def _draw(_request: EstimateRequest, result: CostEstimate) -> list[View]:
    rows: list[list[str | float]] = [
        [
            one.model,
            "not known" if one.worst is None else one.worst,
            "not known" if one.input_bound is None else one.input_bound,
            one.output_bound,
            one.source or "no price",
        ]
        for one in result.estimates
    ]
    columns = ["model", "at most, dollars", "input tokens at most", "output tokens at most", "rates"]
    return [Table(title="Cost at most", columns=columns, rows=rows)]


@operation(
    "models.estimate_cost",
    effect="reads",
    outward=True,
    view=_draw,
    examples=(
        Example(title="A sentence", request={"text": "Why is the sky blue?", "max_tokens": 500}),
        Example(title="So many tokens", request={"input_tokens": 12_000, "max_tokens": 500, "answers": 2}),
    ),
)
async def estimate_cost(request: EstimateRequest, ctx: Context) -> CostEstimate:
    """Tell what a call can cost at most, by the prices kept and without asking the model: bounds, not guesses.

    Raises:
        InvalidRequest: there is not one of text, messages and input_tokens.
        NotFound: no provider has the model.
    """
    given = [request.text is not None, bool(request.messages), request.input_tokens is not None]
    if sum(given) != 1:
        raise InvalidRequest(
            "There is one thing to estimate.",
            field="text",
            value="",
            remedy="Give one of text, messages and input_tokens.",
        )
    _, info = await ctx.models.choose(request.model, request.provider)
    asked = request.input_tokens or await _prompt(request, info)
    found = await ctx.gateway.estimate(info, asked, request.max_tokens)
    estimates = [
        ModelEstimate(
            model=one.model,
            worst=dollars(None if one.worst is None else one.worst * request.answers),
            input_bound=one.input_bound,
            output_bound=one.output_bound,
            input_rates=_rates(one.input_rates),
            output_rates=_rates(one.output_rates),
            source=one.source,
        )
        for one in found
    ]
    known = [one.worst for one in estimates if one.worst is not None]
    return CostEstimate(worst=max(known) if known and len(known) == len(estimates) else None, estimates=estimates)


async def _prompt(request: EstimateRequest, info: ModelInfo) -> Prompt:
    turns = request.messages or [ChatMessage(role="user", content=request.text or "")]
    asked = ChatRequest(messages=turns, tools=request.tools, max_tokens=min(request.max_tokens, 131_072))
    check(asked)
    return prompt_of(info, asked, await messages_of(asked), 0)


def _rates(tiers: Sequence[tuple[int, int]]) -> list[Rate]:
    return [Rate(above=above, dollars=nano / DOLLAR) for above, nano in tiers]


OPERATIONS = (estimate_cost,)
