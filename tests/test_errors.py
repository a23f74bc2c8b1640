"""Failures: each class has its codes and its place in the tree, and travels whole."""

from __future__ import annotations

import inspect

import pytest

from nis_backend import errors
from nis_backend.errors import CODES, FieldError, NisError, from_problem

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, NisError) and kind is not NisError
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_failure_is_documented_and_has_its_codes(kind: type[NisError]) -> None:
    """Promise: no failure without its codes on each surface, its line in the tree and in the reference."""
    assert kind in CODES
    assert kind.__doc__
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_failure_travels_whole(kind: type[NisError]) -> None:
    """Promise: what a surface makes of its problem document is the failure that it was."""
    wrong = FieldError(field="speed", value="fast", message="It is no number.", remedy="Give a number.")
    error = kind("It broke.", remedy="Mend it.", field="speed", value="fast", fields=[wrong])
    back = from_problem(error.problem())
    assert type(back) is kind
    assert back.problem() == error.problem()
    assert back.codes == error.codes
