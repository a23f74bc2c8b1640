"""Every route as a stranger's generator calls it, from the document that is served: what it says is what happens."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any, cast

import pytest
import schemathesis
from conftest import Server, running_server
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    NotAServerErrorConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import NegativeDataRejectionConfig
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    InvalidHeadersExampleMark,
    InvalidRegexMark,
    MissingPathParameters,
    NonSerializableMark,
    UnsatisfiableExampleMark,
    UnserializablePayloadMark,
    create_test,  # pyright: ignore[reportUnknownVariableType] - its own types
)

EXAMPLES = 3
"""Cases of each route, beside the examples and the bounds of its fields."""

SCRIPT = {"replies": [{"text": "one two"}, {"text": "after a tool", "after_tool": True}]}

# What a schema cannot say is refused all the same: a word that is no unit, a cursor of another list, a key used before.
# A body that breaks a bound may be too large to be read at all. The scripted model follows no schema, which is 502.
# Of a file no schema says what its bytes are, how many pixels they would be, or where it ends.
# What is not here, a model or a network, is 503.
REFUSED = ["2xx", "400", "401", "403", "404", "409", "413", "415", "416", "422", "429", "502", "503"]


METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
DOCUMENT = json.loads(resources.files("nis_backend").joinpath("openapi.json").read_text("utf-8"))
EVERY = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item if method in METHODS]
SHARE = 1 if os.environ.get("ROUTES") == "all" else 20
"""All routes take twenty minutes of a processor: `make prove-routes` asks each, the suite one of so many."""
ROUTES = EVERY[::SHARE]


@pytest.fixture(scope="module")
def described() -> Any:  # Any: the package's schema
    """The document as it is served, with what the checks shall expect."""
    load_all_checks()
    checks = ChecksConfig(
        positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=REFUSED),
        negative_data_rejection=NegativeDataRejectionConfig(
            expected_statuses=["400", "401", "403", "404", "405", "406", "409", "413", "415", "422"]
        ),
        # A model that answers wrongly, and a model or a weight that is not here, are by design; 500 never is.
        not_a_server_error=NotAServerErrorConfig(expected_statuses=["2xx", "3xx", "4xx", "502", "503"]),
    )
    generation = GenerationConfig(deterministic=True, max_examples=EXAMPLES, database="none")
    project = ProjectConfig(checks=checks, generation=generation)
    return schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig(projects=ProjectsConfig(default=project)))


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model answers from a script."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "script.json").write_text(json.dumps(SCRIPT))
    with running_server(folder / "data", (), {"NIS_SCRIPTED": str(folder / "script.json")}) as server:
        yield server
    # No answer has said so of what was begun to be answered later.
    with contextlib.closing(sqlite3.connect(folder / "data" / "nis.db")) as database:
        failed = database.execute("select operation, input, problem from runs where state = 'failed'").fetchall()
    assert not [one for one in failed if json.loads(one[2] or "{}").get("code") == "internal_error"]


LEFT_OUT: tuple[Any, ...] = (  # Any: as above, and below
    InvalidHeadersExampleMark,
    InvalidRegexMark,
    MissingPathParameters,
    NonSerializableMark,
    UnsatisfiableExampleMark,
    UnserializablePayloadMark,
)
"""How the package marks the test of a route some of whose cases it could not make."""


# The package's own `parametrize` makes the cases of all routes while tests are collected: a minute in each process that
# shares the suite. Here those of a route are made by the one process that runs its test.
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_does_what_its_document_says(route: tuple[str, str], described: Any, scripted: Server) -> None:
    """Promise: valid input is accepted, wrong input is refused with a problem, and no answer is one not described."""
    method, path = route

    @settings(
        derandomize=True,
        deadline=None,
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    def validate(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=scripted.url, timeout=60)  # pyright: ignore[reportUnknownMemberType] - its own types

    config = HypothesisTestConfig(project=described.config, modes=list(HypothesisTestMode))
    test = cast("Callable[[], None]", create_test(operation=described[path][method], test_func=validate, config=config))
    assert not [mark.attr_name for mark in LEFT_OUT if mark.is_set(test)]
    test()
