"""Operations of tests: runs that ask a model many times at once, and one that starts ten of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import BudgetExceeded
from nis_backend.operation import Example, Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.run import Run


class Nothing(Model):
    """Nothing to say."""


class Answers(Model):
    """How many calls were answered, and how many a budget has refused."""

    answered: int
    refused: int


async def asked_at_once(ctx: Context, times: int) -> Answers:
    """Ask the same of a model so many times at once."""
    driver, info = await ctx.choose_model("lab:gpt-4o-mini")
    prompt = Prompt(model=info.name, messages=[Message(role="user", content="Hello?")], max_tokens=2700)

    async def ask() -> bool:
        try:
            return bool([item async for item in driver.generate(prompt)])
        except BudgetExceeded:
            return False

    said = await asyncio.gather(*(ask() for _ in range(times)))
    return Answers(answered=sum(said), refused=times - sum(said))


@operation("tests.ask_five", effect="reads", examples=(Example(title="All at once", request={}),))
async def ask_five(_request: Nothing, ctx: Context) -> Recorded[Answers]:
    """Ask the same of a model five times at once."""
    return await asked_at_once(ctx, 5)


@operation("tests.ask_fifty", effect="reads", examples=(Example(title="All at once", request={}),))
async def ask_fifty(_request: Nothing, ctx: Context) -> Recorded[Answers]:
    """Ask the same of a model fifty times at once."""
    return await asked_at_once(ctx, 50)


@operation("tests.start_five", effect="writes", examples=(Example(title="One", request={}),))
async def start_five(_request: Nothing, ctx: Context) -> Recorded[Answers]:
    """Start a run that asks, and say what came of it: a level more."""
    run: Run = await ctx.call_named("runs.start_run", {"operation": "tests.ask_five"})
    return Answers.model_validate(await ctx.runs.result(run.id))


@operation("tests.start_ten", effect="writes", examples=(Example(title="Ten", request={}),))
async def start_ten(_request: Nothing, ctx: Context) -> Recorded[Answers]:
    """Start ten runs, half of which start another that asks; each has a budget that would be enough for all it does."""

    async def start(number: int) -> Answers:
        asked = {"operation": "tests.start_five" if number % 2 else "tests.ask_five", "budget": 1}
        run: Run = await ctx.call_named("runs.start_run", asked)
        return Answers.model_validate(await ctx.runs.result(run.id))

    said = await asyncio.gather(*map(start, range(10)))
    return Answers(answered=sum(one.answered for one in said), refused=sum(one.refused for one in said))


OPERATIONS = (ask_five, ask_fifty, start_five, start_ten)
