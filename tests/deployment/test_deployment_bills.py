"""What profiles of the template cost: under their bounds, every kind known, and as the docs calculate by hand."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import pytest

from nis_backend.deployment.meters import METERS
from nis_backend.deployment.price import BY_USE, FREE, NO_PRICE, price
from nis_backend.deployment.profiles import PROFILES
from nis_backend.deployment.report import Price
from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve
from nis_backend.deployment.usage import USAGES, Usage
from nis_backend.drivers.telemetry.emf import METRICS

DOCS = Path(__file__).parents[2] / "docs" / "deploying.md"
SECTION = DOCS.read_text("utf-8").split("## What a month costs")[1].split("\n## ")[0]
HAND = ("small", "small-rds", "box", "production")
CENT = Decimal("0.01")


@cache
def bill(name: str, region: str = "us-east-1") -> Price:
    """A month of a profile, as a plan counts it."""
    parameters = {**PROFILES[name].parameters, "Image": "image@sha256:" + "0" * 64}
    return price(resolve(read(own_template()), parameters, region).resources, region=region, usage=USAGES.get(name))


def computed(formula: str) -> Decimal:
    """A product of numbers, from left to right."""
    found = Decimal(1)
    for sign, number in re.findall(r"(^|[×/]) ?([\d.]+)", formula):
        found = found / Decimal(number) if sign == "/" else found * Decimal(number)
    assert re.fullmatch(r"[\d.]+( [×/] [\d.]+)*", formula), formula
    return found


def table(name: str) -> list[list[str]]:
    """The rows of a profile's calculation."""
    text = re.split(rf"^`{name}`: ", SECTION, flags=re.MULTILINE)[1]
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert rows is not None
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


def test_no_profile_costs_more_than_it_says() -> None:
    """Promise: small at most 40 USD a month all in, with the smallest RDS 60, the box 12."""
    limits = {name: one.most_dollars for name, one in PROFILES.items() if one.most_dollars is not None}
    assert limits == {"small": 40, "small-rds": 60, "box": 12}
    assert {name: bill(name).month for name, most in limits.items() if bill(name).month > most} == {}


def test_every_kind_of_the_template_is_paid_for_or_known_to_be_free() -> None:
    """Promise: nothing of ours is silently nothing."""
    kinds = {str(one["Type"]) for one in read(own_template()).document["Resources"].values()}
    assert kinds - set(METERS) - FREE - BY_USE == set()


@pytest.mark.parametrize("name", PROFILES)
def test_everything_of_a_profile_has_a_price(name: str) -> None:
    """In us-east-1 nothing is left out but what a bill never has."""
    assert [one for one in bill(name).left_out if NO_PRICE in one] == []


@pytest.mark.parametrize("name", HAND)
def test_the_hand_calculation_comes_to_the_same_cent(name: str) -> None:
    """Promise: a price to the cent that a hand calculation in the docs confirms, line by line and in sum."""
    *rows, total = table(name)
    by_hand = {
        (resource, what): str(computed(formula).quantize(CENT, ROUND_HALF_UP)) for resource, what, formula, _ in rows
    }
    assert by_hand == {(one.resource, one.what): f"{one.month:.2f}" for one in bill(name).lines}
    assert by_hand == {(resource, what): month for resource, what, _, month in rows}, "what is printed beside them"
    told = total[3].strip("*")
    assert told == str(sum((Decimal(month) for month in by_hand.values()), Decimal(0))) == f"{bill(name).month:.2f}"


def test_the_overview_says_what_the_bills_come_to() -> None:
    """One table here and one in the README, all profiles."""
    for text in (SECTION, (DOCS.parents[1] / "README.md").read_text("utf-8")):
        rows = dict(re.findall(r"^\| `([\w-]+)` \| ([\d.]+) \|", text, re.MULTILINE))
        assert {name: rows[name] for name in PROFILES} == {name: f"{bill(name).month:.2f}" for name in PROFILES}
    frankfurt = [f"{bill(name, 'eu-central-1').month:.2f}" for name in ("small", "small-rds")]
    assert re.findall(r"`small` comes to at least ([\d.]+) and `small-rds` to ([\d.]+),", SECTION) == [tuple(frankfurt)]


def test_metrics_of_log_lines_are_as_many_as_are_written() -> None:
    """One set of dimensions, so that each name is one metric of a service."""
    assert Usage().metrics == len(METRICS)


def test_what_would_cost_less_is_what_the_docs_say() -> None:
    """The same program under other parameters."""

    def less(name: str, **parameters: str) -> str:
        given = {**PROFILES[name].parameters, "Image": "image@sha256:" + "0" * 64, **parameters}
        resources = resolve(read(own_template()), given, "us-east-1").resources
        other = price(resources, region="us-east-1", usage=USAGES.get(name)).month
        return f"{bill(name).month - other:.2f}"

    section = " ".join(SECTION.split())
    assert f"{less('small', Architecture='ARM64')} less of `small`" in section
    assert f"`--set NatGateways=1` saves {less('production', NatGateways='1')} of it" in section
    assert f"`small`: {bill('small').month - bill('box').month:.2f} less" in section
