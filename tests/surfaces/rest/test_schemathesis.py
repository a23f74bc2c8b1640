"""Every route as a stranger's generator calls it, from the document that is served: what it says is what happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
import schemathesis
from conftest import Server, running_server
from hypothesis import HealthCheck, Phase, settings
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

EXAMPLES = 3
"""Cases of each route, beside the examples and the bounds of its fields."""

SCRIPT = {"replies": [{"text": "one two"}, {"text": "after a tool", "after_tool": True}]}

# What a schema cannot say is refused all the same: a word that is no unit, a cursor of another list, a key used before.
# A body that breaks a bound may be too large to be read at all. The scripted model follows no schema, which is 502.
# Of a file no schema says what its bytes are, or how many pixels they would be.
REFUSED = ["2xx", "400", "401", "403", "404", "409", "413", "415", "422", "429", "502"]


def described() -> Any:  # Any: the package's schema
    """The document as it is served, with what the checks shall expect."""
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
    document = json.loads(resources.files("nis_backend").joinpath("openapi.json").read_text("utf-8"))
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig(projects=ProjectsConfig(default=project)))


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model answers from a script."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "script.json").write_text(json.dumps(SCRIPT))
    with running_server(folder / "data", (), {"NIS_SCRIPTED": str(folder / "script.json")}) as server:
        yield server


API = described()


@API.parametrize()
@settings(
    derandomize=True,
    deadline=None,
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_a_route_does_what_its_document_says(case: schemathesis.Case[Any], scripted: Server) -> None:
    """Promise: valid input is accepted, wrong input is refused with a problem, and no answer is one not described."""
    case.call_and_validate(base_url=scripted.url, timeout=60)  # pyright: ignore[reportUnknownMemberType] - its own types
