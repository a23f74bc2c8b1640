"""The physics operations as they are declared, called as the runner calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, cast

import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.operations import OPERATIONS
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Operation
from nis_backend.view import Series, Table, Text

CALLS = [
    pytest.param(operation, example, id=f"{operation.name}-{example.title}")
    for operation in OPERATIONS
    for example in operation.examples
]
SOLVERS = [operation for operation in OPERATIONS if "receipt" in operation.result.model_fields]


def call(operation: Operation[Any, Any], request: dict[str, Any] | str) -> Any:  # Any: that operation's result
    """What a worker does: JSON in, the model out."""
    return operation.function(operation.validate(request), Hearing())


@pytest.mark.parametrize(("operation", "example"), CALLS)
def test_an_example_is_answered_and_comes_back_from_json(operation: Operation[Any, Any], example: Example) -> None:
    """Every example works, and its result survives the way through the worker's JSON unchanged."""
    result = call(operation, json.dumps(dict(example.request)))
    assert operation.result.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(("operation", "example"), CALLS)
def test_an_answer_begins_with_words(operation: Operation[Any, Any], example: Example) -> None:
    """The first view is the answer in words; every curve has a value for each place on its axis."""
    request = operation.validate(example.request)
    views = operation.draw(request, operation.function(request, Hearing()))
    assert isinstance(views[0], Text)
    for view in views[1:]:
        if isinstance(view, Series):
            assert all(len(line.values) == len(view.x.values) for line in view.lines)
        else:
            assert isinstance(view, Table)
            assert all(len(row) == len(view.columns) for row in view.rows)


@pytest.mark.parametrize("operation", SOLVERS, ids=lambda one: one.name)
def test_a_solver_states_its_error_and_its_checks(operation: Operation[Any, Any]) -> None:
    """The receipt of every example: error reached within the error asked, and a second way that agrees."""
    for example in operation.examples:
        receipt = call(operation, dict(example.request)).receipt
        assert receipt.met
        assert 0 < receipt.error_reached <= receipt.error_asked
        assert receipt.checks
        assert all(check.agrees for check in receipt.checks)


def test_there_are_three_solvers() -> None:
    """The receipt's test above has something to test."""
    assert [operation.name for operation in SOLVERS] == [
        "physics.simulate_projectile",
        "physics.simulate_pendulum",
        "physics.solve_heat",
    ]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_a_declaration_is_complete(operation: Operation[Any, Any]) -> None:
    """Reads only, in the pool, two examples with a question each; the summary stands alone on its line."""
    assert (operation.effect, operation.pool) == ("reads", "science")
    assert len(operation.examples) >= 2
    assert all(example.question for example in operation.examples)
    assert cast("str", operation.function.__doc__).partition("\n")[0].endswith(".")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_number_has_a_unit_and_every_count_a_maximum(operation: Operation[Any, Any]) -> None:
    """Floats say their unit; integers and lists, which set the cost, are bounded."""
    for name, schema in operation.request.model_json_schema()["properties"].items():
        for one in (schema, *schema.get("anyOf", ())):
            match one.get("type"):
                case "number":
                    assert "unit" in one, name
                case "integer":
                    assert "maximum" in one, name
                case "array":
                    assert "maxItems" in one, name
                case _:
                    pass


@pytest.mark.parametrize("body", ['{"speed": NaN, "angle": 40}', '{"speed": 1e999, "angle": 40}', '{"speed": 20}', "{"])
def test_wrong_bodies_are_refused_by_the_model(body: str) -> None:
    """NaN, infinity, a missing field and no JSON: an error of the request, before any computing."""
    with pytest.raises(InvalidRequest) as refused:
        call(OPERATIONS[0], body)
    assert refused.value.codes.exit == 2


def test_the_declarations_load_without_the_libraries_that_compute() -> None:
    """The server imports them; numpy, scipy and pint belong to the worker."""
    code = (
        "import sys, nis_backend.capabilities.physics.operations;"
        "print([name for name in ('numpy', 'scipy', 'pint') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("physics.simulate_pendulum", {"length": 1, "angle": 170, "duration": 300, "tolerance": 1e-12}),
        (
            "physics.simulate_projectile",
            {
                "speed": 300,
                "angle": 45,
                "height": 1e5,
                "mass": 1,
                "diameter": 0.2,
                "tolerance": 1e-12,
                "max_steps": 262144,
            },
        ),
        (
            "physics.solve_heat",
            {
                "length": 1,
                "initial_temperature": 0,
                "left_temperature": 100,
                "right_temperature": 0,
                "duration": 1000,
                "material": "copper",
                "tolerance": 1e-12,
                "max_steps": 16384,
            },
        ),
    ],
)
def test_a_long_simulation_says_how_far_it_is(name: str, request_: dict[str, Any]) -> None:
    """A run's log and an MCP client's progress come from these words."""
    operation = next(one for one in OPERATIONS if one.name == name)
    worker = Hearing()
    operation.function(operation.validate(request_), worker)
    fractions = [told.fraction for told in worker.told]
    assert len(fractions) > 3
    assert fractions == sorted(fractions)
