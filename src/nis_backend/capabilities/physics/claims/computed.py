"""What an operation comes to, for a claim to be held against: its result as JSON, and the receipt in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json


async def result_of(operation: str, arguments: Json, ctx: Context) -> Json:
    """Its result; empty where it answers no object."""
    answer = await ctx.call_named(operation, arguments)
    return answer.model_dump(mode="json") if isinstance(answer, Model) else {}


def receipt_in(result: Json) -> Receipt | None:
    """Its receipt; None where it has none."""
    receipt = result.get("receipt")
    return Receipt.model_validate(receipt) if isinstance(receipt, dict) else None
