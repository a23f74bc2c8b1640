"""What tokens cost: sums of whole nano-dollars, checked by hand and against the package that the prices come from."""

from __future__ import annotations

import asyncio
import math
import os
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import genai_prices
import pytest
from genai_prices import data, types

from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.gateway.prices import Prices
from nis_backend.drivers.gateway.rates import FREE, MILLION, Rates, flat
from nis_backend.drivers.llm.answer import Usage
from nis_backend.drivers.store.base import Row
from nis_backend.errors import Unavailable

AT = datetime(2026, 11, 1, 3, 20, tzinfo=UTC).timestamp()


class Known:
    """Every provider by the name that the data has for it, and prices set by a test."""

    def __init__(self, prices: dict[str, Row] | None = None, providers: dict[str, Row] | None = None) -> None:
        self._prices = prices or {}
        self._providers = providers or {}

    def price(self, id: str) -> Row | None:  # noqa: A002 - the contract's
        """See `Configured.price`."""
        return self._prices.get(id)

    def provider(self, id: str) -> Row | None:  # noqa: A002 - the contract's
        """See `Configured.provider`."""
        return self._providers.get(id, {"prices": id, "billed": 1})


def rates_of(provider: str, model: str, tier: str = "") -> Rates:
    """The rates of a model at a fixed time."""
    found = asyncio.run(Prices(Known()).rates(provider, model, AT, tier))
    assert found is not None
    return found


