"""CloudFormation's own schemas, as cfn-lint has them, find nothing in the template, nor in what a profile makes of it.

`make check-stack` looks at every way of the stack; here are those that have each resource once.
"""

from __future__ import annotations

import json

import pytest
from cfnlint.api import lint  # pyright: ignore[reportMissingTypeStubs] - it has types, and says so nowhere
from stacks import REGION, WAYS

from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve

FORMAT = "2010-09-09"


def test_nothing_is_found_in_the_template() -> None:
    """Under all of its conditions. Two checks are left out, with their reasons in the template's Metadata."""
    assert [str(found) for found in lint(own_template(), regions=[REGION])] == []


@pytest.mark.parametrize("way", ["small-rds", "gpu", "open box"])
def test_nothing_is_found_in_what_a_profile_makes_of_it(way: str) -> None:
    """With values in place of parameters more is looked at: pairs, versions, patterns."""
    resolved = resolve(read(own_template()), WAYS[way], REGION)
    text = json.dumps({"AWSTemplateFormatVersion": FORMAT, "Resources": resolved.resources})
    assert [str(found) for found in lint(text, regions=[REGION])] == []


def test_a_size_that_fargate_has_not_is_found() -> None:
    """The linter bites: a task of 1.5 vCPU, as the earlier deployment had it, is told."""
    resolved = resolve(read(own_template()), WAYS["plain"], REGION)
    resolved.resources["ApiTask"]["Properties"]["Cpu"] = "1536"
    text = json.dumps({"AWSTemplateFormatVersion": FORMAT, "Resources": {"Task": resolved.resources["ApiTask"]}})
    assert any("1536" in str(found) for found in lint(text, regions=[REGION]))
