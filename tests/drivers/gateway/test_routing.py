"""The order of a route's models, and what a model may lack."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from random import Random

import pytest

from nis_backend.drivers.gateway.base import Needs
from nis_backend.drivers.gateway.route import Route, Target
from nis_backend.drivers.gateway.routing import lacking, order
from nis_backend.drivers.llm.base import ModelInfo

A, B, C, D = (Target(provider="p", model=name, weight=weight, tier=tier) for name, weight, tier in (
    ("a", 3, 0), ("b", 1, 0), ("c", 1, 1), ("d", 0, 1),
))  # fmt: skip
ROUTE = Route(name="r", targets=(C, D, B, A))


def test_tiers_come_in_their_order_and_weights_hold_within_one() -> None:
    """A model of weight 3 is first three times as often as one of 1; one of weight 0 stands in for the others alone."""
    draw = Random(7).random  # noqa: S311 - the same draws each time
    orders = [order(ROUTE, lambda _: True, draw) for _ in range(10_000)]
    assert all({*one[:2]} == {A, B} and one[2:] == [C, D] for one in orders)
    share = Counter(one[0].model for one in orders)["a"] / len(orders)
    assert share == pytest.approx(0.75, abs=0.02)


def test_what_does_not_fit_is_left_out() -> None:
    """Its weight falls to the others of its tier."""
    draw = cycle((0.0, 0.999)).__next__
    assert order(ROUTE, lambda target: target != A, draw) == [B, C, D]
    assert order(ROUTE, lambda target: target.tier == 1, draw) == [C, D]
    assert order(ROUTE, lambda _: False, draw) == []


def test_weights_of_zero_alone_are_taken_as_they_stand() -> None:
    """Nothing is divided by the sum of no weights."""
    zeros = tuple(Target(provider="p", model=name, weight=0) for name in "xyz")
    assert order(Route(name="r", targets=zeros), lambda _: True, lambda: 0.5) == [*zeros]


def test_a_model_is_not_asked_for_what_it_is_known_to_lack() -> None:
    """What nobody has said of a model does not speak against it."""
    info = ModelInfo(provider="p", name="m", tools=True, vision=False, context_tokens=1000, max_output=200)
    needs = Needs(input_bound=2000, output=100)
    assert lacking(info, needs) == ""
    assert lacking(info, Needs(input_bound=10, output=10, audio=True, files=True, schema=True, logprobs=True)) == ""
    assert "vision" in lacking(info, Needs(input_bound=10, output=10, vision=True))
    assert "at most 200" in lacking(info, Needs(input_bound=10, output=201))
    assert "takes 1000" in lacking(info, Needs(input_bound=3700, output=100))
    assert lacking(info, Needs(input_bound=None, output=None)) == ""
