"""The price snapshot: sources, days, and which of two prices counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from nis_backend.errors import InvalidRequest
from nis_backend.prices.aws import Rates, prices


def test_every_rate_has_a_source_and_a_day() -> None:
    """Promise: each figure has a source and the day on which it was read; none is from tomorrow or free."""
    known = prices()
    for row in known.rates:
        assert row.source.startswith("https://")
        assert row.read_from
        assert date(2025, 1, 1) <= date.fromisoformat(row.dated) <= date(2026, 11, 30)
        assert all(usd > 0 for usd in row.usd.values())


def test_two_sources_of_one_price_agree() -> None:
    """What was read twice is the same, so that which of them counts changes no bill."""
    known = prices()
    for region in known.regions():
        found: dict[str, Decimal] = {}
        for name, rate in known.of(region):
            assert found.setdefault(name, rate.usd) == rate.usd, (region, name)


def test_the_first_row_counts() -> None:
    """Prices that are read anew stand before the snapshot's."""
    row = Rates(region="us-east-1", source="https://a.example", dated="2026-11-26", read_from="x", usd={"alb.hour": 1})  # type: ignore[dict-item]
    known = prices().model_copy(update={"rates": [row, *prices().rates]})
    found = known.rate("alb.hour", "us-east-1")
    assert found is not None
    assert (found.usd, found.dated) == (Decimal(1), "2026-11-26")


def test_tasks_and_instances_are_rates_too() -> None:
    """Tables that stand on their own are asked by the same names."""
    known = prices()
    assert [
        rate.usd if (rate := known.rate(name, "us-east-1")) else None
        for name in ("fargate.arm64.vcpu_hour", "fargate.arm64.gb_hour", "ec2.t4g.micro", "ec2.none")
    ] == [Decimal("0.03238"), Decimal("0.00356"), Decimal("0.0084"), None]


def test_an_unknown_region_is_refused_with_those_that_are_known() -> None:
    """Promise: errors name the field, the value and the remedy."""
    with pytest.raises(InvalidRequest) as caught:
        prices().check_region("mars-north-1")
    assert (caught.value.field, caught.value.value) == ("region", "mars-north-1")
    assert "us-east-1" in caught.value.remedy
    assert "eu-central-1" in caught.value.remedy
