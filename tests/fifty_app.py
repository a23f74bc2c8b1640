"""Operations of a test: a run that asks a model fifty times at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import BudgetExceeded
from nis_backend.operation import Example, Model, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Fifty(Model):
    """Nothing to say."""


class Answers(Model):
    """How many calls were answered, and how many a budget has refused."""

    answered: int
    refused: int


@operation("tests.ask_fifty", effect="reads", examples=(Example(title="All at once", request={}),))
async def ask_fifty(_request: Fifty, ctx: Context) -> Recorded[Answers]:
    """Ask the same of a model fifty times at once."""
    driver, info = await ctx.choose_model("lab:gpt-4o-mini")
    prompt = Prompt(model=info.name, messages=[Message(role="user", content="Hello?")], max_tokens=2700)

    async def ask() -> bool:
        try:
            return bool([item async for item in driver.generate(prompt)])
        except BudgetExceeded:
            return False

    said = await asyncio.gather(*(ask() for _ in range(50)))
    return Answers(answered=sum(said), refused=50 - sum(said))


OPERATIONS = (ask_fifty,)
