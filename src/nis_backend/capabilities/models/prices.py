"""What models cost: listed, and set where nobody knows it or knows it wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.caller import SERVER, SERVER_ADMIN
from nis_backend.changes import noted
from nis_backend.drivers.gateway.periods import DOLLAR, nano
from nis_backend.drivers.gateway.route import Target
from nis_backend.errors import NotFound, Unavailable
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Next
from nis_backend.view import Table, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.gateway.base import Priced
    from nis_backend.drivers.gateway.rates import Tiered
    from nis_backend.drivers.store.base import Row

MOST = 1e6
"""Dollars for a million tokens: a thousand times the dearest there is."""

SET_RATES = ("input", "output", "cached", "written", "hour", "characters")

SET = Before(
    name="price", operation="models.set_price", request={"model": "local:example", "input": 0.2, "output": 0.6}
)


class Rate(Model):
    """What tokens cost from some length of the input on."""

    over: int = Field(description="It holds for calls with more input tokens than this.")
    dollars: float = Field(description="Dollars for a million tokens.")


class Price(Model):
    """What one model's tokens cost now; each list begins with what holds for a short input."""

    model: str = Field(description="The model's id.")
    input: list[Rate]
    cached: list[Rate] = Field(description="Of input that its provider has in its cache.")
    written: list[Rate] = Field(description="Of input that its provider writes into its cache.")
    output: list[Rate]
    request: float = Field(description="Dollars for each call.")
    hour: float = Field(description="Dollars for an hour of sound that is heard.")
    characters: float = Field(description="Dollars for a million characters that are spoken.")
    context: int | None = Field(description="The most input tokens that it takes; null where that is not known.")
    source: str = Field(description="Where it is known from: set here, computed here, not billed, or a list of prices.")


class ListPrices(Model):
    """Which prices, by the models' ids."""

    provider: str | None = Field(default=None, max_length=64, description="Only this provider's.")
    cursor: str | None = Field(default=None, max_length=512, description="`next_cursor` of the page before.")
    limit: int = Field(default=20, ge=1, le=100, description="Most prices to answer.")


class PriceList(Model):
    """One page of prices."""

    prices: list[Price]
    next_cursor: Next


class OnePrice(Model):
    """Of which model."""

    model: str = Field(
        pattern=r"^[^:\s]+:\S+$", min_length=3, max_length=512, description="The model's id, as provider:name."
    )


class SetPrice(OnePrice):
    """What a model costs, in dollars for a million tokens; what hears or speaks, by the hour or the text as well."""

    input: float = Field(ge=0, le=MOST, description="Of its input.")
    output: float = Field(ge=0, le=MOST, description="Of its output.")
    cached: float | None = Field(default=None, ge=0, le=MOST, description="Of input from its provider's cache.")
    written: float | None = Field(default=None, ge=0, le=MOST, description="Of input written into that cache.")
    hour: float | None = Field(default=None, ge=0, le=MOST, description="Dollars for an hour of sound that it hears.")
    characters: float | None = Field(
        default=None, ge=0, le=MOST, description="Dollars for a million characters that it speaks."
    )
    context: int | None = Field(default=None, ge=1, le=10**9, description="The most input tokens that it takes.")


def _shown(one: Priced) -> Price:
    assert one.rates is not None
    return Price(
        model=one.target.id.replace("/", ":"),
        input=_rates(one.rates.input),
        cached=_rates(one.rates.cached),
        written=_rates(one.rates.written),
        output=_rates(one.rates.output),
        request=one.rates.request / DOLLAR,
        hour=one.rates.hour / DOLLAR,
        characters=one.rates.characters / DOLLAR,
        context=one.context,
        source=one.rates.source,
    )


def _rates(tiers: Tiered) -> list[Rate]:
    return [Rate(over=max(0, start), dollars=rate / DOLLAR) for start, rate in tiers]


def _draw(_request: Model, result: PriceList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.model, one.input[0].dollars, one.output[0].dollars, one.context or "", one.source] for one in result.prices
    ]
    columns = ["model", "input, $ / M", "output, $ / M", "context", "known from"]
    return [Table(title="Prices", columns=columns, rows=rows)]


@operation(
    "models.list_prices",
    effect="reads",
    view=_draw,
    examples=(
        Example(title="The first ones", request={"limit": 3}),
        Example(title="A provider's", request={"provider": "local", "limit": 3}, before=(SET,)),
    ),
)
async def list_prices(request: ListPrices, ctx: Context) -> PriceList:
    """List what the models of the providers cost, in dollars for a million tokens, and where that is known from."""
    found = await ctx.gateway.price_list(request.provider, request.cursor or "", request.limit + 1)
    prices = [_shown(one) for one in found[: request.limit]]
    return PriceList(prices=prices, next_cursor=prices[-1].model if len(found) > request.limit else None)


@operation(
    "models.set_price",
    effect="writes",
    repeatable=True,
    scopes=(SERVER_ADMIN,),
    examples=(
        Example(title="A server of one's own", request={"model": "local:example", "input": 0.2, "output": 0.6}),
        Example(
            title="With a cache, and how much it takes",
            request={"model": "local:example", "input": 2, "output": 8, "cached": 0.2, "context": 128_000},
        ),
        Example(
            title="By the hour that is heard",
            request={"model": "local:whisper", "input": 0, "output": 0, "hour": 0.36},
        ),
    ),
)
async def set_price(request: SetPrice, ctx: Context) -> Price:
    """Set what a model costs; it holds for calls that begin from now on, and wins over every list of prices."""
    prices = ctx.administered(SERVER)
    id_, now = request.model.replace("/", ":"), ctx.now()
    given = request.model_dump(include={*SET_RATES}, exclude_none=True)
    rates = json.dumps({name: nano(dollars) for name, dollars in given.items()})
    cells: Row = {"rates": rates, "context": request.context, "updated": now}
    before = await prices.get("prices", id_)
    after: Row = {"id": id_, **cells, "created": now}
    if before is None:
        await prices.insert("prices", after, noted(ctx, "price", "create", before=None, after=after))
    else:
        await prices.update("prices", id_, cells, noted(ctx, "price", "update", before=before, after=before | cells))
    ctx.gateway.changed("prices")
    provider, _, model = id_.partition(":")
    return await _priced(Target(provider=provider, model=model), ctx)


@operation(
    "models.unset_price",
    effect="destroys",
    repeatable=True,
    scopes=(SERVER_ADMIN,),
    examples=(Example(title="The list's again", request={"model": "local:example"}, before=(SET,)),),
)
async def unset_price(request: OnePrice, ctx: Context) -> OnePrice:
    """Forget a price that was set: the model costs again what a list of prices says, where one does."""
    prices, id_ = ctx.administered(SERVER), request.model.replace("/", ":")
    before = await prices.get("prices", id_)
    if before is None:
        raise NotFound(
            f"No price of {request.model!r} was set.",
            field="model",
            value=request.model,
            remedy="List the prices: those that are set here say so.",
        )
    await prices.delete("prices", id_, noted(ctx, "price", "delete", before=before, after=None))
    ctx.gateway.changed("prices")
    return request


async def _priced(target: Target, ctx: Context) -> Price:
    """What a model costs.

    Raises:
        Unavailable: nobody knows.
    """
    one = await ctx.gateway.priced(target)
    if one.rates is None:
        raise Unavailable(f"No price of {one.target.id} is known.", remedy="Set it with models.set_price.")
    return _shown(one)


OPERATIONS = (list_prices, set_price, unset_price)