PLAIN = Rates.of(
    input=flat(2 * DOLLAR), cached=flat(DOLLAR // 5), written=flat(5 * DOLLAR // 2), output=flat(10 * DOLLAR)
)
TIERED = Rates.of(input=((-1, 2 * DOLLAR), (200_000, 4 * DOLLAR)), output=((-1, 10 * DOLLAR), (200_000, 15 * DOLLAR)))


def test_a_call_costs_its_tokens_at_their_rates() -> None:
    """1,000 input tokens, 400 of them cached, and 50 of output, at $2, $0.20 and $10 for a million."""
    used = Usage(input=1000, cached=400, output=50)
    assert PLAIN.cost(used) == 600 * 2000 + 400 * 200 + 50 * 10_000


def test_what_is_written_for_an_hour_is_part_of_what_is_written() -> None:
    """Anthropic counts both kinds together, and charges each at its own rate."""
    rates = Rates.of(input=flat(MILLION), written=flat(2 * MILLION), written_long=flat(3 * MILLION))
    assert rates.cost(Usage(input=10, written=5, written_long=2)) == 5 * 1 + 3 * 2 + 2 * 3


def test_a_tier_holds_for_all_tokens_of_the_call_that_reaches_it() -> None:
    """Providers charge by cliffs: one token more than the tier's start makes each of them dearer."""
    assert TIERED.cost(Usage(input=200_000, output=10)) == 200_000 * 2000 + 10 * 10_000
    assert TIERED.cost(Usage(input=200_001, output=10)) == 200_001 * 4000 + 10 * 15_000


def test_a_call_is_rounded_up_once() -> None:
    """Thirds of a nano-dollar are one in all, not one for each kind of token."""
    third = flat(MILLION // 3)
    rates = Rates.of(input=third, cached=third, output=third)
    assert rates.cost(Usage(input=2, cached=1, output=1)) == 1
    assert rates.cost(Usage(input=0, output=0)) == 0
    assert rates.cost(Usage()) == 0


def test_parts_that_are_more_than_the_whole_are_not_counted_beyond_it() -> None:
    """A provider that states 10 tokens and 30 cached ones has used 10."""
    assert PLAIN.cost(Usage(input=10, cached=30, output=0)) == 10 * 200
    assert PLAIN.cost(Usage(input=10, cached=-5, output=0)) == 10 * 2000


@pytest.mark.parametrize("rates", [PLAIN, TIERED], ids=["flat", "tiered"])
def test_no_call_costs_more_than_the_worst(rates: Rates) -> None:
    """Whatever part of the input is cached or written and of the output thought, below the bounds of both."""
    draw = random.Random(5)  # noqa: S311 - seeded
    for _ in range(500):
        most_in, most_out = draw.choice([0, 1, 199_999, 200_000, 200_001, 400_000]), draw.randrange(5000)
        worst = rates.worst(most_in, most_out, writes_cache=True)
        total = draw.randint(0, most_in)
        written = draw.randint(0, total)
        used = Usage(
            input=total,
            output=draw.randint(0, most_out),
            cached=draw.randint(0, total),
            written=written,
            written_long=draw.randint(0, written),
            reasoning=draw.randint(0, most_out),
        )
        assert rates.cost(used) <= worst


def test_the_worst_of_a_tier_that_can_be_reached_may_lie_below_the_bound() -> None:
    """Where a longer input is cheaper, the dearest call is a shorter one."""
    falling = Rates.of(input=((-1, 10 * MILLION), (1000, MILLION)), output=flat(MILLION))
    assert falling.worst(1500, 0) == 1000 * 10
    assert falling.worst(500, 0) == 500 * 10


def test_what_is_affordable_is_the_most_that_the_money_holds() -> None:
    """One token more would cross it, for a thousand sums of money and two kinds of rates."""
    draw = random.Random(6)  # noqa: S311 - seeded
    for _ in range(1000):
        rates, money, input_tokens = draw.choice([PLAIN, TIERED]), draw.randrange(3 * DOLLAR), draw.randrange(300_000)
        most = rates.affordable(money, input_tokens)
        assert most is not None
        if most < 0:
            assert rates.worst(input_tokens, 0) > money
        else:
            assert rates.worst(input_tokens, most) <= money < rates.worst(input_tokens, most + 1)


def test_where_output_is_free_any_number_is_affordable() -> None:
    """Embeddings have no output; what is computed here costs nothing."""
    assert Rates.of(input=FREE).affordable(0, 10**6) is None
    assert Rates.of(input=FREE).free
    assert not PLAIN.free


def _comparable(provider: types.Provider, model: types.ModelInfo) -> bool:
    """Whether the package finds it by its id, and charges for no more than plain tokens."""
    known = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"}
    price = model.get_prices(datetime.fromtimestamp(AT, UTC))
    names = set(vars(price))
    plain = {"input_mtok", "output_mtok"} <= names and "requests_kcount" not in names
    return (
        plain
        and all(name in known for name in names if name.endswith("_mtok"))
        and provider.find_model(model.id) is model
    )


MODELS = [
    (provider.id, model)
    for provider in data.providers
    if provider.id in {"openai", "anthropic", "google", "deepseek", "mistral", "groq", "x-ai", "openrouter"}
    for model in provider.models
    if _comparable(provider, model)
]


def test_the_packages_own_sums_are_met_to_the_nano_dollar() -> None:
    """Oracle: `genai_prices.calc_price`, over 120 models and calls on both sides of every tier."""
    draw = random.Random(7)  # noqa: S311 - seeded
    prices = Prices(Known())

    async def compare() -> None:
        for provider, model in draw.sample(MODELS, 120):
            price = model.get_prices(datetime.fromtimestamp(AT, UTC))
            total = draw.choice([1, 1234, 99_999, 200_000, 200_001, 272_001, 900_000])
            cached = draw.randint(0, total // 2) if price.cache_read_mtok is not None else 0
            written = draw.randint(0, total // 3) if price.cache_write_mtok is not None else 0
            output = draw.randrange(10_000)
            theirs = genai_prices.calc_price(
                genai_prices.Usage(
                    input_tokens=total, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=output
                ),
                model.id,
                provider_id=provider,
                genai_request_timestamp=datetime.fromtimestamp(AT, UTC),
            )
            rates = await prices.rates(provider, model.id, AT)
            assert rates is not None
            ours = rates.cost(Usage(input=total, cached=cached, written=written, output=output))
            exact = math.ceil(theirs.total_price * DOLLAR)
            # A rate that is finer than a nano-dollar for a million tokens is rounded up before.
            assert exact <= ours <= exact + 1, (provider, model.id)

    asyncio.run(compare())


def test_a_tier_of_service_has_its_own_price() -> None:
    """OpenAI's flex is half of its default, and what is not known is the default's."""
    normal, flex = rates_of("openai", "gpt-5.4"), rates_of("openai", "gpt-5.4", "flex")
    assert flex.input[0][1] * 2 == normal.input[0][1]
    assert rates_of("openai", "gpt-5.4", "auto") == normal
    assert rates_of("openai", "gpt-5.4", "batch").output[0][1] * 2 == normal.output[0][1]


def test_prices_are_never_another_providers() -> None:
    """A provider that the data does not know, or whose model it does not, has no price: none is guessed by the name."""

    async def ask() -> None:
        prices = Prices(Known(providers={"nvidia": {"prices": "", "billed": 1}}))
        assert await prices.rates("nvidia", "gpt-4o-mini", AT) is None
        assert await prices.rates("nobody", "gpt-4o-mini", AT) is None
        assert await prices.rates("openai", "no-such-model", AT) is None
        # A plan's model, of which nothing is said.
        assert await prices.rates("github-copilot", "gpt-4o-mini", AT) is None
        # Charged by the hour.
        assert await prices.rates("openai", "whisper-1", AT) is None

    asyncio.run(ask())


def test_a_price_set_here_wins_and_what_is_computed_here_is_free() -> None:
    """The order: set, computed here, not billed, the data."""
    row: Row = {"rates": f'{{"input": {3 * DOLLAR}, "output": {DOLLAR}}}', "context": 8000}
    known = Known({"openai:gpt-5.4": row}, {"local": {"prices": "openai", "billed": 0}})

    async def ask() -> None:
        prices = Prices(known)
        found = await prices.rates("openai", "gpt-5.4", AT)
        assert found is not None
        assert (found.cost(Usage(input=10**6, cached=5, output=0)), found.source) == (3 * DOLLAR, "set here")
        assert await prices.context("openai", "gpt-5.4") == 8000
        assert await prices.context("openai", "gpt-4o-mini") == 128_000
        for provider, source in (("embedded", "computed here"), ("scripted", "computed here"), ("local", "not billed")):
            free = await prices.rates(provider, "gpt-5.4", AT)
            assert free is not None
            assert (free.free, free.source) == (True, source)

    asyncio.run(ask())


def test_a_price_holds_from_when_it_is_read() -> None:
    """Promise: a set price holds for the next call, also where one that ended meanwhile has looked up the old one."""
    set_: dict[str, Row] = {"openai:gpt-5.4": {"rates": f'{{"input": {DOLLAR}}}', "context": None}}

    async def ask() -> None:
        prices = Prices(Known(set_))
        prices.forget()
        old = await prices.rates("openai", "gpt-5.4", AT)
        set_["openai:gpt-5.4"] = {"rates": f'{{"input": {2 * DOLLAR}}}', "context": None}
        new = await prices.rates("openai", "gpt-5.4", AT)
        assert old is not None
        assert new is not None
        assert [one.cost(Usage(input=10**6)) for one in (old, new)] == [DOLLAR, 2 * DOLLAR]

    asyncio.run(ask())


LISTED = """[{"id": "openai", "name": "OpenAI", "api_pattern": "https://api\\\\.openai\\\\.com", "models": [{
    "id": "lab-1", "match": {"starts_with": "lab-1"}, "context_window": 9000,
    "prices": {"input_mtok": 1, "output_mtok": {"base": 2, "tiers": [{"start": 1000, "price": 4}]}}
}]}]"""


def test_prices_are_read_from_a_file_that_is_named(tmp_path: Path) -> None:
    """`NIS_PRICES`: in the form of the package's data, in its place; the source says which file, of which day."""
    path = tmp_path / "ours.json"
    path.write_text(LISTED, "utf-8")
    os.utime(path, (AT, AT))

    async def ask() -> None:
        prices = Prices(Known(), path)
        found = await prices.rates("openai", "lab-1-large", AT)
        assert found is not None
        assert found.cost(Usage(input=500, output=10)) == 500_000 // 1000 * 1000 + 10 * 2000
        assert found.output == ((-1, 2 * DOLLAR), (1000, 4 * DOLLAR))
        assert found.source == f"ours.json of {datetime.fromtimestamp(AT, UTC):%Y-%m-%d}"
        assert await prices.context("openai", "lab-1") == 9000
        assert await prices.names("openai") == ["lab-1"]
        # What the package knows and the file does not has no price.
        assert await prices.rates("openai", "gpt-4o-mini", AT) is None

    asyncio.run(ask())


@pytest.mark.parametrize(
    "text",
    [None, b"", b"not JSON", b"\xff\xfe", b"null", b'{"id": "openai"}', b'[{"id": "openai"}]', b"[1]"],
)
def test_a_file_of_prices_that_is_none_is_told_of(tmp_path: Path, text: bytes | None) -> None:
    """With the setting that names it, and not where it lies; once it was mended, it is read."""
    path = tmp_path / "ours.json"
    if text is not None:
        path.write_bytes(text)

    async def ask() -> None:
        prices = Prices(Known(), path)
        with pytest.raises(Unavailable, match=r"ours\.json, which NIS_PRICES names") as refused:
            await prices.rates("openai", "lab-1", AT)
        assert str(tmp_path) not in str(refused.value.problem())
        assert await prices.rates("embedded", "any", AT) is not None
        path.write_text(LISTED, "utf-8")
        assert await prices.rates("openai", "lab-1", AT) is not None

    asyncio.run(ask())


def test_a_price_of_the_time_of_day_holds_from_its_minute() -> None:
    """DeepSeek charges less at night, and what is kept of a price is kept for a minute."""
    model = next(
        one
        for provider in data.providers
        if provider.id == "deepseek"
        for one in provider.models
        if isinstance(one.prices, list)
        and any(isinstance(each.constraint, types.TimeOfDateConstraint) for each in one.prices)
    )

    async def ask() -> set[int]:
        prices = Prices(Known())
        found = [await prices.rates("deepseek", model.id, AT + 1800 * index) for index in range(48)]
        return {one.output[0][1] for one in found if one is not None}

    day = [model.get_prices(datetime.fromtimestamp(AT + 1800 * index, UTC)).output_mtok for index in range(48)]
    exact = {int(price * DOLLAR) for price in day if isinstance(price, Decimal)}
    assert len(exact) == 2
    assert asyncio.run(ask()) == exact
